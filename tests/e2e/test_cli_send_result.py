"""``autopack send-result``: an auditor result of the store goes to a real server of the old shape."""

from pathlib import Path

import grpc
import pytest

from autopack_bridge.sending.body import plain_body, wrapped_body
from autopack_model.auditor_result.value import AuditorResult
from tests.contract.store_server import store_server
from tests.e2e.command import Command, Outcome
from tests.fakes.old_server import PLAIN, WRAPPED, Behaviour, accepting, old_shape_server, refusing
from tests.fakes.results import make_auditor_result

ATTEMPT = ("--phase", "gate", "--attempt", "1")


@pytest.fixture
def result(tmp_path: Path) -> AuditorResult:
    """The auditor result of run-1, which the store below the home folder has."""
    result = make_auditor_result()
    with store_server(tmp_path / "home") as store:
        store.start_decided_run()
        store.results.record_auditor_result(result)
    return result


def _send(tmp_path: Path, capfd: pytest.CaptureFixture[str], to: str, *arguments: str) -> Outcome:
    command = Command(home=tmp_path / "home")
    return command.run_here(capfd, "send-result", *(arguments or ("run-1", *ATTEMPT)), "--to", to)


def test_the_plain_form(tmp_path: Path, result: AuditorResult, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that takes the plain form gets every value of the result once, and what it answered is said."""
    with old_shape_server(tmp_path, {PLAIN: accepting}) as (address, calls):
        outcome = _send(tmp_path, capfd, address)

    assert (0, "") == (outcome.code, outcome.err)
    assert f"sent the auditor result of run-1/gate/1 to {address}; it answered: recorded\n" == outcome.out
    assert [(PLAIN, plain_body(result))] == calls.seen


def test_the_wrapped_form(tmp_path: Path, result: AuditorResult, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that knows the wrapped form only gets the result once more, and that is said."""
    with old_shape_server(tmp_path, {WRAPPED: accepting}) as (address, calls):
        outcome = _send(tmp_path, capfd, address)

    assert (0, "") == (outcome.code, outcome.err)
    assert (
        f"to {address}, in the wrapped form, since it had refused the plain one; it answered: recorded" in outcome.out
    )
    assert [(PLAIN, None), (WRAPPED, wrapped_body(result))] == calls.seen


@pytest.mark.parametrize(
    ("behaviours", "said"),
    [
        (
            {PLAIN: refusing(grpc.StatusCode.INVALID_ARGUMENT, "confidence")},
            "refused the auditor result of run-1/gate/1; it answered: not like this (fields: confidence) "
            "[INVALID_ARGUMENT]",
        ),
        (
            {WRAPPED: refusing(grpc.StatusCode.INTERNAL)},
            "refused the auditor result of run-1/gate/1, also in the wrapped form; it answered: not like this "
            "[INTERNAL]",
        ),
    ],
    ids=["plain", "wrapped"],
)
@pytest.mark.usefixtures("result")
def test_a_refusal(
    tmp_path: Path, behaviours: dict[str, Behaviour], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the old server says when it refuses is wrong usage, word by word."""
    with old_shape_server(tmp_path, behaviours) as (address, _):
        outcome = _send(tmp_path, capfd, address)

    assert (2, "", f"autopack: the old server {said}\n") == (outcome.code, outcome.out, outcome.err)


@pytest.mark.usefixtures("result")
def test_nobody_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that does not answer is a failure, and no verdict on the result."""
    outcome = _send(tmp_path, capfd, f"unix:{tmp_path}/nobody.sock")

    assert (70, "") == (outcome.code, outcome.out)
    assert "the old server did not answer" in outcome.err
    assert "ask it whether it has the result before you send it again" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nosuch", *ATTEMPT), "there is no run nosuch"),
        (("run-1", "--phase", "gate", "--attempt", "2"), "the store has no auditor result of run-1/gate/2"),
        (("run-1", "--phase", "build", "--attempt", "1"), "the store has no auditor result of run-1/build/1"),
        (("../x", *ATTEMPT), "'../x' is not a valid name"),
        (("run-1", "--phase", "A", "--attempt", "1"), "'A' is not a valid name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
@pytest.mark.usefixtures("result")
def test_nothing_to_send(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the store has no such result, nothing is sent, and that is wrong usage."""
    with old_shape_server(tmp_path, {PLAIN: accepting}) as (address, calls):
        outcome = _send(tmp_path, capfd, address, *arguments)

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err
    assert [] == calls.seen


@pytest.mark.usefixtures("result")
def test_no_address(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An empty address is a variable that was not set."""
    outcome = _send(tmp_path, capfd, "")

    assert (2, "") == (outcome.code, outcome.out)
    assert "--to is empty" in outcome.err
