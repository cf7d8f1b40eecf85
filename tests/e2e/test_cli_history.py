"""``autopack history``, and ``autopack runs`` with filters: embedded, and with a store elsewhere."""

import json
from pathlib import Path

import pytest

from autopack_rpc.roles import Role
from tests.builders import GitSandbox
from tests.e2e.command import Command
from tests.e2e.stack import running_stack
from tests.lean_python import lean_python

TEST = "test_it.py::test_a[x::y]"
TESTS = """
import pytest

@pytest.mark.parametrize("value", ["x::y"])
def test_a(value):
    assert {good}
"""
PYTHON = ("--python", str(lean_python()))


def make_repository(root: Path) -> GitSandbox:
    """A repository whose test passes on ``main`` and ``good``, fails on ``bad``, and is not collected on ``broken``."""
    repository = GitSandbox(root)
    repository.commit({"test_it.py": TESTS.format(good=True)})
    for branch, code in (
        ("good", f"{TESTS.format(good=True)}\n# good\n"),
        ("bad", TESTS.format(good=False)),
        ("broken", "import nothing_of_this_name\n"),
    ):
        repository.git("switch", "--quiet", "--create", branch, "main")
        repository.commit({"test_it.py": code})
    repository.git("switch", "--quiet", "main")
    return repository


def gate(repository: GitSandbox, head: str, run_id: str) -> tuple[str, ...]:
    """Arguments that gate a branch."""
    return ("gate", "--repo", str(repository.root), "--base", "main", "--head", head, *PYTHON, "--run-id", run_id)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GitSandbox:
    """The repository."""
    return make_repository(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, repository: GitSandbox) -> Command:
    """The command line with a state directory in which all branches were gated, the bad one twice."""
    command = Command(home=tmp_path_factory.mktemp("home"))
    for head, run_id, code in (("good", "r1", 0), ("bad", "r2", 1), ("broken", "r3", 1), ("bad", "r4", 1)):
        outcome = command.run(*gate(repository, head, run_id))
        assert code == outcome.code, outcome.err
    return command


def test_history(command: Command, repository: GitSandbox) -> None:
    """It says how flaky a test is, since when and when first it was bad, and its outcomes, newest first; the baseline
    that later runs took over is told once.
    """
    outcome = command.run("history", TEST, "--repo", str(repository.root), "-n", "100")

    lines = outcome.out.splitlines()
    assert 0 == outcome.code, outcome.err
    assert f"test       {TEST} in {repository.root}" == lines[0]
    suites = [line for line in lines[4:] if ", retry " not in line]
    conclusive = len(lines[4:]) - 1  # less the collector that errored
    assert f"flaky      0 of {conclusive} conclusive (0.0 %)" == lines[1]
    assert lines[2].startswith("bad since  run r4 (head, failed, 2")
    assert lines[3].startswith("first bad  in run r2 (head, failed, 2")
    expected = [
        ["r4", "head", "failed"],
        ["r3", "head", "collector errored"],
        ["r2", "head", "failed"],
        ["r1", "head", "passed"],
        ["r1", "base", "passed"],
    ]
    assert expected == [[run, side, state] for run, _, _, side, state in (line.split(None, 4) for line in suites)]


