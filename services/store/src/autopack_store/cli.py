"""The command ``autopack-store``. Messages go to standard error, results to standard output."""

import argparse
import contextlib
import itertools
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc
from sqlalchemy import Engine

from autopack_clients.errors import GatekeeperUnavailable, StorageFull
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import ServiceMissing, embedded, socket_folder
from autopack_rpc.health.downstream import downstream
from autopack_rpc.logs import configure_logs
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.serving import EMBEDDED, AddressUnavailable
from autopack_rpc.server.stopping import on_stop_signal
from autopack_rpc.settings import BadSetting, read_token
from autopack_store.access import DOMAIN
from autopack_store.config import DATABASE, read_database_url, read_settings
from autopack_store.database.engine import is_sqlite, label, open_engine, sqlite_path
from autopack_store.errors import ConfigurationError, SchemaRefused, StoreError
from autopack_store.schema.guardrail import require_current
from autopack_store.schema.inspection import Chain, inspect_schema
from autopack_store.schema.readiness import database_identity
from autopack_store.server import NAME, now_ms, serving_database, store_server
from autopack_store.upkeep.decisions import DerivedDecisions
from autopack_store.upkeep.limits import Limits, Removed, age_ms
from autopack_store.upkeep.retention import Retention
from autopack_store.upkeep.verification import Verification

OK, REFUSED, USAGE, FAILED = 0, 1, 2, 70

GATEKEEPER = "gatekeeper"

_URL_HELP = f"postgresql://user@host:5432/name or sqlite:////absolute/path (default: ${DATABASE})"


