"""What goes over the wire into a database comes back over the wire equal: real clients, real gRPC, every database."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from autopack_clients.store import StoreClient
from autopack_gatekeeper.adapters.remote_store import RemoteStore
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.builder_result.value import BuilderResult
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision
from autopack_model.evidence.document import facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, RunSpec, RunState, RunType, SideEvidence
from autopack_rpc.client.channel import channel
from autopack_rpc.request_id import new_request_id
from autopack_rpc.roles import Role, Tokens
from autopack_store.config import StoreSettings
from autopack_store.server import store_server
from tests.fakes.evidence import make_evidence
from tests.fakes.store import TERMS, first_attempt, make_decision, make_key, make_spec
from tests.storage import strategies
from tests.storage.conftest import Ticks

TOKENS = Tokens.generate()
repeatedly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The store as the executor's and the gatekeeper's own clients see it, and a source of run names."""

    executor: StoreClient
    results: StoreClient
    gatekeeper: RemoteStore
    ticks: Ticks

    def attempt(self) -> AttemptRef:
        """The first attempt of a run of its own."""
        ref = first_attempt(f"run-{self.ticks()}")
        self.executor.create_run(make_spec(ref.run_id), ref)
        return ref


@pytest.fixture
def clients(url: URL, tmp_path: Path, clock: Ticks) -> Iterator[Clients]:
    """Clients of a store that serves an empty database."""
    settings = StoreSettings(
        database_url=url.render_as_string(hide_password=False),
        address=f"unix:{tmp_path}/s",
        tokens=TOKENS,
        bootstrap=False,
    )
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(store_server(settings))
        executor = stack.enter_context(channel(address, token=TOKENS.of(Role.EXECUTOR)))
        gatekeeper = stack.enter_context(channel(address, token=TOKENS.of(Role.GATEKEEPER)))
        yield Clients(
            executor=StoreClient(executor),
            results=StoreClient(executor),
            gatekeeper=RemoteStore(gatekeeper),
            ticks=clock,
        )


@repeatedly
@given(evidence=strategies.evidences())
def test_evidence(clients: Clients, evidence: Evidence) -> None:
    """Any evidence is downloaded as it was uploaded, by both services."""
    digest = clients.executor.upload(evidence)

    assert evidence == clients.executor.evidence(digest)
    assert evidence == clients.gatekeeper.evidence(digest)


@repeatedly
@given(changed_files=strategies.changed_files())
def test_changed_files(clients: Clients, changed_files: ChangedFiles) -> None:
    """Any changed files are read back as they were recorded, by both services."""
    ref = clients.attempt()
    clients.executor.record_changed_files(ref, changed_files)

    assert changed_files == clients.executor.changed_files(ref)
    assert changed_files == clients.gatekeeper.changed_files(ref)


@repeatedly
@given(drawn=strategies.run_specs)
def test_runs(clients: Clients, drawn: RunSpec) -> None:
    """Any run is read back with the specification that it was created with, and its first attempt queued."""
    ref = first_attempt(f"run-{clients.ticks()}")
    spec = replace(drawn, run_id=ref.run_id)
    clients.executor.create_run(spec, ref)

    run = clients.executor.run(ref.run_id)

    assert (spec, RunState.RUNNING) == (run.spec, run.state)
    assert (
        Attempt(
            ref=ref,
            state=AttemptState.QUEUED,
            evidence=(),
            verdict=None,
            decision_digest=None,
            builder_result_digest=None,
            auditor_result_digest=None,
        ),
    ) == run.attempts


