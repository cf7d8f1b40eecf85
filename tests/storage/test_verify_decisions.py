"""``autopack-store verify --decisions``: what the evidence gives today is compared with what was decided."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from autopack_clients.errors import GatekeeperRefused
from autopack_clients.gatekeeper import Replayed
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision, Severity
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import SideEvidence
from autopack_rpc.embedded import embedded, socket_folder
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.serving import EMBEDDED
from autopack_store.cli import run
from autopack_store.database.compression import packed
from autopack_store.database.engine import file_url, is_sqlite, open_engine, writing
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain
from autopack_store.schema.readiness import database_identity
from autopack_store.server import now_ms, serving_database
from autopack_store.unit_of_work import SqlDatabase
from autopack_store.upkeep.decisions import DerivedDecisions
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_spec
from tests.storage.databases import drop_trigger, full_address, on_postgresql

BASE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
HEAD = make_evidence({"tests/test_a.py::test_1": TestState.PASSED, "tests/test_a.py::test_2": TestState.FAILED})
RIGHT = judge(BASE, HEAD, HEAD_FILES)
WRONG = make_decision(BASE, HEAD)

_NO_RETRIES: Mapping[Side, Evidence] = {}

Decide = Callable[..., AttemptRef]


@pytest.fixture
def decide(database: SqlDatabase) -> Decide:
    """Records runs with the same evidence, and the decision that is given: the right one."""
    with database.write() as store:
        for evidence in (BASE, HEAD):
            store.evidence.add(evidence_digest(evidence), facts_digest(evidence), evidence, 5)

    def record(
        run_id: str, decision: Decision = RIGHT, *, at_ms: int = 5, retries: Mapping[Side, Evidence] = _NO_RETRIES
    ) -> AttemptRef:
        ref = first_attempt(run_id)
        with database.write() as store:
            store.runs.add(make_spec(run_id), ref, at_ms)
            for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
                attached = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=False)
                store.runs.attach(ref, attached)
            for side, evidence in retries.items():
                digest = evidence_digest(evidence)
                store.evidence.add(digest, facts_digest(evidence), evidence, 5)
                store.runs.attach(ref, SideEvidence(side=side, evidence_digest=digest, reused=False, retry=1))
            store.changed_files.add(ref, HEAD_FILES, changed_files_digest(HEAD_FILES))
            store.runs.advance(ref, AttemptState.TESTING)
            store.decisions.add(ref, decision, decision_digest(decision), TERMS, at_ms)
            store.runs.advance(ref, AttemptState.DECIDING)
        return ref

    return record


@contextlib.contextmanager
def gatekeeper_on(engine: Engine, tokens: Tokens) -> Iterator[str]:
    """The address of a gatekeeper that uses the database of ``engine``."""
    with (
        socket_folder() as folder,
        serving_database(engine, f"unix:{folder}/store.sock", tokens, EMBEDDED) as store,
        embedded(folder, "gatekeeper", elsewhere={"store": store}, tokens=tokens) as services,
    ):
        yield services.addresses["gatekeeper"]


def _verify(url: URL, *more: str) -> int:
    return run(["verify", "--decisions", "--database", full_address(url), *more], {})


def _token(tmp_path: Path, token: str) -> str:
    (tmp_path / "token").write_text(token)
    return f"--token-file={tmp_path / 'token'}"


def test_what_is_derived_again_is_counted(url: URL, decide: Decide, capsys: pytest.CaptureFixture[str]) -> None:
    """Decisions that their evidence gives again are counted, nothing is said of them, and the code is 0."""
    for run_id in ("run-1", "run-2"):
        decide(run_id)
    assert 0 == _verify(url)
    printed = capsys.readouterr()
    assert printed.out.endswith(", 2 decisions: 0 damaged\n")
    assert "" == printed.err


@pytest.mark.usefixtures("database")
def test_no_decision_is_a_count_too(url: URL, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a store without decisions none is counted, and unless it was asked for no count is said."""
    assert 0 == _verify(url)
    assert capsys.readouterr().out.endswith(", 0 decisions: 0 damaged\n")
    assert 0 == run(["verify", "--database", full_address(url)], {})
    assert "decisions" not in capsys.readouterr().out


def test_only_what_is_recent_is_derived(url: URL, decide: Decide, capsys: pytest.CaptureFixture[str]) -> None:
    """With a limit only what was decided since is derived again."""
    decide("run-1", WRONG)
    decide("run-2", at_ms=now_ms())
    assert 0 == _verify(url, "--since", "1d")
    assert capsys.readouterr().out.endswith(", 1 decisions: 0 damaged\n")


