"""`autopack import-result`: old results go into the store whole, or every pointer without a place is named."""

import json
import sys
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path

import pytest

from autopack_bridge.reading.payload import MAX_PAYLOAD_BYTES
from autopack_model.builder_result.value import BuilderStatus
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import RunType
from autopack_rpc.roles import Role
from tests.contract.store_server import TOKENS, store_server
from tests.e2e.command import Command
from tests.fakes.store import make_spec

LEGACY = Path(__file__).parents[1] / "contract" / "legacy"
ATTEMPT = AttemptRef(run_id="run-1", phase="gate", attempt=1)


def _payload(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((LEGACY / f"{name}.json").read_bytes())["payload"]
    return found


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command line with a store in which `run-1` waits for a builder."""
    with store_server(tmp_path / "home") as store:
        store.start_run(replace(make_spec(base=False), run_type=RunType.MAINTENANCE, allowed_paths=("docs", "src")))
    return Command(home=tmp_path / "home")


def _file(tmp_path: Path, content: object) -> str:
    path = tmp_path / "old.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def test_a_builder_result_is_recorded(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The result is in the store under the digest that is printed; importing it again is the same request."""
    arguments = ("import-result", "--kind", "builder", "--run", "run-1", _file(tmp_path, _payload("builder_full")))
    first = command.run_here(capfd, *arguments)
    again = command.run_here(capfd, *arguments)

    assert (0, "") == (first.code, first.err)
    assert (0, first.out) == (again.code, again.out)
    with store_server(command.home) as store:
        recorded = store.results.builder_result(ATTEMPT)
    assert f"{recorded.result_digest}\n" == first.out
    assert (BuilderStatus.NEEDS_REVIEW, 1200) == (
        recorded.result.status,
        recorded.result.tokens and recorded.result.tokens.total,
    )
    assert (RunType.MAINTENANCE, ("docs", "src")) == (recorded.run_type, recorded.allowed_paths)


@pytest.mark.parametrize("bag", [False, True])
def test_the_result_may_name_its_run(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str], bag: bool
) -> None:
    """Without --run the result itself says which run it belongs to, at its top or in its bag."""
    payload = _payload("builder_minimal")
    assert "metadata" not in payload
    run = {"run_id": payload.pop("run_id")}
    named = {**payload, "metadata": run} if bag else {**payload, **run}
    assert 0 == command.run_here(capfd, "import-result", "--kind", "builder", _file(tmp_path, named)).code

    with store_server(command.home) as store:
        assert store.runs.run("run-1").attempts[0].builder_result_digest is not None


def test_an_auditor_result_is_recorded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An auditor's result comes from standard input, and its typed form goes to standard output when asked for."""
    with store_server(tmp_path / "home") as store:
        store.start_decided_run()
    command = Command(home=tmp_path / "home")
    outcome = command.run(
        *("import-result", "--kind", "auditor", "--run", "run-1", "--json", "-", "-"),
        stdin=json.dumps(_payload("auditor_not_approved")).encode(),
    )

    assert (0, "") == (outcome.code, outcome.err)
    document = json.loads(outcome.out)
    assert ("run-1", True, "revise") == (
        document["run_id"],
        document["recorded"],
        document["result"]["recommendation"],
    )
    with store_server(tmp_path / "home") as store:
        assert document["result_digest"] == store.results.auditor_result(ATTEMPT).result_digest


def test_a_dry_run_records_nothing(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A dry run prints the typed result, and the attempt has none."""
    outcome = command.run_here(
        capfd,
        *("import-result", "--kind", "builder", "--run", "run-1", "--dry-run"),
        _file(tmp_path, _payload("builder_full")),
    )

    assert 0 == outcome.code
    assert (False, "needs_review") == (
        json.loads(outcome.out)["recorded"],
        json.loads(outcome.out)["result"]["status"],
    )
    with store_server(command.home) as store:
        assert store.runs.run("run-1").attempts[0].builder_result_digest is None


def test_every_pointer_without_a_place_is_named(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A refusal is a usage error that names all pointers at once, as JSON texts, and records nothing."""
    payload = {**_payload("builder_full"), "status": "success", "run_type": "repair", "a\n/b": 1, "notes": "\ud800"}
    outcome = command.run_here(capfd, "import-result", "--kind", "builder", "--run", "run-1", _file(tmp_path, payload))

    assert (2, "") == (outcome.code, outcome.out)
    lines = outcome.err.splitlines()
    assert lines[0].startswith("autopack: 4 values of the old result cannot be placed")
    assert ['"/a\\n~1b"', '"/notes"', '"/run_type"', '"/status"'] == [line.split(": ")[0].strip() for line in lines[1:]]
    with store_server(command.home) as store:
        assert store.runs.run("run-1").attempts[0].builder_result_digest is None


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (("--kind", "builder", "--run", "run-2"), "{}", "there is no run run-2"),
        (("--kind", "tester", "--run", "run-1"), "{}", "--kind 'tester' is not known"),
        (("--kind", "builder", "--run", "../x"), "{}", "--run"),
        (("--kind", "builder", "--run", "run-1", "--phase", "Ä"), "{}", "--phase"),
        (("--kind", "builder", "--run", "run-1", "--attempt", "0"), "{}", "--attempt"),
        (("--kind", "builder"), "{}", "name the run with --run"),
        (("--kind", "builder"), '{"run_id": 1}', '"/run_id": is a number; expected a text'),
        (("--kind", "builder"), '{"run_id": "run-2"}', "there is no run run-2"),
        (("--kind", "builder", "--run", "run-1"), "[1]", "is a list; expected an object"),
        (("--kind", "builder", "--run", "run-1"), "", "is not JSON"),
    ],
)
def test_wrong_usage(
    command: Command,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    content: str,
    message: str,
) -> None:
    """Wrong options and input that is not a result end with the exit code of wrong usage and say why."""
    outcome = command.run_here(capfd, "import-result", *arguments, _file(tmp_path, content.encode()))

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err