@repeatedly
@given(drawn=strategies.decisions, measured=st.booleans())
def test_decisions(clients: Clients, drawn: Decision, measured: bool) -> None:
    """Any decision that rests on what is attached is read back as it was recorded."""
    ref = clients.attempt()
    spec = clients.executor.run(ref.run_id).spec
    assert spec.base is not None
    measured_base = make_evidence({"b::x": TestState.FAILED}, revision=spec.base.revision, tree=spec.base.tree)
    base = measured_base if measured else None
    head = make_evidence({"a::x": TestState.PASSED}, revision=spec.head.revision, tree=spec.head.tree)
    digests = {Side.HEAD: clients.executor.upload(head)}
    if base is not None:
        digests[Side.BASE] = clients.executor.upload(base)
    cross, reverse = (make_evidence({"c::x": TestState.PASSED}, tree=tree * 40) for tree in "cd")
    for side, evidence, assessment in ((Side.CROSS, cross, drawn.cross), (Side.REVERSE, reverse, drawn.reverse)):
        if assessment is not None:
            digests[side] = clients.executor.upload(evidence)
    for side, digest in digests.items():
        clients.executor.attach(ref, SideEvidence(side=side, evidence_digest=digest, reused=False))
    files = ChangedFiles.unknown("not asked")
    clients.executor.record_changed_files(ref, files)
    assessed = drawn.base or drawn.head
    decision = replace(
        drawn,
        base=None
        if base is None
        else replace(
            assessed,
            evidence_digest=digests[Side.BASE],
            facts_digest=facts_digest(base),
            tree=base.suite_run.tree.tree,
        ),
        head=replace(
            drawn.head, evidence_digest=digests[Side.HEAD], facts_digest=facts_digest(head), tree=spec.head.tree
        ),
        cross=None
        if drawn.cross is None
        else replace(
            drawn.cross,
            evidence_digest=digests[Side.CROSS],
            facts_digest=facts_digest(cross),
            tree=cross.suite_run.tree.tree,
        ),
        reverse=None
        if drawn.reverse is None
        else replace(
            drawn.reverse,
            evidence_digest=digests[Side.REVERSE],
            facts_digest=facts_digest(reverse),
            tree=reverse.suite_run.tree.tree,
        ),
        changed_files_status=files.status,
        changed_files_digest=changed_files_digest(files),
        policy_digest=policy_digest(TERMS.policy),
        waivers_digest=waivers_digest(TERMS.waivers),
    )

    recorded = clients.gatekeeper.record(
        new_request_id(), ref, decision, decision_digest(decision), TERMS, conclude=False
    )
    assert RecordedDecision(state=AttemptState.DECIDING, already_present=False, replayed=False) == recorded
    assert decision == clients.gatekeeper.decision(ref)
    attempt = clients.executor.run(ref.run_id).attempts[0]
    assert (AttemptState.DECIDING, decision.verdict) == (attempt.state, attempt.verdict)


@repeatedly
@given(drawn=strategies.builder_results())
def test_builder_results(clients: Clients, drawn: BuilderResult) -> None:
    """Any builder result is read back as it was recorded, beside what the store holds of its run."""
    result = replace(drawn, attempt=clients.attempt())
    digest = clients.results.record_builder_result(result)

    found = clients.results.builder_result(result.attempt)

    assert (result, digest, RunType.PROJECT_BUILD, ()) == (
        found.result,
        found.result_digest,
        found.run_type,
        found.allowed_paths,
    )
    assert digest == clients.executor.run(result.attempt.run_id).attempts[0].builder_result_digest


@repeatedly
@given(drawn=strategies.auditor_results())
def test_auditor_results(clients: Clients, drawn: AuditorResult) -> None:
    """Any auditor result is read back as it was recorded, by both services."""
    ref = clients.attempt()
    head = make_evidence({"a::x": TestState.PASSED}, revision="c" * 40, tree="d" * 40)
    entry = SideEvidence(side=Side.HEAD, evidence_digest=clients.executor.upload(head), reused=False)
    clients.executor.attach(ref, entry)
    files = ChangedFiles.of(())
    clients.executor.record_changed_files(ref, files)
    decision = make_decision(None, head, files)
    clients.gatekeeper.record(new_request_id(), ref, decision, decision_digest(decision), TERMS, conclude=False)
    result = replace(drawn, attempt=ref)
    digest = clients.results.record_auditor_result(result)

    found = clients.results.auditor_result(ref)

    assert (result, digest) == (found.result, found.result_digest)
    assert result == clients.gatekeeper.auditor_result(ref)
    attempt = clients.executor.run(ref.run_id).attempts[0]
    assert (AttemptState.AUDITING, digest) == (attempt.state, attempt.auditor_result_digest)


@repeatedly
@given(evidence=strategies.evidences())
def test_baseline_keys(clients: Clients, evidence: Evidence) -> None:
    """Any baseline key whose evidence is complete names that evidence, and a key that differs names none."""
    complete = make_evidence({"a::x": TestState.PASSED}, tree=evidence.suite_run.tree.tree)
    key = make_key(complete)
    digest = clients.executor.upload(complete, baseline=key)

    assert digest == clients.executor.find_baseline(key)
    assert clients.executor.find_baseline(replace(key, recorder_version="other")) is None
