"""From the decision over the auditor's say to the conclusion: real services, real gRPC."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from autopack_clients.errors import GatekeeperRefused
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_gatekeeper.adapters.remote_store import RemoteStore
from autopack_gatekeeper.domain.errors import Overtaken
from autopack_gatekeeper.usecases.conclude import Concluded, conclude
from autopack_model.auditor_result.value import Recommendation
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState, concluded
from autopack_model.run.value import RunState, SideEvidence
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result
from tests.fakes.store import TERMS, first_attempt, make_spec

REF = first_attempt()
BASE = make_evidence({"a.py::x": TestState.PASSED})
HEADS = {
    Verdict.ALLOW: make_evidence({"a.py::x": TestState.PASSED}, revision="c" * 40, tree="d" * 40),
    Verdict.BLOCK: make_evidence({"a.py::x": TestState.FAILED}, revision="c" * 40, tree="d" * 40),
    Verdict.NEEDS_HUMAN: make_evidence({"a.py::x": TestState.FLAKY}, revision="c" * 40, tree="d" * 40),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Store and gatekeeper, as the executor sees them; and the store's channel, as the gatekeeper has it."""

    store: StoreClient
    results: StoreClient
    gatekeeper: GatekeeperClient
    gatekeepers: grpc.Channel

    def decide(self, verdict: Verdict) -> None:
        """Have the attempt decided on evidence that comes to ``verdict``."""
        self.store.create_run(make_spec(), REF)
        digests = {Side.BASE: self.store.upload(BASE), Side.HEAD: self.store.upload(HEADS[verdict])}
        for side, digest in digests.items():
            self.store.attach(REF, SideEvidence(side=side, evidence_digest=digest, reused=False))
        self.store.record_changed_files(REF, ChangedFiles.of(()))
        self.gatekeeper.decide(REF, base=digests[Side.BASE], head=digests[Side.HEAD], terms=TERMS)

    def state(self) -> AttemptState:
        """The state of the attempt."""
        return self.store.run(REF.run_id).attempts[0].state


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Both services, embedded."""
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(embedded(tmp_path, "store", "gatekeeper"))
        token = settings.tokens.of(Role.EXECUTOR)
        store, gatekeeper = (
            stack.enter_context(channel(settings.addresses[name], token=token)) for name in ("store", "gatekeeper")
        )
        yield Services(
            store=StoreClient(store),
            results=StoreClient(store),
            gatekeeper=GatekeeperClient(gatekeeper),
            gatekeepers=stack.enter_context(
                channel(settings.addresses["store"], token=settings.tokens.of(Role.GATEKEEPER))
            ),
        )


@pytest.mark.parametrize(("verdict", "recommendation"), [*itertools.product(HEADS, [None, *Recommendation])], ids=str)
def test_an_attempt_is_concluded(services: Services, verdict: Verdict, recommendation: Recommendation | None) -> None:
    """The conclusion is the decision's verdict, made stricter by REVISE and ESCALATE where it was ALLOW; it stands."""
    services.decide(verdict)
    if recommendation is not None:
        services.results.record_auditor_result(make_auditor_result(recommendation=recommendation))
    expected = CONCLUSIONS[concluded(verdict, recommendation)]

    services.gatekeeper.conclude(REF)
    services.gatekeeper.conclude(REF)
    services.store.finish(REF.run_id, RunState.DECIDED, None)

    run = services.store.run(REF.run_id)
    assert (expected, verdict) == (run.attempts[0].state, run.attempts[0].verdict)


def test_nothing_undecided_is_concluded(services: Services) -> None:
    """An attempt without a decision is not concluded, and stays as it is."""
    services.store.create_run(make_spec(), REF)
    with pytest.raises(GatekeeperRefused, match="no recorded decision"):
        services.gatekeeper.conclude(REF)
    assert AttemptState.QUEUED is services.state()


def test_an_unknown_attempt_is_not_concluded(services: Services) -> None:
    """An attempt that no run has is refused by name."""
    services.store.create_run(make_spec(), REF)
    for ref in (first_attempt("run-2"), type(REF)(run_id=REF.run_id, phase="gate", attempt=2)):
        with pytest.raises(GatekeeperRefused, match=ref.run_id):
            services.gatekeeper.conclude(ref)


class Hurried(RemoteStore):
    """The store, in which an auditor's result is recorded between the gatekeeper's reading and its first conclusion."""

    def __init__(self, services: Services, recommendation: Recommendation) -> None:
        super().__init__(services.gatekeepers)
        self._executors = services.results
        self._late = [make_auditor_result(recommendation=recommendation)]

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record the auditor's result first."""
        while self._late:
            self._executors.record_auditor_result(self._late.pop())
        return super().conclude(request_id, ref, state)


def test_an_auditor_who_comes_in_between_is_heard(services: Services) -> None:
    """An auditor result that is recorded between reading and concluding counts: REVISE blocks what was an ALLOW."""
    services.decide(Verdict.ALLOW)

    answer = conclude(Hurried(services, Recommendation.REVISE), "ask-1", REF)

    assert Concluded(verdict=Verdict.BLOCK, recommendation=Recommendation.REVISE, replayed=False) == answer
    assert AttemptState.BLOCKED is services.state()


def test_a_conclusion_that_the_store_does_not_come_to_is_told_apart(services: Services) -> None:
    """The store's refusal of another conclusion than its own is Overtaken, and leaves the request id free."""
    services.decide(Verdict.ALLOW)
    store = RemoteStore(services.gatekeepers)

    with pytest.raises(Overtaken, match="comes to ALLOWED, not BLOCKED") as caught:
        store.conclude("ask-1", REF, AttemptState.BLOCKED)
    assert str(REF) == caught.value.subject
    assert not store.conclude("ask-1", REF, AttemptState.ALLOWED)


def test_an_audit_that_never_came_concludes_nothing(services: Services) -> None:
    """An attempt that is being audited is not concluded before its auditor has had its say."""
    services.decide(Verdict.ALLOW)
    services.store.advance(REF, AttemptState.AUDITING)

    with pytest.raises(GatekeeperRefused, match="is being audited"):
        services.gatekeeper.conclude(REF)
    assert AttemptState.AUDITING is services.state()
