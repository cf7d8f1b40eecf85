"""Sending an auditor's result to a server that still speaks the old shape: real ones, each with a mind of its own."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import grpc
import pytest
import structlog
from google.protobuf import json_format, struct_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from autopack_bridge.attempt import Target
from autopack_bridge.auditor import map_auditor
from autopack_bridge.grpc_old_server import METHODS, old_server
from autopack_bridge.old_server import OldForm, OldServerRefused, OldServerUnavailable, old_auditor_body
from autopack_bridge.payload import read_payload
from autopack_bridge.send_to_old_server import Sent, send_to_old_server
from autopack_git.patch_files import GitPatchFiles
from autopack_model.auditor_result.value import AuditorResult, Recommendation, SuggestedPatch
from autopack_model.canonical import Json
from autopack_model.errors import InvalidValue
from autopack_rpc.errors import ContractViolation, status_of
from tests.fakes.results import PATCH, make_auditor_result
from tests.fakes.store import make_spec
from tests.storage import strategies

Behaviour: TypeAlias = Callable[[struct_pb2.Struct, grpc.ServicerContext], struct_pb2.Struct]
PLAIN, WRAPPED = METHODS[OldForm.PLAIN], METHODS[OldForm.WRAPPED]


class Calls(grpc.GenericRpcHandler):
    """Knows the methods of ``behaviours``, and keeps what was asked of it."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self.seen: list[tuple[str, Json]] = []
        self._behaviours = behaviours

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[struct_pb2.Struct, struct_pb2.Struct] | None":
        """The handler of one call."""
        method = handler_call_details.method
        behaviour = self._behaviours.get(method)
        if behaviour is None:
            self.seen.append((method, None))
            return None

        def answer(request: struct_pb2.Struct, context: grpc.ServicerContext) -> struct_pb2.Struct:
            self.seen.append((method, json_format.MessageToDict(request)))
            return behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=struct_pb2.Struct.FromString,
            response_serializer=struct_pb2.Struct.SerializeToString,
        )

    @property
    def methods(self) -> list[str]:
        """The methods that were called, in order."""
        return [method for method, _ in self.seen]


@contextlib.contextmanager
def _serving(tmp_path: Path, behaviours: Mapping[str, Behaviour]) -> Iterator[tuple[str, Calls]]:
    from concurrent.futures import ThreadPoolExecutor

    calls = Calls(behaviours)
    server = grpc.server(ThreadPoolExecutor(max_workers=1), handlers=[calls])
    address = f"unix:{tmp_path}/old.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        yield address, calls
    finally:
        server.stop(None).wait()


def _accept(_request: struct_pb2.Struct, _context: grpc.ServicerContext) -> struct_pb2.Struct:
    answer = struct_pb2.Struct()
    answer.update({"message": "recorded"})
    return answer


def _refuse(code: grpc.StatusCode, *fields: str) -> Behaviour:
    def refuse(_request: struct_pb2.Struct, context: grpc.ServicerContext) -> struct_pb2.Struct:
        problem = ContractViolation(code, "REFUSED", "not like this", dict.fromkeys(fields, "field required"))
        status = status_of(problem, {}, "old.autopack")
        assert status is not None
        context.abort_with_status(rpc_status.to_status(status))

    return refuse


_MISSING_SUCCESS = _refuse(grpc.StatusCode.INVALID_ARGUMENT, "success")


def _send(address: str, result: AuditorResult | None = None) -> Sent:
    with old_server(address) as server:
        return send_to_old_server(server, result or make_auditor_result())


def test_a_server_that_takes_the_plain_form_gets_it_once(tmp_path: Path) -> None:
    """Where the plain form is taken, nothing is sent again; the body holds every value of the result."""
    with _serving(tmp_path, {PLAIN: _accept, WRAPPED: _accept}) as (address, calls):
        assert Sent(message="recorded", resent_wrapped=False) == _send(address)
    assert [(PLAIN, old_auditor_body(make_auditor_result()))] == calls.seen


@pytest.mark.parametrize("behaviours", [{}, {PLAIN: _MISSING_SUCCESS}], ids=["no such method", "success is missing"])
@pytest.mark.parametrize("recommendation", list(Recommendation))
def test_a_server_that_knows_the_wrapped_form_only_gets_it(
    tmp_path: Path, behaviours: dict[str, Behaviour], recommendation: Recommendation
) -> None:
    """When the server has no such method, or misses exactly `success`, the result is sent once more, wrapped: with
    whether it approves, and the same body. That this was done is in the log and in what comes back.
    """
    result = make_auditor_result(recommendation=recommendation)
    with (
        _serving(tmp_path, {**behaviours, WRAPPED: _accept}) as (address, calls),
        structlog.testing.capture_logs() as logged,
    ):
        assert Sent(message="recorded", resent_wrapped=True) == _send(address, result)
    assert [PLAIN, WRAPPED] == calls.methods
    expected = {"success": recommendation is Recommendation.APPROVE, "result": old_auditor_body(result)}
    assert expected == calls.seen[1][1]
    assert [("resending an auditor result in the wrapped form", "run-1/gate/1", "warning")] == [
        (entry["event"], entry["attempt"], entry["log_level"]) for entry in logged
    ]


