"""The command ``autopack-store``, as a user calls it."""

import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL

from autopack.store.v1 import run_service_pb2
from autopack.store.v1.run_service_pb2_grpc import RunServiceStub
from autopack_model.run.value import RunState
from autopack_rpc.client.channel import channel
from autopack_store.cli import run
from autopack_store.database.engine import open_engine, writing
from autopack_store.runs.ending import Ending
from autopack_store.schema.revision import HEAD
from autopack_store.server import now_ms
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.store import first_attempt, make_spec
from tests.storage.chains import NEXT, Migration, longer_chain
from tests.storage.databases import full_address


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    environment = {"AUTOPACK_STORE_DATABASE_URL": f"sqlite:///{tmp_path}/store.db"}
    for role in ("executor", "gatekeeper"):
        (tmp_path / role).write_text(f"{role}-token-0123456789")
        environment[f"AUTOPACK_{role.upper()}_TOKEN_FILE"] = str(tmp_path / role)
    return environment | more


def test_a_database_is_looked_after(fresh_url: URL, capsys: pytest.CaptureFixture[str]) -> None:
    """Check refuses a missing schema and says what to run, upgrade makes it once, current names its revision."""
    database = ["--database", full_address(fresh_url)]
    assert 1 == run(["db", "check", *database], {})
    shown = fresh_url.render_as_string()
    assert f"run: autopack-store db upgrade --database {shlex.quote(shown)}" in capsys.readouterr().err
    assert 0 == run(["db", "current", *database], {})
    assert "none\n" == capsys.readouterr().out
    for expected in ("upgraded", "was there already"):
        assert 0 == run(["db", "upgrade", *database], {})
        assert f"{HEAD} ({expected})\n" == capsys.readouterr().out
    assert 0 == run(["db", "check", *database], {})
    assert 0 == run(["db", "current", *database], {})
    assert f"{HEAD} (current)\n{HEAD}\n" == capsys.readouterr().out


def test_upgrade_refuses_what_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Upgrade does not touch a database of another program."""
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("CREATE TABLE customer (a)")
    connection.close()
    assert 1 == run(["db", "upgrade", "--database", f"sqlite:///{tmp_path}/store.db"], {})
    assert "tables of another program (customer)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["db", "check"], "AUTOPACK_STORE_DATABASE_URL"),
        (["db", "check", "--database", "sqlite:///relative.db"], "no absolute path"),
        (["serve"], "AUTOPACK_STORE_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_a_usage_error(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A setting that is missing or wrong ends with code 2 and names it."""
    assert 2 == run(arguments, {})
    assert expected in capsys.readouterr().err


def test_a_folder_that_is_missing_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database that cannot be made ends with code 70 and names its path."""
    assert 70 == run(["db", "upgrade", "--database", f"sqlite:///{tmp_path}/missing/store.db"], {})
    assert f"{tmp_path}/missing/store.db.lock" in capsys.readouterr().err


def test_the_schema_goes_down_and_up(url: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Downgrade undoes what can be undone, names what would be lost and wants to be told; check and upgrade follow."""
    chain = longer_chain(tmp_path, Migration(losses=["what came later"]))
    database = ["--database", full_address(url)]
    assert 0 == run(["db", "upgrade", *database], {}, chain)
    assert f"{NEXT} (upgraded)\n" == capsys.readouterr().out
    assert 1 == run(["db", "downgrade", HEAD, *database], {}, chain)
    assert "loses what came later; make a backup, then say --yes" in capsys.readouterr().err
    assert 0 == run(["db", "downgrade", HEAD, "--yes", *database], {}, chain)
    assert f"{HEAD} (undone: {NEXT})\n" == capsys.readouterr().out
    assert 1 == run(["db", "check", *database], {}, chain)
    assert f"has revision {HEAD}, this store needs {NEXT}" in capsys.readouterr().err
    assert 0 == run(["db", "upgrade", *database], {}, chain)
    assert 0 == run(["db", "check", *database], {}, chain)
    assert f"{NEXT} (upgraded)\n{NEXT} (current)\n" == capsys.readouterr().out