def test_what_the_evidence_does_not_give_is_named(url: URL, decide: Decide, capsys: pytest.CaptureFixture[str]) -> None:
    """A decision that its evidence does not give is named with both digests and the members that differ."""
    decide("run-1")
    decide("run-2", WRONG)
    assert 1 == _verify(url)
    (damage, summary) = capsys.readouterr().out.splitlines()
    told, _, members = damage.partition(" today; these members differ: ")
    assert (
        f"damaged: decision of run-2/gate/1: is recorded as {decision_digest(WRONG)}, and its evidence gives "
        f"{decision_digest(RIGHT)}"
    ) == told
    assert "reasons" in members.split(", ")
    assert summary.endswith(", 2 decisions: 1 damaged")


def test_a_damaged_record_is_named(
    url: URL, engine: Engine, decide: Decide, capsys: pytest.CaptureFixture[str]
) -> None:
    """A decision whose record was changed behind the store's back cannot be derived again, and the others are."""
    decide("run-1")
    decide("run-2")
    with writing(engine).begin() as connection:
        drop_trigger(connection, "decision")
        connection.execute(
            text("UPDATE decision SET record = :other WHERE run_id = 'run-1'"), {"other": packed(b"other")}
        )
    assert 1 == _verify(url)
    printed = capsys.readouterr().out
    assert "damaged: decision of run-1/gate/1: cannot be derived again: the gatekeeper could not replay" in printed
    assert "run-2" not in printed
    assert ", 2 decisions: 2 damaged\n" in printed


def test_a_decision_is_derived_again_with_its_retries(
    url: URL, database: SqlDatabase, decide: Decide, capsys: pytest.CaptureFixture[str]
) -> None:
    """A decision that rests on retries of both sides is what its evidence gives again, and one without them is not."""
    retries = {
        Side.BASE: make_evidence({"tests/test_a.py::test_1": TestState.FAILED}, deselected=1),
        Side.HEAD: make_evidence({"tests/test_a.py::test_2": TestState.PASSED}, deselected=1),
    }
    right = judge(BASE, HEAD, HEAD_FILES, base_retries=[retries[Side.BASE]], head_retries=[retries[Side.HEAD]])
    wrong = replace(right, severity=Severity.CRITICAL)
    for run_id, decision in (("run-1", right), ("run-2", wrong)):
        decide(run_id, decision, retries=retries)
    assert 1 == _verify(url)
    damage, summary = capsys.readouterr().out.splitlines()
    assert damage.startswith("damaged: decision of run-2/gate/1: is recorded as")
    assert damage.endswith("these members differ: severity")
    assert summary.endswith(", 2 decisions: 1 damaged")


def _lose(engine: Engine, digest: str) -> None:
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        cursor = raw.cursor()
        if is_sqlite(engine):
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("DROP TRIGGER evidence_refuses_delete")
        else:
            cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"DELETE FROM evidence WHERE evidence_digest = '{digest}'")
        raw.commit()
        connection.invalidate()


def test_evidence_that_is_gone_is_named(
    url: URL, engine: Engine, decide: Decide, capsys: pytest.CaptureFixture[str]
) -> None:
    """A decision whose evidence is gone cannot be derived again: it is named with what the store says, and counted."""
    decide("run-1")
    _lose(engine, evidence_digest(HEAD))
    assert 1 == _verify(url)
    printed = capsys.readouterr().out
    assert "damaged: decision of run-1/gate/1: cannot be derived again: the gatekeeper could not replay" in printed
    assert "[NOT_FOUND]" in printed
    assert ", 1 decisions: " in printed


@on_postgresql
@pytest.mark.usefixtures("kind")
def test_reading_is_enough(url: URL, decide: Decide) -> None:
    """A role that may only read can have the decisions derived again."""
    decide("run-1")
    assert 0 == _verify(url.update_query_dict({"options": "-c default_transaction_read_only=on"}))