def test_history_is_that_of_the_folder(
    command: Command, repository: GitSandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --repo it is about the repository of the current folder."""
    monkeypatch.chdir(repository.root)

    assert "r4 " in command.run_here(capfd, "history", TEST, "-n", "1").out


def test_history_as_json(command: Command, repository: GitSandbox, tmp_path: Path) -> None:
    """With --json - standard output holds the document and nothing else, with a file both are written; a series that
    reaches the last entry asked for may be longer.
    """
    options = ("history", TEST, "--repo", str(repository.root), "--side", "head", "-n", "1", "--json")

    printed = command.run(*options, "-")
    written = command.run(*options, str(tmp_path / "history.json"))

    document = json.loads(printed.out)
    assert document == json.loads((tmp_path / "history.json").read_text())
    assert "bad since  run r4" in written.out
    assert ", or longer: -n looks further back" in written.out
    (entry,) = document["entries"]
    assert ("r4", "gate", 1, "head", "failed", None) == tuple(
        entry[name] for name in ("run_id", "phase", "attempt", "side", "state", "collector")
    )
    assert (entry, True, False) == (document["bad_since"], document["bad_since_or_earlier"], document["complete"])
    assert ("r2", TEST, "head") == (document["first_bad"]["run_id"], document["test_id"], document["side"])
    assert (1, 0) == (document["conclusive"], document["flaky"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("history", "other.py::test_z"), 0, "no suite run of "),
        (("history", ""), 2, "name a test"),
        (("history", b"\xff"), 2, "name a test"),
        (("history", TEST, "--side", "left"), 2, "--side 'left' is not known; use base or head"),
        (("history", TEST, "--repo", "/"), 2, "/"),
        (("history", TEST, "--repo", ""), 2, "--repo ''"),
        (("history", TEST, "-n", "0"), 2, "greater than or equal to 1"),
        (("history", TEST, "--json", "/"), 2, "--json /: is a folder"),
        (("history", TEST, "--executor", "127.0.0.1:1"), 2, "--store (or AUTOPACK_STORE_ADDRESS) is missing"),
        (("history", TEST, "--store", "127.0.0.1:1"), 2, "AUTOPACK_CLIENT_TOKEN_FILE"),
        (("runs", "--verdict", "blocked"), 2, "use one of allow, block, inconclusive, needs-human"),
        (("runs", "--since", "soon"), 2, "--since 'soon': is not a time"),
        (("runs", "--until", "1066-10-14"), 2, "--until '1066-10-14': lies before 1970"),
    ],
    ids=str,
)
def test_what_cannot_be_told(
    command: Command,
    repository: GitSandbox,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str | bytes, ...],
    code: int,
    message: str,
) -> None:
    """What nothing is known of is not a failure; what cannot be meant is a usage error that says what to write."""
    monkeypatch.chdir(repository.root)
    words = [word if isinstance(word, str) else word.decode(errors="surrogateescape") for word in arguments]

    outcome = command.run_here(capfd, *words)

    assert code == outcome.code
    assert message in outcome.err


def listed(command: Command, capfd: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """The runs that ``autopack runs`` prints."""
    outcome = command.run_here(capfd, "runs", *options)
    assert 0 == outcome.code, outcome.err
    assert ("autopack: no such runs\n" if not outcome.out else "") == outcome.err
    return [line.split()[0] for line in outcome.out.splitlines()]


def test_runs_by_verdict_and_time(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    """Filters let runs through by the verdict of their newest decision and by their time, all of them together."""
    moment = command.run_here(capfd, "runs", "--limit", "1").out.split()[1:3]

    assert ["r4", "r3", "r2"] == listed(command, capfd, "--verdict", "block")
    assert ["r4", "r3"] == listed(command, capfd, "--verdict", "block", "--since", "1d", "--limit", "2")
    assert ["r1"] == listed(command, capfd, "--verdict", "allow", "--since", "2020-01-01")
    assert [] == listed(command, capfd, "--verdict", "needs-human")
    assert [] == listed(command, capfd, "--until", "1h")
    assert "r4" not in listed(command, capfd, "--until", "T".join(moment))
    assert ["r4"] == listed(command, capfd, "--since", "T".join(moment))


def test_a_store_elsewhere(tmp_path: Path) -> None:
    """With --store, the client's or the executor's token and nothing else, the history is that store's."""
    repository = make_repository(tmp_path / "repository")
    (tmp_path / "stack").mkdir()
    with running_stack(tmp_path / "stack") as stack:
        store = f"--store={stack.services['store'].address}"
        own, client = (f"--token-file={stack.token(role)}" for role in (Role.EXECUTOR, Role.CLIENT))
        gatekeeper = f"--gatekeeper={stack.services['gatekeeper'].address}"
        gated = stack.command.run(*gate(repository, "bad", "there"), store, gatekeeper, own)
        assert 1 == gated.code, gated.err
        asked = ("history", TEST, "--repo", str(repository.root))

        told = [stack.command.run(*asked, *options) for options in ((store, own), (store, client), stack.options)]
        here = stack.command.run(*asked)
        stack.services["store"].end()
        gone = stack.command.run(*asked, store, client)

    assert [(0, True, True)] * 3 == [
        (one.code, one.out.count("\nthere ") >= 2, "first bad  in run there" in one.out) for one in told
    ]
    assert (0, True) == (here.code, "no suite run of" in here.err)
    assert (70, True) == (gone.code, "the store cannot be reached" in gone.err)