@pytest.mark.parametrize(
    "behaviour",
    [
        _refuse(grpc.StatusCode.INVALID_ARGUMENT),
        _refuse(grpc.StatusCode.INVALID_ARGUMENT, "confidence"),
        _refuse(grpc.StatusCode.INVALID_ARGUMENT, "success", "confidence"),
        _refuse(grpc.StatusCode.INVALID_ARGUMENT, "result.success"),
        _refuse(grpc.StatusCode.FAILED_PRECONDITION, "success"),
        _refuse(grpc.StatusCode.PERMISSION_DENIED),
        _refuse(grpc.StatusCode.INTERNAL),
        _refuse(grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
    ids=["no field", "another field", "two fields", "a field below", "state", "role", "internal", "size"],
)
def test_every_other_refusal_is_final(tmp_path: Path, behaviour: Behaviour) -> None:
    """A refusal for any other reason is raised, and nothing is sent again."""
    with (
        _serving(tmp_path, {PLAIN: behaviour, WRAPPED: _accept}) as (address, calls),
        pytest.raises(OldServerRefused, match="not like this") as caught,
    ):
        _send(address)
    assert [PLAIN] == calls.methods
    assert caught.value.resent_wrapped is False


@pytest.mark.parametrize(
    "second",
    [
        _MISSING_SUCCESS,
        _refuse(grpc.StatusCode.UNIMPLEMENTED),
        _refuse(grpc.StatusCode.INTERNAL),
    ],
    ids=["still missing", "still not known", "internal"],
)
def test_the_fallback_comes_once_and_only_once(tmp_path: Path, second: Behaviour) -> None:
    """A second refusal is raised whatever it says, also when it is the one that led to the fallback."""
    with (
        _serving(tmp_path, {PLAIN: _MISSING_SUCCESS, WRAPPED: second}) as (address, calls),
        pytest.raises(OldServerRefused, match="also in the wrapped form") as caught,
    ):
        _send(address)
    assert [PLAIN, WRAPPED] == calls.methods
    assert caught.value.resent_wrapped is True


def test_a_server_that_has_neither_method_refuses(tmp_path: Path) -> None:
    """A server that knows none of the two forms is asked twice and no more."""
    with _serving(tmp_path, {}) as (address, calls), pytest.raises(OldServerRefused, match="UNIMPLEMENTED"):
        _send(address)
    assert [PLAIN, WRAPPED] == calls.methods


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_no_answer_is_not_sent_again(tmp_path: Path, code: grpc.StatusCode) -> None:
    """When it cannot be told whether the server has the result, it is not sent again: nothing there would notice."""
    with (
        _serving(tmp_path, {PLAIN: _refuse(code), WRAPPED: _accept}) as (address, calls),
        pytest.raises(OldServerUnavailable, match="ask it whether it has the result"),
    ):
        _send(address)
    assert [PLAIN] == calls.methods


def test_nobody_there(tmp_path: Path) -> None:
    """A server that does not run is an error of its own."""
    with pytest.raises(OldServerUnavailable):
        _send(f"unix:{tmp_path}/nobody.sock")


def test_what_the_old_shape_cannot_carry_is_not_sent(tmp_path: Path) -> None:
    """A patch that is no text is refused with its path before anything is sent."""
    patch = SuggestedPatch(description="", patch=b"\xff", files_affected=())
    result = replace(make_auditor_result(), suggested_patches=(patch,))
    with (
        _serving(tmp_path, {PLAIN: _accept}) as (address, calls),
        pytest.raises(InvalidValue) as caught,
    ):
        _send(address, result)
    assert ("suggested_patches[0].patch", []) == (caught.value.path, calls.methods)


_patches = st.lists(
    st.builds(
        SuggestedPatch,
        description=st.text(st.characters(codec="utf-8"), max_size=5),
        patch=st.just(PATCH),
        files_affected=st.just(("src/app.py",)),
    ),
    max_size=2,
).map(tuple)


@given(strategies.auditor_results(), _patches)
def test_what_is_written_in_the_old_shape_is_read_from_it(
    result: AuditorResult, patches: tuple[SuggestedPatch, ...]
) -> None:
    """The bridge reads from the old shape what the compatibility client writes in it, whatever the result."""
    written = replace(result, suggested_patches=patches)
    payload = read_payload(json.dumps(old_auditor_body(written)).encode())
    spec = make_spec(result.attempt.run_id)

    assert written == map_auditor(payload, Target(spec=spec, phase=None, attempt=None), GitPatchFiles())
