"""A real store behind a socket, as the executor's adapters see it."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autopack.store.v1 import decision_service_pb2, decision_service_pb2_grpc
from autopack_clients.store import StoreClient
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.decision.wire import decision_chunks
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.wire import terms_to_wire
from autopack_model.run.value import RunSpec, SideEvidence
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.errors import remote_errors
from autopack_rpc.roles import Role, Tokens
from autopack_store.server import embedded
from tests.fakes.evidence import make_evidence
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_spec

TOKENS = Tokens.generate()
HEAD = make_evidence({"t::a": TestState.PASSED}, revision="c" * 40, tree="d" * 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreServer:
    """A store that is served at ``address``, and the executor's clients of it."""

    address: str
    runs: StoreClient
    results: StoreClient
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start_run(self, spec: RunSpec | None = None) -> AttemptRef:
        """Record a run, without a base and with an id of its own unless ``spec`` says otherwise; its only attempt."""
        run = spec or make_spec(f"run-{next(self.numbers)}", base=False)
        attempt = first_attempt(run.run_id)
        self.runs.create_run(run, attempt)
        return attempt

    def start_decided_run(self) -> AttemptRef:
        """Record a run whose attempt was measured and decided; the attempt, which an auditor may look at now."""
        attempt = self.start_run()
        digest = self.runs.upload(HEAD)
        self.runs.attach(attempt, SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=False))
        self.runs.record_changed_files(attempt, HEAD_FILES)
        decision = make_decision(None, HEAD, verdict=Verdict.ALLOW)
        start = decision_service_pb2.RecordDecisionStart(
            request_id=f"decide-{attempt.run_id}",
            attempt=attempt_ref_to_wire(attempt),
            decision_digest=decision_digest(decision),
            conclude=False,
            terms=terms_to_wire(TERMS),
        )

        def parts() -> Iterator[decision_service_pb2.RecordDecisionRequest]:
            yield decision_service_pb2.RecordDecisionRequest(start=start)
            for chunk in decision_chunks(decision):
                yield decision_service_pb2.RecordDecisionRequest(chunk=chunk)

        with channel(self.address, token=TOKENS.of(Role.GATEKEEPER)) as gatekeeper, remote_errors():
            decision_service_pb2_grpc.DecisionServiceStub(gatekeeper).RecordDecision(parts())
        return attempt


@contextlib.contextmanager
def store_server(home: Path) -> Iterator[StoreServer]:
    """A store with its state in ``home``, on a private socket."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp"))  # a socket's path is short
        address = f"unix:{folder}/store.sock"
        stack.enter_context(embedded(EmbeddedSettings(home=home, addresses={"store": address}, tokens=TOKENS)))
        opened = stack.enter_context(channel(address, token=TOKENS.of(Role.EXECUTOR)))
        yield StoreServer(address=address, runs=StoreClient(opened), results=StoreClient(opened))
