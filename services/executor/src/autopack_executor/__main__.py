"""``autopack-executor``: the executor as a service of its own."""

import sys

import structlog

from autopack_executor.config import BadSetting, process_settings
from autopack_executor.server import deployed
from autopack_rpc.logs import configure_logs
from autopack_rpc.server import AddressUnavailable
from autopack_rpc.stopping import on_stop_signal

EXIT_USAGE = 2
EXIT_FAILURE = 70


def main() -> int:
    """Serve until SIGTERM or SIGINT; then cancel what runs, clean up, and return 0."""
    configure_logs()
    log = structlog.get_logger("executor")
    stopped = on_stop_signal()
    try:
        with deployed(process_settings()) as address:
            log.info("serving", address=address)
            stopped()
    except BadSetting as error:
        log.error("bad setting", problem=str(error))
        return EXIT_USAGE
    except AddressUnavailable as error:
        log.error("cannot serve", problem=str(error))
        return EXIT_FAILURE
    return 0


if __name__ == "__main__":
    sys.exit(main())
