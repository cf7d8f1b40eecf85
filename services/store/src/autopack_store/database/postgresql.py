"""PostgreSQL: how connections to it behave. psycopg is imported only when there is one to open."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from autopack_store.database.mode import Mode, mode_of
from autopack_store.errors import ConfigurationError, StorageError, StorageExhausted

if TYPE_CHECKING:
    import psycopg

FORM = "postgresql://user@host:5432/name"
DRIVER = "postgresql+psycopg"
DRIVERS = ("postgresql", DRIVER)

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
LOCK_SECONDS = 30
IDLE_SECONDS = 300
"""A transaction that does nothing for so long is ended: it belongs to nobody any more, and holds its locks."""

MIGRATION_STATEMENT_SECONDS = 1800
MIGRATION_LOCK_SECONDS = 10

CONNECTIONS = 16
"""As many as a server has threads; so many again may come for a moment."""

SECRETS = ("password", "sslpassword")
"""Parameters of an address that no message shows."""

# "autopack" in ASCII; locks are per database.
_UPGRADE_LOCK = 0x6175746F7061636B

_DEFAULTS = {
    "application_name": "autopack-store",
    "client_encoding": "utf8",
    "connect_timeout": str(CONNECT_SECONDS),
    # A peer that is gone without a word is found out within a minute, not within hours.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

_LIMITS = " ".join(
    f"-c {name}={seconds}s"
    for name, seconds in (
        ("statement_timeout", STATEMENT_SECONDS),
        ("lock_timeout", LOCK_SECONDS),
        ("idle_in_transaction_session_timeout", IDLE_SECONDS),
    )
)


def postgresql_engine(url: URL) -> Engine:
    """The engine of the database at ``url``; the address's parameters (``?sslmode=require``) go to libpq, and come
    before the store's own. Nothing is opened yet.

    Raises ConfigurationError for an address without a database or with a parameter that libpq does not know.
    """
    if not url.database:
        raise ConfigurationError(f"the address names no database; use {FORM}", subject="database")
    _check_parameters(url)
    given = url.query.get("options", "")
    own = {name: value for name, value in _DEFAULTS.items() if name not in url.query}
    own["options"] = f"{_LIMITS} {given if isinstance(given, str) else ' '.join(given)}".strip()
    engine = create_engine(
        url.set(drivername=DRIVER),
        connect_args=own,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=LOCK_SECONDS,
        # A database that was restarted costs no failed call.
        pool_pre_ping=True,
        use_native_hstore=False,
    )
    event.listen(engine, "begin", _begin)
    return engine


def check_usable(connection: Connection, database: str) -> None:
    """Raise ConfigurationError unless the database keeps text as UTF-8 and has a schema for the store's tables."""
    encoding, schema = connection.execute(text("SELECT current_setting('server_encoding'), current_schema()")).one()
    if encoding != "UTF8":
        raise ConfigurationError(
            f"{database}: keeps text as {encoding}, which cannot hold every path and test id; create it with "
            "ENCODING 'UTF8' TEMPLATE template0",
            subject=database,
        )
    if schema is None:
        raise ConfigurationError(
            f"{database}: its search_path names no schema that exists and that this role may use; create one, or "
            "grant USAGE on it",
            subject=database,
        )


def check_may_migrate(connection: Connection, database: str) -> None:
    """Raise StorageExhausted on a server that takes no writes, StorageError when the role may not make tables."""
    _check_takes_writes(connection, database)
    role, schema, allowed = connection.execute(
        text("SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE')")
    ).one()
    if not allowed:
        raise StorageError(
            f"{database}: the role {role} may not make tables in the schema {schema}; upgrade with the role that owns "
            f"the database, or run as that one: GRANT CREATE ON SCHEMA {schema} TO {role}",
            subject=database,
        )


def check_may_write(connection: Connection, tables: Iterable[str], database: str) -> None:
    """Raise StorageExhausted on a server that takes no writes, StorageError when the role may not add to ``tables``."""
    _check_takes_writes(connection, database)
    query = text("SELECT has_table_privilege(:table, 'INSERT')")
    closed = [name for name in sorted(tables) if not connection.scalar(query, {"table": name})]
    if closed:
        role = connection.scalar(text("SELECT current_user"))
        raise StorageError(
            f"{database}: the role {role} may only read {', '.join(closed[:5])}"
            f"{f' and {len(closed) - 5} more' if len(closed) > 5 else ''}; serve with a role that may write, or run as "
            f"the owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            subject=database,
        )


def lock_migrations(connection: Connection) -> None:
    """Wait until no other process migrates this database; none does until this connection is closed.

    The lock belongs to the connection on which the migrations run, outside of their transactions: it is lost together
    with them, and never before them.
    """
    with connection.begin():
        # However long the other one takes.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _UPGRADE_LOCK})


def limit_migration(connection: Connection) -> None:
    """Give the transaction of one migration its time limits, unless the address names other ones.

    A migration may take long, but a statement that waits for a table stops everybody else who wants it, so it gives up
    soon.
    """
    for name, usual, limit in (
        ("statement_timeout", STATEMENT_SECONDS, MIGRATION_STATEMENT_SECONDS),
        ("lock_timeout", LOCK_SECONDS, MIGRATION_LOCK_SECONDS),
    ):
        query = text("SELECT current_setting(:name)::interval = make_interval(secs => :usual)")
        if connection.scalar(query, {"name": name, "usual": usual}):
            connection.execute(text(f"SET LOCAL {name} = '{limit}s'"))


def _check_takes_writes(connection: Connection, database: str) -> None:
    # The mode of the session: the transaction of the one who asks may be for reading.
    standby, usual = connection.execute(
        text("SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')::boolean")
    ).one()
    if standby or usual:
        raise StorageExhausted(
            f"{database}: {'is a standby' if standby else 'is set to be read-only'} and takes no writes; use the "
            "primary server, and a role that may write",
            subject=database,
        )


def _begin(connection: Connection) -> None:
    from psycopg import IsolationLevel  # noqa: PLC0415  # only here: a store on SQLite starts without it

    # psycopg says this together with the first statement. A server that is read-only stays so: nobody asks for READ
    # WRITE, which SQLAlchemy's own option would do once a connection is used again.
    driver = cast("psycopg.Connection", connection.connection.dbapi_connection)
    match mode_of(connection):
        case Mode.READING:
            # All statements see one moment, and none writes by mistake.
            driver.isolation_level, driver.read_only = IsolationLevel.REPEATABLE_READ, True
        case Mode.WRITING:
            # Rows that are locked or waited for are seen as they are now, not as they were at the beginning.
            driver.isolation_level, driver.read_only = IsolationLevel.READ_COMMITTED, None
        case None:
            driver.isolation_level, driver.read_only = None, None


def _check_parameters(url: URL) -> None:
    from psycopg import ProgrammingError  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    for name in sorted(url.query):
        try:
            make_conninfo("", **{name: "1"})
        except ProgrammingError as error:
            raise ConfigurationError(
                f"{name!r} is not a parameter of a PostgreSQL address; see libpq's documentation for those that are",
                subject="database",
            ) from error
