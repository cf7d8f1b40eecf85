"""``autopack-executor``: the executor as a service of its own."""

import argparse
from typing import NoReturn

import structlog

from autopack_executor.config import process_deployment, process_settings
from autopack_executor.server import deployed
from autopack_rpc.logs import configure_logs
from autopack_rpc.server.serving import AddressUnavailable
from autopack_rpc.server.stopping import leave, on_stop_signal
from autopack_rpc.settings import BadSetting

EXIT_USAGE = 2
EXIT_FAILURE = 70


def serve() -> int:
    """Serve until SIGTERM or SIGINT; then cancel what runs, clean up, and return 0."""
    configure_logs()
    log = structlog.get_logger("executor")
    stopped = on_stop_signal()
    try:
        settings, deployment = process_settings(), process_deployment()
        configure_logs(deployment.log_level)
        with deployed(settings, deployment) as address:
            log.info("serving", address=address)
            stopped()
    except BadSetting as error:
        log.error("bad setting", problem=str(error))
        return EXIT_USAGE
    except AddressUnavailable as error:
        log.error("cannot serve", problem=str(error))
        return EXIT_FAILURE
    return 0


def main() -> NoReturn:
    """Serve, and end the process. There are no arguments: the settings are variables of the environment."""
    argparse.ArgumentParser(
        prog="autopack-executor",
        description="Serve the executor until SIGTERM or SIGINT.",
        epilog="All settings are environment variables, AUTOPACK_*: see the README of this distribution.",
    ).parse_args()
    leave(serve())


if __name__ == "__main__":
    main()
