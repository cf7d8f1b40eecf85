"""``python -m autopack_gatekeeper`` and the command ``autopack-gatekeeper``: the gatekeeper as a service of its own."""

import argparse
from typing import NoReturn

import structlog

from autopack_gatekeeper.config import process_settings
from autopack_gatekeeper.server import gatekeeper_server
from autopack_gatekeeper.servicer import DOMAIN
from autopack_rpc.logs import configure_logs
from autopack_rpc.server.serving import AddressUnavailable
from autopack_rpc.server.stopping import leave, on_stop_signal
from autopack_rpc.settings import BadSetting

OK, FAILED, USAGE = 0, 70, 2


def serve() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code: 0 stopped, 2 a bad setting, 70 cannot serve."""
    configure_logs()
    log = structlog.get_logger(DOMAIN)
    stopped = on_stop_signal()
    try:
        settings = process_settings()
        configure_logs(settings.log_level)
        with gatekeeper_server(settings) as address:
            log.info("serving", address=address)
            stopped()
    except BadSetting as error:
        log.error("bad setting", problem=error.message)
        return USAGE
    except AddressUnavailable as error:
        log.error("cannot serve", problem=str(error))
        return FAILED
    return OK


def main() -> NoReturn:
    """Serve, and end the process. There are no arguments: the settings are variables of the environment."""
    argparse.ArgumentParser(
        prog="autopack-gatekeeper",
        description="Serve the gatekeeper until SIGTERM or SIGINT.",
        epilog="All settings are environment variables, AUTOPACK_*: see the README of this distribution.",
    ).parse_args()
    leave(serve())


if __name__ == "__main__":
    main()
