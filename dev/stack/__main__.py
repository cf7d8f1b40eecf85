"""Start and end the stack of ``compose.yaml``. Standard library only.

Usage: ``python3 -m dev.stack build|up|down``. ``build`` builds the images of the services. ``up`` also makes the
secrets that are missing (random, in a folder that git ignores), starts the services and waits until all of them are
healthy. ``down`` ends them; with ``--volumes`` what they stored goes too.
"""

import argparse
import os
import sys

from dev.stack.compose import StackFailed, the_stack
from dev.stack.docker_engine import DockerFailed, EngineMissing


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build the images of the services")
    commands.add_parser("up", help="start everything and wait until it is healthy")
    commands.add_parser("down", help="end everything").add_argument(
        "--volumes", action="store_true", help="remove what was stored, too"
    )
    options = parser.parse_args()
    stack = the_stack(os.environ)
    try:
        if options.command == "down":
            stack.down(volumes=options.volumes)
            return 0
        if options.command == "build":
            stack.build()
            return 0
        stack.up()
        print(f"executor {stack.address('executor', 7401)}, store {stack.address('store', 7403)}")
        print(f"clients prove who they are with AUTOPACK_CLIENT_TOKEN_FILE={stack.secrets / 'client_token'}")
    except (DockerFailed, EngineMissing, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
