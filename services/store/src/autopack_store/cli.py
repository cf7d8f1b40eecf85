"""The command ``autopack-store``. Messages go to standard error, results to standard output."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from autopack_rpc.logs import configure_logs
from autopack_rpc.server import AddressUnavailable
from autopack_rpc.stopping import on_stop_signal
from autopack_store.config import DATABASE, read_database_url, read_settings
from autopack_store.domain.errors import ConfigurationError, SchemaRefused, StoreError
from autopack_store.server import store_server
from autopack_store.storage.engine import open_engine
from autopack_store.storage.guardrail import Chain, SchemaState, inspect_schema, refusal, upgrade_schema

OK, REFUSED, USAGE, FAILED = 0, 1, 2, 70

_URL_HELP = f"postgresql://user@host:5432/name or sqlite:////absolute/path (default: ${DATABASE})"


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do what ``arguments`` say; returns the exit code: 0 done, 1 the database's schema is refused, 2 told something
    wrong, 70 cannot.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "serve":
            return _serve(environment)
        return _database(options.action, options.database or read_database_url(environment))
    except ConfigurationError as error:
        _report(error.message)
        return USAGE
    except SchemaRefused as error:
        _report(error.message)
        return REFUSED
    except StoreError as error:
        _report(error.message)
        return FAILED
    except AddressUnavailable as error:
        _report(str(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autopack-store", description="Remembers runs, evidence and decisions.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve until a signal comes; settings are read from the environment")
    database = commands.add_parser("db", help="look after the database")
    actions = database.add_subparsers(dest="action", required=True)
    for name, text in (
        ("upgrade", "make the schema, or upgrade it to this store's revision"),
        ("check", "say whether a store would start, and why not"),
        ("current", "print the database's revision"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--database", metavar="URL", help=_URL_HELP)
    return parser


def _serve(environment: Mapping[str, str]) -> int:
    configure_logs()
    stopped = on_stop_signal()
    settings = read_settings(environment)
    configure_logs(settings.log_level)
    with store_server(settings) as address:
        _report(f"serving on {address}")
        stopped()
    return OK


def _database(action: str, url: str) -> int:
    engine, chain = open_engine(url), Chain()
    try:
        if action == "upgrade":
            changed = upgrade_schema(engine, chain)
            _say(f"{chain.head} ({'upgraded' if changed else 'was there already'})")
            return OK
        finding = inspect_schema(engine, chain)
        if action == "current":
            _say(", ".join(finding.revisions) or "none")
            return OK
        if finding.state is not SchemaState.CURRENT:
            raise refusal(engine, finding, chain)
        _say(f"{chain.head} (current)")
        return OK
    finally:
        engine.dispose()


def _say(result: str) -> None:
    sys.stdout.write(result + "\n")


def _report(message: str) -> None:
    sys.stderr.write(f"autopack-store: {message}\n")
    sys.stderr.flush()
