"""A database that an older store filled is upgraded, and everything in it reads back: with this code, and with that of
the previous release, which may go on beside the upgraded schema.

The previous release's store is kept in ``previous`` (made by ``git archive`` of the revision in ``SOURCE``: migrations
proto/gen proto/rpc proto/results services/store/src tests/fakes), so that no history is needed.
"""

import hashlib
import json
import lzma
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, column, insert, select, table
from tools.previous_contract import unpack

from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunState, RunType, SideEvidence
from autopack_store.domain.errors import SchemaOutdated
from autopack_store.storage.database import SqlDatabase
from autopack_store.storage.engine import file_url, open_engine
from autopack_store.storage.evidence import SqlEvidenceStore
from autopack_store.storage.evolution import check_schema
from autopack_store.storage.guardrail import Chain, ensure_schema, upgrade_schema
from autopack_store.storage.schema import metadata
from autopack_store.storage.verification import SqlVerification
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_builder_result
from tests.fakes.store import first_attempt, make_decision, make_spec
from tests.storage.conftest import Ticks
from tests.storage.databases import full_address
from tests.storage.story import go_on, tell

EVIDENCE = make_evidence({"t::a": TestState.PASSED})
DIGEST = evidence_digest(EVIDENCE)

RUNS: Mapping[str, tuple[RunState, str, AttemptState]] = {
    "queued": (RunState.RUNNING, "", AttemptState.QUEUED),
    "testing": (RunState.RUNNING, "evidence", AttemptState.TESTING),
    "deciding": (RunState.RUNNING, "decision", AttemptState.DECIDING),
    "decided": (RunState.DECIDED, "decision", AttemptState.BLOCKED),
    "failed": (RunState.FAILED, "decision", AttemptState.FAILED),
    "cancelled": (RunState.CANCELLED, "evidence", AttemptState.CANCELLED),
}
"""What an old store knew of a run, and the state that its attempt gets."""


@pytest.fixture
def old(fresh_url: URL, migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """The engine of a database as a store of revision 0001 left it."""
    rows = _evidence_rows(Path(shutil.copy(migrated_file, tmp_path / "current.db")))
    engine = open_engine(fresh_url)
    upgrade_schema(engine, Chain(revisions=("0001",)))
    with engine.begin() as connection:
        for name in ("test_set", "evidence"):
            _insert(connection, name, **rows[name])
        for run_id, (state, content, _) in RUNS.items():
            _fill(connection, run_id, state, content)
    yield engine
    engine.dispose()


def _evidence_rows(file: Path) -> Mapping[str, Mapping[str, object]]:
    """What revision 0001 had of evidence: it is stored in the same rows today, and in others beside them."""
    current = open_engine(file_url(file))
    with current.begin() as connection:
        SqlEvidenceStore(connection).add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1)
        found = {
            name: dict(connection.execute(select(metadata.tables[name])).mappings().one())
            for name in ("test_set", "evidence")
        }
    current.dispose()
    return found


def _fill(connection: Connection, run_id: str, state: RunState, content: str) -> None:
    key: dict[str, object] = {"run_id": run_id, "phase": "gate", "attempt": 1}
    spec = make_spec(run_id, base=False)
    _insert(
        connection,
        "run",
        run_id=run_id,
        repository=spec.repository,
        head_revision=spec.head.revision,
        head_tree=spec.head.tree,
        candidate=spec.candidate.value,
        interpreter=spec.interpreter,
        arguments='["-q", "tests"]',
        timeout_ms=spec.timeout_ms,
        state=RunState.RUNNING.value,
        created_at_ms=1,
    )
    _insert(connection, "phase", run_id=run_id, phase="gate", position=1)
    _insert(connection, "attempt", **key)
    if content:
        _insert(connection, "attempt_evidence", **key, side=2, evidence_digest=DIGEST, reused=False)
    if content == "decision":
        _insert(
            connection,
            "decision",
            **key,
            decision_digest=decision_digest(make_decision(None, EVIDENCE)),
            verdict=Verdict.BLOCK.value,
            severity=1,
            head_evidence_digest=DIGEST,
            record=b"",
            record_digest=DIGEST,
            created_at_ms=2,
        )
    connection.exec_driver_sql(f"UPDATE run SET state = {state:d} WHERE run_id = '{run_id}'")


def _insert(connection: Connection, name: str, **values: object) -> None:
    connection.execute(insert(table(name, *(column(each) for each in values))).values(values))


def test_an_old_database_is_refused_until_it_is_upgraded(old: Engine) -> None:
    """A store does not start on a database of an older revision, and says what to run."""
    with pytest.raises(SchemaOutdated, match="autopack-store db upgrade"):
        ensure_schema(old, bootstrap=False, chain=Chain())