def test_a_lost_revision_is_written_down_again(url: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stamp gives a database its revision back, and no other one."""
    chain = longer_chain(tmp_path, Migration())
    database = ["--database", full_address(url)]
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    engine.dispose()
    assert 1 == run(["db", "stamp", NEXT, *database], {}, chain)
    assert f"is not that of {NEXT}" in capsys.readouterr().err
    assert 0 == run(["db", "stamp", HEAD, *database], {}, chain)
    assert f"{HEAD} (stamped)\n" == capsys.readouterr().out


def test_check_lists_what_differs(url: URL, capsys: pytest.CaptureFixture[str]) -> None:
    """Check ends with code 1 and a line for each difference."""
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_reason_code")
    engine.dispose()
    assert 1 == run(["db", "check", "--database", full_address(url)], {})
    assert "\n  index ix_reason_code: missing; expected" in capsys.readouterr().err


def test_gc_does_nothing_unless_it_is_told(url: URL, database: SqlDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --yes what would go is only told; with it the same goes, and what is within the limits stays."""
    address = full_address(url)
    for run_id, finished_at_ms in (("old", 2), ("new", now_ms())):
        with database.write() as store:
            store.runs.add(make_spec(run_id), first_attempt(run_id), 1)
            store.runs.finish(run_id, Ending(state=RunState.CANCELLED, failure=None), finished_at_ms)
    collect = ["gc", "--older-than", "30d", "--database", address, "--keep-runs"]
    assert 0 == run([*collect, "2"], {})
    assert "would go: 0 runs, " in capsys.readouterr().out
    assert 0 == run([*collect, "0"], {})
    printed = capsys.readouterr()
    assert "would go: 1 runs, " in printed.out
    assert "nothing was removed; say --yes" in printed.err
    assert 0 == run([*collect, "0", "--yes"], {})
    assert printed.out.replace("would go", "gone") == capsys.readouterr().out
    with database.read() as store:
        assert [None, "new"] == [
            None if found is None else found.spec.run_id for found in map(store.runs.get, ("old", "new"))
        ]


@pytest.mark.parametrize(
    "arguments", [["--older-than", "soon", "--keep-runs", "1"], ["--older-than", "0d", "--keep-runs", "1"]]
)
def test_gc_wants_a_clear_age(url: URL, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An age that could be read in two ways is a usage error."""
    assert 2 == run(["gc", *arguments, "--yes", "--database", full_address(url)], {})
    assert "12h, 30d, 4w" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["gc", "--older-than", "1d"], ["gc", "--older-than", "1d", "--keep-runs", "-1"]])
def test_gc_wants_to_know_how_many_runs_stay(arguments: list[str]) -> None:
    """How many runs stay has to be said."""
    with pytest.raises(SystemExit) as caught:
        run(arguments, {})
    assert 2 == caught.value.code


def test_verify_counts_and_names(url: URL, database: SqlDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    """Verify prints what was read; what is damaged is named, and the code is 1 then."""
    with database.write() as store:
        store.runs.add(make_spec("run-1"), first_attempt("run-1"), 1)
    verify = ["verify", "--database", full_address(url)]
    assert 0 == run(verify, {})
    assert "1 runs, 0 evidence, " in (printed := capsys.readouterr().out)
    assert printed.endswith(": 0 damaged\n")
    engine = open_engine(url)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("UPDATE run SET candidate = 77")
    engine.dispose()
    assert 1 == run(verify, {})
    assert "damaged: runs run-1: is damaged" in (printed := capsys.readouterr().out)
    assert printed.endswith(": 1 damaged\n")
    assert 0 == run([*verify, "--since", "1d"], {})


@pytest.mark.parametrize("command", [["gc", "--older-than", "1d", "--keep-runs", "1", "--yes"], ["verify"]])
def test_only_a_current_schema_is_worked_on(
    fresh_url: URL, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the store's schema nothing is read and nothing removed, and what to run is said."""
    assert 1 == run([*command, "--database", full_address(fresh_url)], {})
    assert "autopack-store db upgrade" in capsys.readouterr().err


def _serve(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "autopack_store", "serve"],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_serve_refuses_a_database_without_a_schema(tmp_path: Path) -> None:
    """Without the opt-in, serve ends with code 1 and says what to run; no database appears."""
    process = _serve(_environment(tmp_path))
    _, errors = process.communicate(timeout=60)
    assert 1 == process.returncode
    assert "autopack-store db upgrade" in errors
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("variable", ["AUTOPACK_DB_BOOTSTRAP", "DB_BOOTSTRAP_ENABLED"])
def test_serve_bootstraps_when_told_to_and_warns(tmp_path: Path, variable: str) -> None:
    """With the opt-in, serve makes the schema, warns that this is for development, serves, and stops on SIGTERM."""
    process = _serve(_environment(tmp_path, AUTOPACK_STORE_ADDRESS="127.0.0.1:0", **{variable: "1"}))
    try:
        assert process.stderr is not None
        warning = json.loads(process.stderr.readline())
        assert "warning" == warning["level"]
        assert "for development and tests" in warning["event"]
        # A server on a busy machine may log that a look at its database took long.
        lines = (line for line in process.stderr if not line.startswith("{"))
        address = next(lines).rpartition(" ")[2].strip()
        with channel(address, token="executor-token-0123456789", deadline_s=30) as opened:
            runs = (
                RunServiceStub(opened)
                .ListRuns(
                    run_service_pb2.ListRunsRequest(
                        page_size=0,
                        page_token="",
                        repository="",
                        verdict=None,
                        created_from_ms=None,
                        created_before_ms=None,
                    )
                )
                .runs
            )
        assert [] == list(runs)
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(timeout=60)
    finally:
        process.kill()
        process.communicate()


def test_serve_does_not_warn_when_there_is_nothing_to_do(tmp_path: Path, migrated_file: Path) -> None:
    """With a current schema the opt-in changes nothing and says nothing."""
    shutil.copy(migrated_file, tmp_path / "store.db")
    process = _serve(_environment(tmp_path, AUTOPACK_STORE_ADDRESS="127.0.0.1:0", AUTOPACK_DB_BOOTSTRAP="1"))
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("autopack-store: serving on 127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=60)
