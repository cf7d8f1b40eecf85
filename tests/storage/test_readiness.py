"""Whether a store that runs can go on with its database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from autopack_store.database.engine import open_engine
from autopack_store.schema.evolution import downgrade_schema, upgrade_schema
from autopack_store.schema.inspection import Chain
from autopack_store.schema.opt_in import BOOTSTRAP
from autopack_store.schema.readiness import DatabaseReadiness
from autopack_store.schema.revision import HEAD, VERSION_TABLE
from tests.storage.chains import Migration, longer_chain


def readiness(engine: Engine) -> DatabaseReadiness:
    """That of a store on this database."""
    return DatabaseReadiness(engine, Chain(), domain="test.autopack")


def mark(engine: Engine, revision: str) -> None:
    """Have the database say that it has this revision."""
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :revision"), {"revision": revision})


def test_a_database_of_its_own_is_ready(engine: Engine) -> None:
    """On its own schema the store is ready, and knows the database's identity, the same at each look."""
    looked, again = readiness(engine), readiness(engine)

    assert (None, None) == (looked.identity, looked.problem())
    assert again.problem() is None
    assert looked.identity
    assert looked.identity == again.identity


def test_an_upgrade_in_passing_leaves_it_ready(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """A revision that this store does not know is a newer one: it goes on, and says once that it is to be upgraded."""
    store = readiness(engine)
    mark(engine, "9999")

    assert [None, None] == [store.problem(), store.problem()]
    assert store.identity
    assert 1 == capsys.readouterr().out.count("the database was upgraded")


def test_an_older_schema_is_not_ready(engine: Engine, tmp_path: Path) -> None:
    """A database that was taken back to an older revision is refused with what to run, and has no identity."""
    chain = longer_chain(tmp_path, Migration())
    upgrade_schema(engine, chain)
    store = DatabaseReadiness(engine, chain, domain="test.autopack")
    assert store.problem() is None
    downgrade_schema(engine, chain, HEAD, losing=False)

    problem = store.problem() or ""
    assert "autopack-store db upgrade" in problem
    assert BOOTSTRAP in problem
    assert store.identity is None


def test_an_empty_database_is_not_ready(fresh: Engine) -> None:
    """A database without a schema is not one to work on."""
    assert "there is no schema yet" in (readiness(fresh).problem() or "")


def test_a_database_that_is_away_is_not_ready() -> None:
    """A database that cannot be reached is told by its address, without its password and without an identity."""
    away = open_engine("postgresql://autopack:a-secret@127.0.0.1:1/autopack")
    store = readiness(away)
    problem = store.problem() or ""
    away.dispose()

    assert "cannot be reached" in problem
    assert "a-secret" not in problem
    assert store.identity is None