@pytest.mark.parametrize("run_id", RUNS)
def test_old_runs_read_back_with_a_state(old: Engine, clock: Ticks, run_id: str) -> None:
    """Every run of an old database reads back, its attempt in the state that its run and its decision tell of."""
    upgrade_schema(old, Chain())
    with SqlDatabase(old, clock).read() as store:
        run = store.runs.get(run_id)
    assert run is not None
    state, content, expected = RUNS[run_id]
    assert (state, RunType.PROJECT_BUILD, ()) == (run.state, run.spec.run_type, run.spec.allowed_paths)
    attempt = run.attempts[0]
    assert expected is attempt.state
    assert (Verdict.BLOCK if content == "decision" else None) is attempt.verdict
    attached = SideEvidence(side=Side.HEAD, evidence_digest=DIGEST, reused=False)
    assert ((attached,) if content else ()) == attempt.evidence


def test_an_old_run_goes_on_after_the_upgrade(old: Engine, clock: Ticks) -> None:
    """A run that was in progress takes results and steps once the database is upgraded."""
    upgrade_schema(old, Chain())
    ref = first_attempt("queued")
    built = make_builder_result(ref)
    with SqlDatabase(old, clock).write() as store:
        store.results.add_builder(built, DIGEST, 1)
        store.runs.advance(ref, AttemptState.BUILDING)
    with SqlDatabase(old, clock).read() as store:
        run = store.runs.get("queued")
    assert run is not None
    assert (AttemptState.BUILDING, DIGEST) == (run.attempts[0].state, run.attempts[0].builder_result_digest)


KEPT = Path(__file__).parent / "previous"
STORY = Path(__file__).parent / "story.py"
PARTS = ("proto/gen", "proto/rpc", "proto/results", "services/store/src", ".")
# Isolated, and without the .pth files of site-packages: nothing of this checkout is on the path but the story.
START = """
import runpy, sys
count, script = int(sys.argv[1]), sys.argv[2]
sys.path[:0] = sys.argv[3 : 3 + count]
sys.path.append(sys.argv[3 + count])
sys.argv = [script, *sys.argv[4 + count :]]
runpy.run_path(script, run_name="__main__")
import autopack_store, tests.fakes
for module in (autopack_store, tests.fakes):
    assert list(module.__path__)[0].startswith(sys.path[0].removesuffix("proto/gen")), module
"""


class Previous:
    """The previous release's store, in processes of its own, on the database at ``url``."""

    def __init__(self, tree: Path, url: URL) -> None:
        self._tree = tree
        self._url = full_address(url)

    def run(self, action: str) -> str:
        """Do ``action`` of the story; returns what was printed."""
        path = [str(self._tree / part) for part in PARTS]
        command = [sys.executable, "-I", "-S", "-c", START, str(len(path)), str(STORY), *path]
        done = subprocess.run(
            [*command, sysconfig.get_path("purelib"), action, self._url], capture_output=True, text=True, check=False
        )
        assert ("", 0) == (done.stderr, done.returncode)
        return done.stdout


@pytest.fixture(scope="module")
def previous_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The previous release's code, unpacked."""
    stated = dict(line.split(" ", 1) for line in (KEPT / "SOURCE").read_text(encoding="ascii").splitlines())
    packed = (KEPT / "code.tar.xz").read_bytes()
    assert stated["sha256"] == hashlib.sha256(packed).hexdigest()
    tree = tmp_path_factory.mktemp("previous").resolve()
    unpack(lzma.decompress(packed), tree)
    return tree


@pytest.fixture
def previous(previous_code: Path, fresh_url: URL) -> Previous:
    """The previous release on a database that it made and filled."""
    found = Previous(previous_code, fresh_url)
    found.run("fill")
    return found


def test_what_the_previous_release_wrote_reads_back_equal(previous: Previous, fresh: Engine) -> None:
    """Whatever the previous release stored, it and this code say the same of it once the database is upgraded."""
    before = json.loads(previous.run("tell"))
    assert 2 == len(before["evidence"])
    with pytest.raises(SchemaOutdated, match="autopack-store db upgrade"):
        ensure_schema(fresh, bootstrap=False, chain=Chain())
    assert upgrade_schema(fresh, Chain()) is True
    assert before == json.loads(json.dumps(tell(SqlDatabase(fresh, Ticks()))))
    assert before == json.loads(previous.run("tell"))
    assert [] == [damage for checked in SqlVerification(fresh).checked(0) for damage in checked.damages]
    check_schema(fresh, Chain())


def test_the_previous_release_goes_on_beside_the_new_schema(previous: Previous, fresh: Engine) -> None:
    """A store of the previous release that still runs writes into the upgraded database, and both read that back."""
    upgrade_schema(fresh, Chain())
    previous.run("go-on")
    after = json.loads(previous.run("tell"))
    assert "DECIDED" == after["runs"]["added"]["state"][0]
    assert after == json.loads(json.dumps(tell(SqlDatabase(fresh, Ticks()))))
    assert [] == [damage for checked in SqlVerification(fresh).checked(0) for damage in checked.damages]


def test_the_previous_release_reads_what_this_one_writes(previous: Previous, fresh: Engine) -> None:
    """What this code writes, a store of the previous release beside it reads."""
    upgrade_schema(fresh, Chain())
    database = SqlDatabase(fresh, Ticks())
    go_on(database)
    assert json.loads(previous.run("tell")) == json.loads(json.dumps(tell(database)))