def test_without_a_gatekeeper_nothing_is_told(
    url: URL, decide: Decide, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no gatekeeper is installed the code is 70, and what to install or to name is said."""
    decide("run-1")
    monkeypatch.setattr("autopack_rpc.embedded.GROUP", "autopack.nobody")
    assert 70 == _verify(url)
    printed = capsys.readouterr()
    assert "" == printed.out
    assert "the gatekeeper is not installed on this machine; run 'pip install autopack-gatekeeper'" in printed.err
    assert "or name one that runs with --gatekeeper" in printed.err


def test_a_gatekeeper_elsewhere_derives(
    url: URL, engine: Engine, decide: Decide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gatekeeper that uses the same database derives the decisions for whoever has a token."""
    decide("run-1")
    decide("run-2", WRONG)
    tokens = Tokens.generate()
    with gatekeeper_on(engine, tokens) as address:
        assert 1 == _verify(url, f"--gatekeeper={address}", _token(tmp_path, tokens.of(Role.CLIENT)))
    printed = capsys.readouterr().out
    assert printed.startswith("damaged: decision of run-2/gate/1: is recorded as ")
    assert printed.endswith(", 2 decisions: 1 damaged\n")


def test_a_gatekeeper_of_another_database_is_refused(
    url: URL, engine: Engine, decide: Decide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gatekeeper that uses another database is refused before anything is compared; both databases are named."""
    decide("run-1")
    other, tokens = open_engine(file_url(tmp_path / "other.db")), Tokens.generate()
    ensure_schema(other, bootstrap=True, chain=Chain())
    with gatekeeper_on(other, tokens) as address:
        assert 2 == _verify(url, f"--gatekeeper={address}", _token(tmp_path, tokens.of(Role.CLIENT)))
    printed = capsys.readouterr()
    assert "" == printed.out
    assert f"the gatekeeper at {address} uses database {database_identity(other)}, and " in printed.err
    assert f" is database {database_identity(engine)}; name a gatekeeper whose store has this one" in printed.err
    other.dispose()


def test_a_gatekeeper_that_does_not_answer(
    url: URL, decide: Decide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When nobody listens there, the code is 70, and what to check is said."""
    decide("run-1")
    assert 70 == _verify(url, f"--gatekeeper=unix:{tmp_path}/nobody", _token(tmp_path, "token-of-some-length"))
    printed = capsys.readouterr()
    assert "" == printed.out
    assert "check that it runs, --gatekeeper and --token-file" in printed.err


def test_a_token_that_the_gatekeeper_does_not_know(
    url: URL, engine: Engine, decide: Decide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token that the gatekeeper does not know says nothing of the decisions: the code is 70."""
    decide("run-1")
    with gatekeeper_on(engine, Tokens.generate()) as address:
        assert 70 == _verify(url, f"--gatekeeper={address}", _token(tmp_path, "token-of-some-length"))
    printed = capsys.readouterr()
    assert "" == printed.out
    assert "no valid token" in printed.err


@pytest.mark.parametrize(
    "options",
    [
        ["--decisions", "--gatekeeper=127.0.0.1:1"],
        ["--decisions", "--token-file=/nowhere"],
        ["--gatekeeper=127.0.0.1:1", "--token-file=/nowhere"],
    ],
)
def test_options_that_go_together(url: URL, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A gatekeeper is named with a token, and only to derive decisions; else the command is used in a wrong way."""
    assert 2 == run(["verify", "--database", full_address(url), *options], {})
    assert "--gatekeeper and --token-file go together, and with --decisions" in capsys.readouterr().err


def _equal(recorded: Decision) -> Replayed:
    digest = decision_digest(recorded)
    return Replayed(recorded_digest=digest, derived_digest=digest, differing=())


def test_many_decisions_are_listed_in_pages(engine: Engine, decide: Decide, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many decisions there are, each is derived once, in the order of their attempts."""
    monkeypatch.setattr("autopack_store.upkeep.decisions.PAGE", 2)
    refs = [decide(f"run-{number}") for number in range(4)]
    asked: list[AttemptRef] = []

    def derive(ref: AttemptRef, number: int) -> Replayed:
        asked.append(ref)
        return _equal(RIGHT)

    checked = list(DerivedDecisions(engine, derive).checked(0))
    assert (4, []) == (sum(each.count for each in checked), [said for each in checked for said in each.damages])
    assert refs == asked


def test_the_gatekeeper_reads_what_is_recorded_here(engine: Engine, decide: Decide) -> None:
    """A gatekeeper that derived a decision of a copy of this database, which differs, has not derived this one."""
    decide("run-1")
    (_, checked) = DerivedDecisions(engine, lambda _ref, _number: _equal(WRONG)).checked(0)
    assert (
        f"decision of run-1/gate/1: is recorded as {decision_digest(RIGHT)}, and the gatekeeper's store has "
        f"{decision_digest(WRONG)}",
    ) == checked.damages


def test_what_retention_removes_meanwhile_is_not_missed(engine: Engine, decide: Decide) -> None:
    """A decision that is removed after it was listed is not damage, and is not counted; one that stays is both."""
    gone = decide("run-1")
    decide("run-2")

    def derive(ref: AttemptRef, number: int) -> Replayed:
        if ref == gone:
            with writing(engine).begin() as connection:
                for table in ("reason", "decision"):
                    drop_trigger(connection, table, "delete")
                    connection.execute(text(f"DELETE FROM {table} WHERE run_id = 'run-1'"))
        raise GatekeeperRefused(f"no decision of {ref}", subject=str(ref))

    checked = list(DerivedDecisions(engine, derive).checked(0))
    assert ["decision of run-2/gate/1: cannot be derived again: no decision of run-2/gate/1"] == [
        said for each in checked for said in each.damages
    ]
    assert 1 == sum(each.count for each in checked)