def test_a_file_that_is_not_there(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that is missing, or is a folder, is wrong usage."""
    for name in (str(tmp_path / "missing.json"), str(tmp_path), ""):
        outcome = command.run_here(capfd, "import-result", "--kind", "builder", "--run", "run-1", name)
        assert (2, "") == (outcome.code, outcome.out)


def test_a_huge_file_is_read_up_to_its_limit(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file over the limit is refused without being read to its end; so is an endless stream."""
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(2 * MAX_PAYLOAD_BYTES)
    with Path("/dev/zero").open("rb") as endless:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(endless))
        for name in (str(path), "-"):
            outcome = command.run_here(capfd, "import-result", "--kind", "builder", "--run", "run-1", name)
            assert 2 == outcome.code
            assert f"is larger than {MAX_PAYLOAD_BYTES} bytes" in outcome.err


def test_a_store_that_cannot_be_reached_is_our_failure(command: Command, tmp_path: Path) -> None:
    """Without the store that is configured the command fails with 70: nothing is known of the run."""
    token = tmp_path / "token"
    token.write_text("x" * 32)
    outcome = command.run(
        *("import-result", "--kind", "builder", "--run", "run-1", _file(tmp_path, _payload("builder_full"))),
        variables={
            "AUTOPACK_STORE_ADDRESS": f"unix:{tmp_path}/nobody.sock",
            "AUTOPACK_EXECUTOR_TOKEN_FILE": str(token),
        },
    )

    assert (70, "") == (outcome.code, outcome.out)
    assert "the store cannot be reached" in outcome.err


def test_a_configured_store_takes_results_from_the_executor_only(tmp_path: Path) -> None:
    """With a configured store the result goes there, in the name of the role whose token is given: it must be the
    executor's.
    """
    arguments = ("import-result", "--kind", "builder", "--run", "run-1", _file(tmp_path, _payload("builder_minimal")))
    token = tmp_path / "token"
    with store_server(tmp_path / "home") as store:
        store.start_run()
        variables = {"AUTOPACK_STORE_ADDRESS": store.address, "AUTOPACK_EXECUTOR_TOKEN_FILE": str(token)}
        command = Command(home=tmp_path / "other")
        token.write_text(TOKENS.of(Role.CLIENT))
        refused = command.run(*arguments, variables=variables)
        token.write_text(TOKENS.of(Role.EXECUTOR))
        taken = command.run(*arguments, variables=variables)
        recorded = store.results.builder_result(ATTEMPT)

    assert (70, "") == (refused.code, refused.out)
    assert "the client may not call it" in refused.err
    assert (0, f"{recorded.result_digest}\n") == (taken.code, taken.out)


def test_what_the_store_does_not_take_is_wrong_usage(
    command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An attempt that has another result, or none to audit yet, is refused by the store, and that is said."""
    builder = ("import-result", "--kind", "builder", "--run", "run-1")
    assert 0 == command.run_here(capfd, *builder, _file(tmp_path, _payload("builder_full"))).code
    other = command.run_here(capfd, *builder, _file(tmp_path, {**_payload("builder_full"), "notes": "other"}))
    audited = command.run_here(
        capfd,
        *("import-result", "--kind", "auditor", "--run", "run-1"),
        _file(tmp_path, _payload("auditor_minimal")),
    )

    assert (2, "") == (other.code, other.out)
    assert "has another builder result" in other.err
    assert (2, "") == (audited.code, audited.out)
