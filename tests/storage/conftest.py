"""One suite for every database: PostgreSQL becomes a second parameter of ``kind``."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Engine

from autopack_store.storage.database import SqlDatabase
from autopack_store.storage.engine import file_url, open_engine
from autopack_store.storage.guardrail import Chain, ensure_schema


class Ticks:
    """A clock that moves by a second at each look."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        """Look at it."""
        self.now += 1000
        return self.now


@pytest.fixture(params=["sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    """The database to test on."""
    return cast(str, request.param)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    engine = open_engine(file_url(path))
    ensure_schema(engine, bootstrap=True, chain=Chain())
    engine.dispose()
    return path


@pytest.fixture
def engine(kind: str, tmp_path: Path, migrated_file: Path) -> Iterator[Engine]:
    """The engine of an empty database with the current schema."""
    assert kind == "sqlite"
    path = tmp_path / "store.db"
    shutil.copy(migrated_file, path)
    engine = open_engine(file_url(path))
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
