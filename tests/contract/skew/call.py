"""Call every RPC of all services with the code on the path. Run by ``world.py``: ``SERVERS REPOSITORY INTERPRETER``.

Prints one line of JSON: the contract's methods, and what came of each call.

It runs with the code of two versions, so it knows only what both have. A method that is not in CALLS is called with an
empty request: nobody may serve it by halves.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from autopack.executor.v1 import executor_service_pb2 as executor_pb
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as gatekeeper_pb
from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack.results.v1 import run_pb2 as run_messages
from autopack.results.v1.decision_pb2 import DecisionChunk
from autopack.store.v1 import baseline_service_pb2 as baseline_pb
from autopack.store.v1 import decision_service_pb2 as decision_pb
from autopack.store.v1 import evidence_service_pb2 as evidence_pb
from autopack.store.v1 import run_service_pb2 as run_pb
from autopack.store.v1.baseline_service_pb2_grpc import BaselineServiceStub
from autopack.store.v1.decision_service_pb2_grpc import DecisionServiceStub
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack.store.v1.run_service_pb2_grpc import RunServiceStub
from autopack_model.baseline.wire import baseline_key_to_wire
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.decision.document import decision_digest
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.gate_request.wire import gate_request_to_wire
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.progress.wire import progress_from_wire
from autopack_model.run.value import RunState, SideEvidence
from autopack_model.run.wire import run_from_wire, run_spec_to_wire, run_state_to_wire, side_evidence_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge
from tests.fakes.store import HEAD_FILES, first_attempt, make_key, make_spec

Json = dict[str, object]
PACKAGES = ("contract", "executor", "gatekeeper", "store")
BASE = make_evidence({"test_a.py::test_1": TestState.PASSED, "test_a.py::test_2": TestState.SKIPPED}, durations_ms={})
HEAD = make_evidence({"test_a.py::test_1": TestState.FAILED, "test_a.py::test_2": TestState.SKIPPED}, tree="d" * 40)
DECISION = judge(BASE, HEAD, HEAD_FILES)
DECIDED, RECORDED = first_attempt("decided"), first_attempt("recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Channels to the services by role, and a repository whose ``main`` and ``candidate`` can be gated."""

    channels: dict[tuple[str, str], grpc.Channel]
    repository: Path
    interpreter: Path

    def runs(self, role: str = "executor") -> RunServiceStub:
        """The store's runs."""
        return RunServiceStub(self.channels["store", role])

    def gatekeeper(self) -> GatekeeperServiceStub:
        """The gatekeeper."""
        return GatekeeperServiceStub(self.channels["gatekeeper", "executor"])

    def executions(self) -> ExecutorServiceStub:
        """The executor."""
        return ExecutorServiceStub(self.channels["executor", "client"])


def _shown(message: Message) -> Json:
    shown: Json = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return shown


def _readable(shown: Json, run: run_messages.Run) -> Json:
    """The answer, once the run in it was understood too."""
    run_from_wire(run)
    return shown


def create_run(scenario: Scenario) -> Json:
    """CreateRun, as executors make it. What the store refuses to know is then left out, so that there is a run."""
    requests = [
        run_pb.CreateRunRequest(
            request_id=f"create-{ref.run_id}",
            spec=run_spec_to_wire(make_spec(ref.run_id, repository=f"/srv/{ref.run_id}")),
            attempt=attempt_ref_to_wire(ref),
        )
        for ref in (DECIDED, RECORDED)
    ]
    try:
        with remote_errors():
            return {"created": [_shown(scenario.runs().CreateRun(request)) for request in requests]}
    except RemoteError as error:
        for request in requests:
            spec: Message = request.spec
            for path in error.violations:
                spec.ClearField(path.removeprefix("spec."))
            scenario.runs().CreateRun(request)
        raise


