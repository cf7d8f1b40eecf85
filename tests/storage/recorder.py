"""A running store, and a caller that records suite runs in it and asks for histories and runs."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import URL

from autopack.results.v1 import decision_pb2, identity_pb2
from autopack.store.v1 import evidence_service_pb2, history_service_pb2, run_service_pb2
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack.store.v1.history_service_pb2_grpc import HistoryServiceStub
from autopack.store.v1.run_service_pb2_grpc import RunServiceStub
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks
from autopack_model.identity.value import Side
from autopack_model.identity.wire import attempt_ref_to_wire, side_to_wire
from autopack_model.run.value import SideEvidence
from autopack_model.run.wire import run_spec_to_wire, side_evidence_to_wire
from autopack_model.suite_run.value import CollectorState
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import remote_errors
from autopack_rpc.health.downstream import ask_health
from autopack_rpc.roles import Role, Tokens
from autopack_store.config import StoreSettings
from autopack_store.server import store_server
from tests.fakes.evidence import make_evidence
from tests.fakes.store import first_attempt, make_spec
from tests.storage.databases import full_address

REPOSITORY = "/srv/project"
_NO_COLLECTORS: Mapping[str, CollectorState] = {}


@dataclass(kw_only=True)
class Recorder:
    """An executor that calls the store; it numbers runs and requests."""

    runs: RunServiceStub
    evidence: EvidenceServiceStub
    history: HistoryServiceStub
    created: set[str] = field(default_factory=set)
    requests: int = 0

    def measured(
        self,
        outcomes: Mapping[str, TestState],
        *,
        run_id: str | None = None,
        side: Side = Side.HEAD,
        tree: str = "",
        collectors: Mapping[str, CollectorState] = _NO_COLLECTORS,
        reused: bool = False,
        retry: int = 0,
        repository: str = REPOSITORY,
    ) -> str:
        """Record a suite run for a side of a run, which is created when it is new; the run's id. Each has a tree of
        its own unless told otherwise.
        """
        run_id = run_id or f"run-{len(self.created):04}"
        tree = tree or f"{self.requests:040x}"
        return self.record(
            make_evidence(outcomes, collectors=collectors, tree=tree),
            run_id,
            side,
            reused=reused,
            retry=retry,
            repository=repository,
        )

    def record(
        self,
        evidence: Evidence,
        run_id: str,
        side: Side,
        *,
        reused: bool = False,
        retry: int = 0,
        repository: str = REPOSITORY,
    ) -> str:
        """Upload evidence and attach it to a side of a run; the run's id."""
        self.create(run_id, repository=repository)
        digest = evidence_digest(evidence)
        with remote_errors():
            self.evidence.UploadEvidence(self._parts(evidence, digest))
            self.runs.AttachEvidence(
                run_service_pb2.AttachEvidenceRequest(
                    request_id=self._request_id(),
                    attempt=attempt_ref_to_wire(first_attempt(run_id)),
                    evidence=side_evidence_to_wire(
                        SideEvidence(side=side, evidence_digest=digest, reused=reused, retry=retry)
                    ),
                )
            )
        return run_id

    def create(self, run_id: str, *, repository: str = REPOSITORY) -> None:
        """Create the run unless it is there."""
        if run_id in self.created:
            return
        self.created.add(run_id)
        spec = run_spec_to_wire(make_spec(run_id, repository=repository))
        with remote_errors():
            self.runs.CreateRun(
                run_service_pb2.CreateRunRequest(
                    request_id=self._request_id(), spec=spec, attempt=attempt_ref_to_wire(first_attempt(run_id))
                )
            )

    def told(
        self,
        test_id: str,
        *,
        side: Side | None = None,
        size: int = 0,
        token: str = "",
        repository: str = REPOSITORY,
    ) -> history_service_pb2.ListTestHistoryResponse:
        """What the store says of a test."""
        number: identity_pb2.Side.ValueType | None = None if side is None else side_to_wire(side)
        with remote_errors():
            return self.history.ListTestHistory(
                history_service_pb2.ListTestHistoryRequest(
                    page_size=size, page_token=token, repository=repository, test_id=test_id, side=number
                )
            )

    def listed(
        self,
        *,
        size: int = 0,
        token: str = "",
        repository: str = "",
        verdict: decision_pb2.Verdict.ValueType | None = None,
        created_from_ms: int | None = None,
        created_before_ms: int | None = None,
    ) -> run_service_pb2.ListRunsResponse:
        """The runs that the filters let through."""
        with remote_errors():
            return self.runs.ListRuns(
                run_service_pb2.ListRunsRequest(
                    page_size=size,
                    page_token=token,
                    repository=repository,
                    verdict=verdict,
                    created_from_ms=created_from_ms,
                    created_before_ms=created_before_ms,
                )
            )

    def _parts(self, evidence: Evidence, digest: str) -> Iterator[evidence_service_pb2.UploadEvidenceRequest]:
        start = evidence_service_pb2.UploadEvidenceStart(
            request_id=self._request_id(),
            evidence_digest=digest,
            kept_chunks=None,
            test_set_digest=None,
            attempt_side=None,
            baseline_key=None,
            replaces_baseline=False,
        )
        yield evidence_service_pb2.UploadEvidenceRequest(start=start)
        for chunk in evidence_chunks(evidence):
            yield evidence_service_pb2.UploadEvidenceRequest(chunk=chunk)

    def _request_id(self) -> str:
        self.requests += 1
        return f"request-{self.requests}"


@contextlib.contextmanager
def recording(url: URL) -> Iterator[Recorder]:
    """A store that serves the database at ``url``, and a caller of it."""
    tokens = Tokens.generate()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp"))
        settings = StoreSettings(
            database_url=full_address(url), address=f"unix:{folder}/store.sock", tokens=tokens, bootstrap=False
        )
        address = stack.enter_context(store_server(settings))
        opened = stack.enter_context(channel(address, token=tokens.of(Role.EXECUTOR), deadline_s=30))
        # The store looks at its database when it starts. One that ended meanwhile would leave that connection open.
        ask_health(opened, timeout_s=30)
        yield Recorder(
            runs=RunServiceStub(opened), evidence=EvidenceServiceStub(opened), history=HistoryServiceStub(opened)
        )