def run(arguments: Sequence[str], environment: Mapping[str, str], chain: Chain | None = None) -> int:
    """Do what ``arguments`` say, with the store's own chain of migrations unless another one is given.

    Returns the exit code: 0 done, 1 the database's schema is refused or its contents are damaged, 2 the arguments or
    the settings are wrong, 70 the command could not do its work.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "serve":
            return _serve(environment)
        engine = open_engine(options.database or read_database_url(environment))
        try:
            return _with_database(engine, options, chain or Chain())
        finally:
            engine.dispose()
    except (BadSetting, ConfigurationError) as error:
        _report(error.message)
        return USAGE
    except SchemaRefused as error:
        _report(error.message)
        return REFUSED
    except (StoreError, GatekeeperUnavailable, StorageFull) as error:
        _report(error.message)
        return FAILED
    except AddressUnavailable as error:
        _report(str(error))
        return FAILED
    except ServiceMissing as error:
        _report(f"{error}, or name one that runs with --gatekeeper")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autopack-store", description="Remembers runs, evidence and decisions.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve until a signal comes; settings are read from the environment")
    database = commands.add_parser("db", help="look after the database's schema")
    actions = database.add_subparsers(dest="action", required=True)
    actions.add_parser("upgrade", help="make the schema, or upgrade it to this store's revision")
    downgrade = actions.add_parser("downgrade", help="go back to an older revision, where there is a way back")
    downgrade.add_argument("revision", metavar="REVISION", help="the revision to go back to: 0001")
    downgrade.add_argument("--yes", action="store_true", help="downgrade even when data are lost")
    actions.add_parser("check", help="compare the revision and the whole schema with what this store works with")
    actions.add_parser("current", help="print the database's revision")
    stamp = actions.add_parser(
        "stamp", help="record the revision of a database that lost this record; its tables must fit"
    )
    stamp.add_argument("revision", metavar="REVISION", help="the revision that the tables are of: 0001")
    collect = commands.add_parser("gc", help="remove old runs; without --yes only list what would be removed")
    collect.add_argument("--older-than", metavar="AGE", required=True, help="hours, days or weeks: 12h, 30d, 4w")
    collect.add_argument(
        "--keep-runs",
        metavar="N",
        type=_count,
        required=True,
        help="newest ended runs that stay, of each repository, however old",
    )
    collect.add_argument("--yes", action="store_true", help="do it")
    check = commands.add_parser("verify", help="read everything that is stored and compare it with its digests")
    check.add_argument("--since", metavar="AGE", help="only what was recorded in the last hours, days or weeks: 7d")
    check.add_argument(
        "--decisions", action="store_true", help="also have each decision derived again from its evidence"
    )
    check.add_argument(
        "--gatekeeper",
        metavar="ADDRESS",
        help="who derives them: the host:port or unix:/path of a gatekeeper on the same database (default: the "
        "installed one, in this process)",
    )
    check.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="a file with a token that the gatekeeper accepts; any role will do",
    )
    for command in (*actions.choices.values(), collect, check):
        command.add_argument("--database", metavar="URL", help=_URL_HELP)
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of runs")
    return int(text)


def _serve(environment: Mapping[str, str]) -> int:
    configure_logs()
    stopped = on_stop_signal()
    settings = read_settings(environment)
    configure_logs(settings.log_level)
    with store_server(settings) as address:
        _report(f"serving on {address}")
        stopped()
    return OK


def _with_database(engine: Engine, options: argparse.Namespace, chain: Chain) -> int:
    match options.command:
        case "db":
            return _schema(engine, options, chain)
        case "gc":
            return _collect(engine, older_than_ms=age_ms(options.older_than), keep=options.keep_runs, do=options.yes)
        case _:
            return _verify(engine, options)


def _schema(engine: Engine, options: argparse.Namespace, chain: Chain) -> int:
    # This loads Alembic, and nothing else does.
    from autopack_store.schema import evolution  # noqa: PLC0415

    match options.action:
        case "upgrade":
            changed = evolution.upgrade_schema(engine, chain)
            _say(f"{chain.head} ({'upgraded' if changed else 'was there already'})")
        case "downgrade":
            undone = evolution.downgrade_schema(engine, chain, options.revision, losing=options.yes)
            _say(f"{options.revision} ({'undone: ' + ', '.join(undone) if undone else 'was there already'})")
        case "stamp":
            evolution.stamp_schema(engine, chain, options.revision)
            _say(f"{options.revision} (stamped)")
        case "check":
            evolution.check_schema(engine, chain)
            _say(f"{chain.head} (current)")
        case _:
            _say(", ".join(inspect_schema(engine, chain).revisions) or "none")
    return OK


def _collect(engine: Engine, *, older_than_ms: int, keep: int, do: bool) -> int:
    require_current(engine, Chain())
    retention, limits = Retention(engine, now_ms), Limits.before(now_ms(), older_than_ms, keep)
    if not do:
        _say(_listed("would go", retention.survey(limits)))
        _report("nothing was removed; say --yes to do it")
        return OK
    _say(_listed("gone", sum(retention.remove(limits), start=Removed())))
    if is_sqlite(engine):
        path = sqlite_path(engine)
        _report(f"the file keeps its size, and its free pages are used again; to shrink it: sqlite3 {path} VACUUM")
    return OK


def _verify(engine: Engine, options: argparse.Namespace) -> int:
    since_ms = 0 if options.since is None else now_ms() - age_ms(options.since)
    require_current(engine, Chain())
    counts: dict[str, int] = {}
    damaged = 0
    with contextlib.ExitStack() as stack:
        checks = [Verification(engine).checked(since_ms)]
        if (gatekeeper := _gatekeeper(engine, options, stack)) is not None:
            checks.append(DerivedDecisions(engine, gatekeeper.replay).checked(since_ms))
        for checked in itertools.chain(*checks):
            counts[checked.kind] = counts.get(checked.kind, 0) + checked.count
            damaged += len(checked.damages)
            for damage in checked.damages:
                _say(f"damaged: {damage}")
    _say(", ".join(f"{count} {kind}" for kind, count in counts.items()) + f": {damaged} damaged")
    if damaged:
        _report("restore what is damaged from a backup; nothing was changed")
    return REFUSED if damaged else OK


def _gatekeeper(engine: Engine, options: argparse.Namespace, stack: contextlib.ExitStack) -> GatekeeperClient | None:
    """Who derives the decisions again, until ``stack`` ends; None when nobody asked for it.

    Raises ConfigurationError, BadSetting, GatekeeperUnavailable, ServiceMissing.
    """
    address, token_file = options.gatekeeper, options.token_file
    if (address is None) != (token_file is None) or (address is not None and not options.decisions):
        raise ConfigurationError(
            "--gatekeeper and --token-file go together, and with --decisions; give all three, or --decisions alone",
            subject="--gatekeeper",
        )
    if not options.decisions:
        return None
    configure_logs(logging.WARNING)
    if address is None:
        return GatekeeperClient(stack.enter_context(_own_gatekeeper(engine)))
    token = read_token({Role.CLIENT: token_file}, Role.CLIENT)
    _check_gatekeeper(engine, address, token)
    return GatekeeperClient(stack.enter_context(channel(address, token=token)))


@contextlib.contextmanager
def _own_gatekeeper(engine: Engine) -> Iterator[grpc.Channel]:
    """A channel to the installed gatekeeper, in this process, beside a store that serves the database of ``engine``."""
    tokens = Tokens.generate()
    with (
        socket_folder() as folder,
        serving_database(engine, f"unix:{folder}/{NAME}.sock", tokens, EMBEDDED) as store,
        embedded(folder, GATEKEEPER, elsewhere={NAME: store}, tokens=tokens) as services,
        channel(services.addresses[GATEKEEPER], token=tokens.of(Role.CLIENT)) as opened,
    ):
        yield opened


def _check_gatekeeper(engine: Engine, address: str, token: str) -> None:
    with downstream(GATEKEEPER, address, token=token, domain=DOMAIN) as named:
        if (problem := named.problem()) is not None:
            raise GatekeeperUnavailable(
                f"{problem}; check that it runs, --gatekeeper and --token-file", subject=address
            )
    own = database_identity(engine)
    if named.database.identity != own:
        raise ConfigurationError(
            f"{named.database}, and {label(engine)} is database {own}; name a gatekeeper whose store has this one",
            subject=address,
        )


def _listed(title: str, removed: Removed) -> str:
    return f"{title}: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in removed.counts().items())


def _say(result: str) -> None:
    sys.stdout.write(result + "\n")


def _report(message: str) -> None:
    sys.stderr.write(f"autopack-store: {message}\n")
    sys.stderr.flush()