def upload(scenario: Scenario) -> Json:
    """UploadEvidence."""
    stub = EvidenceServiceStub(scenario.channels["store", "executor"])

    def parts(evidence: Evidence) -> Iterator[evidence_pb.UploadEvidenceRequest]:
        digest = evidence_digest(evidence)
        # Field by field: the previous contract has no kept_chunks, and this one wants it in a call.
        start = evidence_pb.UploadEvidenceStart.FromString(b"")
        start.request_id, start.evidence_digest = digest[-64:], digest
        yield evidence_pb.UploadEvidenceRequest(start=start)
        for chunk in evidence_chunks(evidence):
            yield evidence_pb.UploadEvidenceRequest(chunk=chunk)

    return {"uploads": [_shown(stub.UploadEvidence(parts(evidence))) for evidence in (BASE, HEAD)]}


def download(scenario: Scenario) -> Json:
    """DownloadEvidence."""
    stub = EvidenceServiceStub(scenario.channels["store", "gatekeeper"])
    request = evidence_pb.DownloadEvidenceRequest(evidence_digest=evidence_digest(HEAD))
    return {"equal": HEAD == evidence_from_chunks(part.chunk for part in stub.DownloadEvidence(request))}


def attach(scenario: Scenario) -> Json:
    """AttachEvidence."""
    answers = []
    for ref in (DECIDED, RECORDED):
        for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
            entry = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=False)
            request = run_pb.AttachEvidenceRequest(
                request_id=f"attach-{ref.run_id}-{side.label}",
                attempt=attempt_ref_to_wire(ref),
                evidence=side_evidence_to_wire(entry),
            )
            answers.append(_shown(scenario.runs().AttachEvidence(request)))
    return {"attached": answers}


ANNOUNCED = {
    name: changed_files_digest(HEAD_FILES)
    for name in run_pb.RecordChangedFilesStart.DESCRIPTOR.fields_by_name
    if name == "changed_files_digest"
}
"""What newer callers say besides."""


def record_changed_files(scenario: Scenario) -> Json:
    """RecordChangedFiles. What the store refuses to know is then left out, so that there are changed files."""

    def parts(ref: AttemptRef, announced: Mapping[str, str]) -> Iterator[run_pb.RecordChangedFilesRequest]:
        start = run_pb.RecordChangedFilesStart(
            request_id=f"files-{ref.run_id}", attempt=attempt_ref_to_wire(ref), **announced
        )
        yield run_pb.RecordChangedFilesRequest(start=start)
        for chunk in changed_files_chunks(HEAD_FILES):
            yield run_pb.RecordChangedFilesRequest(chunk=chunk)

    runs, refs = scenario.runs(), (DECIDED, RECORDED)
    try:
        with remote_errors():
            return {"recorded": [_shown(runs.RecordChangedFiles(parts(ref, ANNOUNCED))) for ref in refs]}
    except RemoteError:
        for ref in refs:
            runs.RecordChangedFiles(parts(ref, {}))
        raise


def get_changed_files(scenario: Scenario) -> Json:
    """GetChangedFiles."""
    request = run_pb.GetChangedFilesRequest(attempt=attempt_ref_to_wire(DECIDED))
    found = changed_files_from_chunks(part.chunk for part in scenario.runs("gatekeeper").GetChangedFiles(request))
    return {"equal": found == HEAD_FILES, "digest": changed_files_digest(found)}


def record_baseline(scenario: Scenario) -> Json:
    """RecordBaseline."""
    request = baseline_pb.RecordBaselineRequest(
        request_id="baseline", key=baseline_key_to_wire(make_key(BASE)), evidence_digest=evidence_digest(BASE)
    )
    return _shown(BaselineServiceStub(scenario.channels["store", "executor"]).RecordBaseline(request))


def find_baseline(scenario: Scenario) -> Json:
    """FindBaseline."""
    request = baseline_pb.FindBaselineRequest(key=baseline_key_to_wire(make_key(BASE)))
    return _shown(BaselineServiceStub(scenario.channels["store", "executor"]).FindBaseline(request))


def gatekeeper_decide(scenario: Scenario) -> Json:
    """Decide."""
    request = gatekeeper_pb.DecideRequest(
        request_id="decide",
        attempt=attempt_ref_to_wire(DECIDED),
        base_evidence_digest=evidence_digest(BASE),
        head_evidence_digest=evidence_digest(HEAD),
    )
    return _shown(scenario.gatekeeper().Decide(request))


