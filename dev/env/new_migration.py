"""Write the next migration of the store from the difference between its chain and its schema.

Usage: ``python -m dev.env.new_migration MESSAGE``. The chain is run on a database of its own, in a temporary folder.
The new file in ``migrations/versions`` is a proposal to read and complete.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from autopack_store.schema.revision import REVISIONS
from dev.checkout import ROOT

SETTINGS = ROOT / "migrations" / "alembic.ini"
REVISION_FILE = "services/store/src/autopack_store/schema/revision.py"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", help="what changes, as the file's name: 'add waiver'")
    message: str = parser.parse_args().message
    following = f"{int(REVISIONS[-1]) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "chain.sqlite3").resolve()
        options = argparse.Namespace(x=[f"database=sqlite:///{database}"])
        config = Config(str(SETTINGS), cmd_opts=options)
        command.upgrade(config, "head")
        command.revision(config, message=message, autogenerate=True, rev_id=following)
    print(f"now complete the new file, add {following!r} to REVISIONS in {REVISION_FILE}, and run 'make test'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
