"""What a service writes about its calls, in real processes: a line of JSON each, and nothing that is secret."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message

from autopack.contract.v1 import contract_service_pb2
from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack.results.v1 import identity_pb2, run_pb2
from autopack.store.v1 import evidence_service_pb2, run_service_pb2
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.roles import Role
from autopack_rpc.server.call_log import call_ids
from tests.fakes.incomplete import incomplete
from tests.integration.rpc.scripted import GATEKEEPER, TOKENS, asked
from tests.integration.rpc.test_drain import Process, started

METHOD = f"/{GATEKEEPER}/Conclude"
IDS = {"run_id": "run-7", "phase": "gate", "attempt": 3}
REF = identity_pb2.AttemptRef(run_id="r", phase="p", attempt=2)


@contextlib.contextmanager
def decided(folder: Path, *what: str) -> Iterator[tuple[Process, list[dict[str, object]]]]:
    """A server that was asked for these decisions by an executor; yields it, and, once it has ended, its log."""
    lines: list[dict[str, object]] = []
    with started(folder, 5.0) as process:
        with channel(process.address, token=TOKENS.of(Role.EXECUTOR), patience=ONCE) as opened:
            for one in what:
                with contextlib.suppress(grpc.RpcError):
                    GatekeeperServiceStub(opened).Conclude(asked(one))
        yield process, lines
        process.stop()
        assert 0 == process.running.wait(30)
    lines += [json.loads(line) for line in (folder / "log").read_text(encoding="utf-8").splitlines()]


def test_each_call_leaves_one_line(tmp_path: Path) -> None:
    """A call's line names its method, what came of it, how long it took, who called, and the ids of its request."""
    with decided(tmp_path, "answer") as (_, lines):
        pass

    (line,) = [line for line in lines if line["event"] == "call"]
    assert isinstance(line.pop("duration_ms"), float)
    assert isinstance(line.pop("timestamp"), str)
    assert {
        "event": "call",
        "level": "info",
        "method": METHOD,
        "code": "OK",
        "role": "executor",
        "request_id": "answer",
        **IDS,
    } == line


def test_what_is_logged_within_a_call_names_it(tmp_path: Path) -> None:
    """What the service itself logs during a call carries the call's ids; the next call does not inherit them."""
    with decided(tmp_path, "log", "bug") as (process, lines), grpc.insecure_channel(process.address) as plain:
        strange: grpc.UnaryUnaryMultiCallable[bytes, bytes] = plain.unary_unary(METHOD)
        with contextlib.suppress(grpc.RpcError):
            strange(b"")

    told = [line for line in lines if line["event"] == "something happened"]
    failed = [line for line in lines if line["event"] == "call failed"]
    calls = [line for line in lines if line["event"] == "call"]
    said = IDS | {"method": METHOD}
    assert [said | {"request_id": "log"}, said | {"request_id": "bug"}] == [
        {key: line[key] for key in (*said, "request_id")} for line in (*told, *failed)
    ]
    assert "ZeroDivisionError" in str(failed[0]["exception"])
    assert ["OK", "INTERNAL", "UNAUTHENTICATED"] == [line["code"] for line in calls]
    assert (False, "unknown") == ("run_id" in calls[2], calls[2]["role"])


def test_no_secret_is_logged(tmp_path: Path) -> None:
    """Neither the tokens that are known nor those that are tried appear in the log."""
    tried = "a-wrong-token-0123456789"
    with (
        decided(tmp_path, "answer", "bug", "log") as (process, lines),
        channel(process.address, token=tried, patience=ONCE) as opened,
        contextlib.suppress(grpc.RpcError),
    ):
        GatekeeperServiceStub(opened).Conclude(asked("answer"))

    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert 4 == len([line for line in lines if line["event"] == "call"])
    assert [] == [secret for secret in (tried, "Bearer", *TOKENS.secrets.values()) if secret in log]


def test_an_upload_that_is_broken_off_leaves_no_traceback(tmp_path: Path) -> None:
    """A caller who goes away in the middle of an upload is a line in the log, and no error of the service."""

    def parts() -> Iterator[evidence_service_pb2.UploadEvidenceRequest]:
        yield incomplete(
            evidence_service_pb2.UploadEvidenceRequest,
            start=incomplete(evidence_service_pb2.UploadEvidenceStart, request_id="up-1"),
        )
        (tmp_path / "sent").touch()
        while not call_ended:
            yield evidence_service_pb2.UploadEvidenceRequest()

    call_ended: list[bool] = []
    with decided(tmp_path) as (process, lines), grpc.insecure_channel(process.address) as plain:
        metadata = (("authorization", f"Bearer {TOKENS.of(Role.EXECUTOR)}"),)
        call = EvidenceServiceStub(plain).UploadEvidence.future(parts(), metadata=metadata)
        process.await_there("sent")
        process.await_there("taken")
        call.cancel()
        call_ended.append(True)

    (line,) = [line for line in lines if line["event"] == "call"]
    assert ("UNAVAILABLE", "up-1") == (line["code"], line["request_id"])
    assert "the stream of requests stopped before its last message" in str(line["problem"])
    assert ["info"] == sorted({str(line["level"]) for line in lines})
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (incomplete(run_service_pb2.GetRunRequest, run_id="r"), {"run_id": "r"}),
        (
            incomplete(run_service_pb2.CreateRunRequest, request_id="q", spec=incomplete(run_pb2.RunSpec, run_id="r")),
            {"request_id": "q", "run_id": "r"},
        ),
        (
            run_service_pb2.RecordChangedFilesRequest(
                start=incomplete(run_service_pb2.RecordChangedFilesStart, request_id="q", attempt=REF)
            ),
            {"request_id": "q", "run_id": "r", "phase": "p", "attempt": 2},
        ),
        (contract_service_pb2.GetContractRequest(), {}),
        (incomplete(run_service_pb2.GetRunRequest, run_id="x" * 1000), {"run_id": "x" * 128}),
    ],
    ids=["top", "spec", "start", "none", "long"],
)
def test_ids_are_found_in_any_request(request_: Message, expected: dict[str, str | int]) -> None:
    """The ids are found by their fields' names and the attempt's type, two messages deep, and are bounded."""
    assert expected == call_ids(request_)