def _decision(chunks: Iterable[DecisionChunk]) -> Json:
    found = decision_from_chunks(chunks)
    return {"digest": decision_digest(found), "equal": found == DECISION}


def gatekeeper_decision(scenario: Scenario) -> Json:
    """The gatekeeper's GetDecision."""
    request = gatekeeper_pb.GetDecisionRequest(attempt=attempt_ref_to_wire(DECIDED))
    return _decision(part.chunk for part in scenario.gatekeeper().GetDecision(request))


def record_decision(scenario: Scenario) -> Json:
    """RecordDecision, as gatekeepers make it."""

    def parts() -> Iterator[decision_pb.RecordDecisionRequest]:
        start = decision_pb.RecordDecisionStart(
            request_id="record", attempt=attempt_ref_to_wire(RECORDED), decision_digest=decision_digest(DECISION)
        )
        yield decision_pb.RecordDecisionRequest(start=start)
        for chunk in decision_chunks(DECISION):
            yield decision_pb.RecordDecisionRequest(chunk=chunk)

    return _shown(DecisionServiceStub(scenario.channels["store", "gatekeeper"]).RecordDecision(parts()))


def store_decision(scenario: Scenario) -> Json:
    """The store's GetDecision."""
    request = decision_pb.GetDecisionRequest(attempt=attempt_ref_to_wire(RECORDED))
    stub = DecisionServiceStub(scenario.channels["store", "client"])
    return _decision(part.chunk for part in stub.GetDecision(request))


def finish_run(scenario: Scenario) -> Json:
    """FinishRun."""
    request = run_pb.FinishRunRequest(
        request_id="finish", run_id=DECIDED.run_id, state=run_state_to_wire(RunState.DECIDED), failure=None
    )
    return _shown(scenario.runs().FinishRun(request))


def get_run(scenario: Scenario) -> Json:
    """The store's GetRun."""
    answer = scenario.runs("client").GetRun(run_pb.GetRunRequest(run_id=DECIDED.run_id))
    return _readable(_shown(answer), answer.run)


def list_runs(scenario: Scenario) -> Json:
    """ListRuns."""
    # Field by field: the previous contract has fewer filters, and this one wants them all in a call.
    request = run_pb.ListRunsRequest.FromString(b"")
    request.page_size, request.repository = 1, f"/srv/{DECIDED.run_id}"
    answer = scenario.runs("client").ListRuns(request)
    return _readable(_shown(answer), answer.runs[0])


def start_run(scenario: Scenario) -> Json:
    """StartRun: a real gate of a real repository."""
    request = GateRequest(
        run_id="gated",
        repository=scenario.repository,
        base="main",
        candidate=CommitCandidate(revision="candidate"),
        command=TestCommand(interpreter=scenario.interpreter, arguments=(), setup=None, timeout_ms=120_000),
        no_baseline=False,
    )
    return _shown(scenario.executions().StartRun(gate_request_to_wire(request, "start")))


def watch_run(scenario: Scenario) -> Json:
    """WatchRun, to the run's end."""
    request = executor_pb.WatchRunRequest(run_id="gated")
    ended = None
    for event in scenario.executions().WatchRun(request):
        if event.HasField("run"):
            ended = event.run
        else:
            progress_from_wire(event.progress)
    if ended is None:
        raise InvalidValue("event", "the run never ended")
    return _readable(_shown(ended), ended)


def executor_run(scenario: Scenario) -> Json:
    """The executor's GetRun."""
    answer = scenario.executions().GetRun(executor_pb.GetRunRequest(run_id="gated"))
    return _readable(_shown(answer), answer.run)


def cancel_run(scenario: Scenario) -> Json:
    """CancelRun, of a run that has ended."""
    answer = scenario.executions().CancelRun(executor_pb.CancelRunRequest(request_id="cancel", run_id="gated"))
    return _readable(_shown(answer), answer.run)


