"""What a store is filled with and what it says afterwards, for stores of this version and of the previous one: only
what both have. Run as a program by ``test_upgrade.py`` with the previous release's code on the path:
``fill URL``, ``go-on URL`` or ``tell URL``; ``tell`` prints what the store says as one line of JSON.
"""

import json
import sys

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import Recommendation
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunFailure, RunState, SideEvidence
from autopack_store.domain.ending import Ending
from autopack_store.domain.request import Request
from autopack_store.storage.database import SqlDatabase, SqlUnitOfWork
from autopack_store.storage.engine import open_engine
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import HEAD_FILES, first_attempt, make_decision, make_key, make_spec

AT_MS = 1_700_000_000_000
BASE = make_evidence(
    {f"tests/test_{name}.py::test_é[{number}]": TestState.PASSED for name in "ab" for number in range(9)}
)
STATES = (TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY, TestState.ERRORED)
HEAD = make_evidence({f"tests/test_a.py::test_é[{number}]": STATES[number % 5] for number in range(30)})
RUNS = ("allowed", "blocked", "failed", "testing", "queued", "added")


def fill(database: SqlDatabase) -> None:
    """Runs that were allowed, blocked and broken off, and some that go on."""
    with database.write() as store:
        for evidence in (BASE, HEAD):
            store.evidence.add(evidence_digest(evidence), facts_digest(evidence), evidence, AT_MS)
        store.baselines.add(make_key(BASE), evidence_digest(BASE), AT_MS)
        _decided(store, first_attempt("allowed"), Verdict.ALLOW, AttemptState.ALLOWED)
        _decided(store, first_attempt("blocked"), Verdict.BLOCK, AttemptState.BLOCKED)
        failed = first_attempt("failed")
        store.runs.add(make_spec("failed"), failed, AT_MS)
        store.runs.finish(
            "failed", Ending(state=RunState.FAILED, failure=RunFailure.of("BROKEN", "it broke")), AT_MS + 1
        )
        testing = first_attempt("testing")
        store.runs.add(make_spec("testing"), testing, AT_MS)
        _attach(store, testing, Side.BASE, BASE)
        store.runs.advance(testing, AttemptState.TESTING)
        store.runs.add(make_spec("queued", base=False), first_attempt("queued"), AT_MS)
        request = Request.of("CreateRun", "request-1", first_attempt("queued"))
        store.requests.claim(request)
        store.requests.settle(request, "created")


def go_on(database: SqlDatabase) -> None:
    """What a store that is still running does beside the upgraded schema: a new run, and the rest of an old one."""
    with database.write() as store:
        _decided(store, first_attempt("added"), Verdict.BLOCK, AttemptState.BLOCKED)
        _attach(store, first_attempt("testing"), Side.HEAD, HEAD)


def tell(database: SqlDatabase) -> dict[str, object]:
    """Everything that the store says, with the digests of what it reads back."""
    with database.read() as store:
        return {
            "runs": {run_id: _run(store, run_id) for run_id in RUNS},
            "evidence": [_evidence(store, evidence_digest(evidence)) for evidence in (BASE, HEAD)],
            "baseline": store.baselines.find(make_key(BASE)),
        }


def _decided(store: SqlUnitOfWork, ref: AttemptRef, verdict: Verdict, state: AttemptState) -> None:
    decision = make_decision(BASE, HEAD, verdict=verdict)
    built = make_builder_result(ref)
    audited = make_auditor_result(ref, recommendation=Recommendation.APPROVE)
    store.runs.add(make_spec(ref.run_id), ref, AT_MS)
    store.results.add_builder(built, builder_result_digest(built), AT_MS)
    _attach(store, ref, Side.BASE, BASE)
    _attach(store, ref, Side.HEAD, HEAD)
    store.changed_files.add(ref, HEAD_FILES, changed_files_digest(HEAD_FILES))
    store.runs.advance(ref, AttemptState.TESTING)
    store.decisions.add(ref, decision, decision_digest(decision), AT_MS)
    store.runs.advance(ref, AttemptState.DECIDING)
    store.results.add_auditor(audited, auditor_result_digest(audited), AT_MS)
    store.runs.advance(ref, state)
    store.runs.finish(ref.run_id, Ending(state=RunState.DECIDED, failure=None), AT_MS + 1)


def _attach(store: SqlUnitOfWork, ref: AttemptRef, side: Side, evidence: Evidence) -> None:
    attached = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=side is Side.BASE)
    store.runs.attach(ref, attached)


def _evidence(store: SqlUnitOfWork, digest: str) -> list[str] | None:
    found = store.evidence.get(digest)
    return (
        None
        if found is None
        else [evidence_digest(found), facts_digest(found), str(store.evidence.facts_digest(digest))]
    )


def _run(store: SqlUnitOfWork, run_id: str) -> dict[str, object] | None:
    run = store.runs.get(run_id)
    if run is None:
        return None
    spec, (attempt,) = run.spec, run.attempts
    decision = store.decisions.get(attempt.ref)
    files = store.changed_files.get(attempt.ref)
    built, audited = store.results.builder(attempt.ref), store.results.auditor(attempt.ref)
    return {
        "spec": [
            spec.repository,
            str(spec.base),
            str(spec.head),
            spec.candidate.name,
            spec.interpreter,
            spec.timeout_ms,
            list(spec.arguments),
            spec.setup,
            spec.run_type.name,
            list(spec.allowed_paths),
        ],
        "state": [run.state.name, run.created_at_ms, run.finished_at_ms, str(run.failure)],
        "attempt": [str(attempt.ref), attempt.state.name, str(attempt.verdict), attempt.decision_digest],
        "evidence": [[side.side.name, side.evidence_digest, side.reused] for side in attempt.evidence],
        "decision": None if decision is None else decision_digest(decision),
        "changed_files": None if files is None else changed_files_digest(files),
        "builder": None if built is None else builder_result_digest(built.result),
        "auditor": None if audited is None else auditor_result_digest(audited.result),
    }


if __name__ == "__main__":
    action, url = sys.argv[1:]
    opened = open_engine(url)
    if action == "fill":
        # Here, since only the program makes its schema itself.
        from autopack_store.storage.guardrail import Chain, upgrade_schema

        upgrade_schema(opened, Chain())
    store_of_this_code = SqlDatabase(opened, lambda: AT_MS)
    match action:
        case "fill":
            fill(store_of_this_code)
        case "go-on":
            go_on(store_of_this_code)
        case "tell":
            print(json.dumps(tell(store_of_this_code)))
        case _:
            sys.exit(f"not understood: {action}")
