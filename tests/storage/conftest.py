"""One suite for every database: ``kind`` runs each test that asks for a database on all of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import URL, Engine

from autopack_store.database.engine import file_url, open_engine
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain
from autopack_store.unit_of_work import SqlDatabase
from tests.postgresql import PostgresqlMissing, postgresql_server
from tests.report import note
from tests.storage.databases import Databases


class Ticks:
    """A clock that moves by a second at each look."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        """Look at it."""
        self.now += 1000
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The database to test on. ``databases.on_sqlite`` and ``on_postgresql`` choose for what only one of them has."""
    return cast(str, request.param)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Databases on a PostgreSQL server."""
    try:
        with postgresql_server() as server, Databases.on(server) as databases:
            note(request.config, f"PostgreSQL {databases.version}: {server.origin}")
            yield databases
    except PostgresqlMissing as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    _migrate(file_url(path))
    return path


@pytest.fixture(scope="session")
def migrated_database(databases: Databases) -> Iterator[str]:
    """The name of a PostgreSQL database with the current schema, to be copied."""
    with databases.made() as url:
        _migrate(url)
        yield str(url.database)


def _migrate(url: URL) -> None:
    engine = open_engine(url)
    ensure_schema(engine, bootstrap=True, chain=Chain())
    engine.dispose()


@pytest.fixture
def fresh_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[URL]:
    """The address of a database without anything in it; on SQLite there is no file yet."""
    if kind == "sqlite":
        yield file_url(tmp_path / "store.db")
    else:
        databases = cast(Databases, request.getfixturevalue("databases"))
        with databases.made() as url:
            yield url


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[URL]:
    """The address of an empty database with the current schema."""
    if kind == "sqlite":
        migrated_file = cast(Path, request.getfixturevalue("migrated_file"))
        yield file_url(Path(shutil.copy(migrated_file, tmp_path / "store.db")))
    else:
        databases = cast(Databases, request.getfixturevalue("databases"))
        with databases.made(cast(str, request.getfixturevalue("migrated_database"))) as url:
            yield url


@pytest.fixture
def fresh(fresh_url: URL) -> Iterator[Engine]:
    """The engine of a database without anything in it."""
    engine = open_engine(fresh_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(url: URL) -> Iterator[Engine]:
    """The engine of an empty database with the current schema."""
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Ticks:
    """A clock of the test's own."""
    return Ticks()


@pytest.fixture
def database(engine: Engine, clock: Ticks) -> SqlDatabase:
    """An empty store."""
    return SqlDatabase(engine, clock)