CALLS: dict[str, Callable[[Scenario], Json]] = {
    "autopack.store.v1.RunService.CreateRun": create_run,
    "autopack.store.v1.EvidenceService.UploadEvidence": upload,
    "autopack.store.v1.EvidenceService.DownloadEvidence": download,
    "autopack.store.v1.RunService.AttachEvidence": attach,
    "autopack.store.v1.RunService.RecordChangedFiles": record_changed_files,
    "autopack.store.v1.RunService.GetChangedFiles": get_changed_files,
    "autopack.store.v1.BaselineService.RecordBaseline": record_baseline,
    "autopack.store.v1.BaselineService.FindBaseline": find_baseline,
    "autopack.gatekeeper.v1.GatekeeperService.Decide": gatekeeper_decide,
    "autopack.gatekeeper.v1.GatekeeperService.GetDecision": gatekeeper_decision,
    "autopack.store.v1.DecisionService.RecordDecision": record_decision,
    "autopack.store.v1.DecisionService.GetDecision": store_decision,
    "autopack.store.v1.RunService.FinishRun": finish_run,
    "autopack.store.v1.RunService.GetRun": get_run,
    "autopack.store.v1.RunService.ListRuns": list_runs,
    "autopack.executor.v1.ExecutorService.StartRun": start_run,
    "autopack.executor.v1.ExecutorService.WatchRun": watch_run,
    "autopack.executor.v1.ExecutorService.GetRun": executor_run,
    "autopack.executor.v1.ExecutorService.CancelRun": cancel_run,
}
"""In the order in which they are made."""


def methods() -> dict[str, MethodDescriptor]:
    """Every RPC of every service of the contract on the path, by its full name."""
    found: dict[str, MethodDescriptor] = {}
    for package in PACKAGES:
        try:
            entries = sorted(entry.name for entry in files(f"autopack.{package}.v1").iterdir())
        except ModuleNotFoundError:
            continue
        for name in entries:
            if name.endswith("_service_pb2.py"):
                import_module(f"autopack.{package}.v1.{name.removesuffix('.py')}")
                path = f"autopack/{package}/v1/{name.removesuffix('_pb2.py')}.proto"
                services = descriptor_pool.Default().FindFileByName(path).services_by_name.values()
                found |= {method.full_name: method for service in services for method in service.methods}
    return found


def call_empty(scenario: Scenario, method: MethodDescriptor) -> Json:
    """Call a method that is not in CALLS with an empty request."""
    package = method.full_name.split(".")[1]
    service = "store" if package == "contract" else package
    to_server = scenario.channels[service, "executor"]
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = message_factory.GetMessageClass(method.input_type)
    request = kind()
    encode, decode = kind.SerializeToString, message_factory.GetMessageClass(method.output_type).FromString
    if method.client_streaming:
        upload: grpc.StreamUnaryMultiCallable[Message, Message] = to_server.stream_unary(path, encode, decode)
        return _shown(upload(iter([request])))
    if method.server_streaming:
        download: grpc.UnaryStreamMultiCallable[Message, Message] = to_server.unary_stream(path, encode, decode)
        return {"parts": [_shown(part) for part in download(request)]}
    ask: grpc.UnaryUnaryMultiCallable[Message, Message] = to_server.unary_unary(path, encode, decode)
    return _shown(ask(request))


def outcome(call: Callable[[], Json]) -> Json:
    """What came of one call: its answer, how the server refused it, or what the caller could not understand."""
    try:
        with remote_errors():
            return {"answer": call()}
    except RemoteError as error:
        return {
            "code": error.code.name,
            "reason": error.reason,
            "message": error.message,
            "violations": dict(error.violations),
        }
    except InvalidValue as error:
        return {"unreadable": error.path, "message": str(error)}


def call(servers: dict[str, dict[str, str]], repository: Path, interpreter: Path) -> None:
    """Make all calls."""
    with ExitStack() as stack:
        scenario = Scenario(
            channels={
                (service, role): stack.enter_context(channel(address, token=token))
                for service, address in servers["addresses"].items()
                for role, token in servers["tokens"].items()
            },
            repository=repository,
            interpreter=interpreter,
        )
        known = methods()
        results = {name: outcome(partial(make, scenario)) for name, make in CALLS.items()}
        for name in sorted(known.keys() - CALLS.keys()):
            results[name] = outcome(partial(call_empty, scenario, known[name]))
    print(json.dumps({"methods": sorted(known), "results": results}))


if __name__ == "__main__":
    call(json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
