"""Sending an auditor's result to a server that still speaks the old shape: real ones, each with a mind of its own."""

import json
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_bridge.reading.attempt import Target
from autopack_bridge.reading.auditor import map_auditor
from autopack_bridge.reading.payload import read_payload
from autopack_bridge.sending.body import plain_body, wrapped_body
from autopack_bridge.sending.client import OldServerUnavailable, old_server
from autopack_bridge.sending.send import OldServerRefused, Sent, send_to_old_server
from autopack_git.patch_files import patch_files
from autopack_model.auditor_result.value import AuditorResult, Recommendation, SuggestedPatch
from autopack_model.errors import InvalidValue
from tests.fakes.old_server import PLAIN, WRAPPED, Behaviour, accepting, old_shape_server, refusing
from tests.fakes.results import PATCH, make_auditor_result
from tests.fakes.store import make_spec
from tests.storage import strategies

_MISSING_SUCCESS = refusing(grpc.StatusCode.INVALID_ARGUMENT, "success")


def _send(address: str, result: AuditorResult | None = None) -> Sent:
    with old_server(address) as server:
        return send_to_old_server(server, result or make_auditor_result())


def test_a_server_that_takes_the_plain_form_gets_it_once(tmp_path: Path) -> None:
    """Where the plain form is taken, nothing is sent again; the body holds every value of the result."""
    with old_shape_server(tmp_path, {PLAIN: accepting, WRAPPED: accepting}) as (address, calls):
        assert Sent(message="recorded", resent_wrapped=False) == _send(address)
    assert [(PLAIN, plain_body(make_auditor_result()))] == calls.seen


@pytest.mark.parametrize("behaviours", [{}, {PLAIN: _MISSING_SUCCESS}], ids=["no such method", "success is missing"])
@pytest.mark.parametrize("recommendation", list(Recommendation))
def test_a_server_that_knows_the_wrapped_form_only_gets_it(
    tmp_path: Path, behaviours: dict[str, Behaviour], recommendation: Recommendation
) -> None:
    """When the server has no such method, or misses exactly `success`, the result is sent once more, wrapped: with
    whether it approves, and the same body. What comes back says so.
    """
    result = make_auditor_result(recommendation=recommendation)
    with old_shape_server(tmp_path, {**behaviours, WRAPPED: accepting}) as (address, calls):
        assert Sent(message="recorded", resent_wrapped=True) == _send(address, result)
    assert [PLAIN, WRAPPED] == calls.methods
    assert {"success": recommendation is Recommendation.APPROVE, "result": plain_body(result)} == wrapped_body(result)
    assert wrapped_body(result) == calls.seen[1][1]


@pytest.mark.parametrize(
    "behaviour",
    [
        refusing(grpc.StatusCode.INVALID_ARGUMENT),
        refusing(grpc.StatusCode.INVALID_ARGUMENT, "confidence"),
        refusing(grpc.StatusCode.INVALID_ARGUMENT, "success", "confidence"),
        refusing(grpc.StatusCode.INVALID_ARGUMENT, "result.success"),
        refusing(grpc.StatusCode.FAILED_PRECONDITION, "success"),
        refusing(grpc.StatusCode.PERMISSION_DENIED),
        refusing(grpc.StatusCode.INTERNAL),
        refusing(grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
    ids=["no field", "another field", "two fields", "a field below", "state", "role", "internal", "size"],
)
def test_every_other_refusal_is_final(tmp_path: Path, behaviour: Behaviour) -> None:
    """A refusal for any other reason is raised, and nothing is sent again."""
    with (
        old_shape_server(tmp_path, {PLAIN: behaviour, WRAPPED: accepting}) as (address, calls),
        pytest.raises(OldServerRefused, match="not like this") as caught,
    ):
        _send(address)
    assert [PLAIN] == calls.methods
    assert caught.value.resent_wrapped is False


@pytest.mark.parametrize(
    "second",
    [
        _MISSING_SUCCESS,
        refusing(grpc.StatusCode.UNIMPLEMENTED),
        refusing(grpc.StatusCode.INTERNAL),
    ],
    ids=["still missing", "still not known", "internal"],
)
def test_the_fallback_comes_once_and_only_once(tmp_path: Path, second: Behaviour) -> None:
    """A second refusal is raised whatever it says, also when it is the one that led to the fallback."""
    with (
        old_shape_server(tmp_path, {PLAIN: _MISSING_SUCCESS, WRAPPED: second}) as (address, calls),
        pytest.raises(OldServerRefused, match="also in the wrapped form") as caught,
    ):
        _send(address)
    assert [PLAIN, WRAPPED] == calls.methods
    assert caught.value.resent_wrapped is True


def test_a_server_that_has_neither_method_refuses(tmp_path: Path) -> None:
    """A server that knows none of the two forms is asked twice and no more."""
    with old_shape_server(tmp_path, {}) as (address, calls), pytest.raises(OldServerRefused, match="UNIMPLEMENTED"):
        _send(address)
    assert [PLAIN, WRAPPED] == calls.methods


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_no_answer_is_not_sent_again(tmp_path: Path, code: grpc.StatusCode) -> None:
    """When it cannot be told whether the server has the result, it is not sent again: nothing there would notice."""
    with (
        old_shape_server(tmp_path, {PLAIN: refusing(code), WRAPPED: accepting}) as (address, calls),
        pytest.raises(OldServerUnavailable, match="ask it whether it has the result"),
    ):
        _send(address)
    assert [PLAIN] == calls.methods


def test_nobody_there(tmp_path: Path) -> None:
    """A server that does not run is an error of its own."""
    with pytest.raises(OldServerUnavailable):
        _send(f"unix:{tmp_path}/nobody.sock")


def test_what_the_old_shape_cannot_carry_is_not_sent(tmp_path: Path) -> None:
    """A patch that is not text is refused with its path before anything is sent."""
    patch = SuggestedPatch(description="", patch=b"\xff", files_affected=())
    result = replace(make_auditor_result(), suggested_patches=(patch,))
    with (
        old_shape_server(tmp_path, {PLAIN: accepting}) as (address, calls),
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
    payload = read_payload(json.dumps(plain_body(written)).encode())
    spec = make_spec(result.attempt.run_id)

    assert written == map_auditor(payload, Target(spec=spec, phase=None, attempt=None), patch_files)
