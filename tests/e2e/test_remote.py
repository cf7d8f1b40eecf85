"""A gate on an executor of its own: what it comes to is what the embedded one says."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autopack_rpc.roles import Role
from tests.builders import GitSandbox, directory_state
from tests.e2e.command import Command, Outcome
from tests.e2e.stack import Stack, git_daemon, running_stack
from tests.lean_python import lean_python
from tests.postgresql import postgresql_server
from tests.storage.databases import Databases, full_address

PYTHON = ("--python", str(lean_python()))
REFUSING, UNKNOWN = "git://127.0.0.1:1", "git://nowhere.invalid"
"""Hosts that do not answer: nobody listens there, and nobody knows where it is."""
TESTS = "def test_one():\n    assert True\n\ndef test_two():\n    assert {}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A stack, a repository with three branches, and a server of it."""

    stack: Stack
    repository: GitSandbox
    url: str

    def gate(self, *options: str, stdin: bytes = b"") -> tuple[Outcome, dict[str, object]]:
        """Gate on the stack's executor, which knows what to run the tests with."""
        return _gated(self.stack.command, *self.stack.options, *options, stdin=stdin)

    def embedded(self, *options: str, stdin: bytes = b"") -> dict[str, object]:
        """The result of the same gate in one process."""
        command = Command(home=self.stack.folder / "embedded")
        return _gated(command, "--repo", str(self.repository.root), *PYTHON, *options, stdin=stdin)[1]


def _gated(command: Command, *options: str, stdin: bytes) -> tuple[Outcome, dict[str, object]]:
    outcome = command.run("gate", "--json", "-", *options, stdin=stdin)
    result: dict[str, object] = json.loads(outcome.out) if outcome.out else {}
    return outcome, result


def _facts(result: dict[str, object]) -> dict[str, object]:
    kept = ("verdict", "exit_code", "decision_digest", "delta", "reasons", "changed_files")
    return {name: result.get(name) for name in kept}


def _untouched(repository: GitSandbox) -> dict[str, str]:
    """All of the repository but what runs in it leave for people."""
    state = directory_state(repository.root)
    return {path: found for path, found in state.items() if not path.startswith(".autonomous_runs")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything that the gates of this module need. The stack's store is on PostgreSQL, the embedded one is not."""
    folder = tmp_path_factory.mktemp("remote")
    repository = GitSandbox(folder / "served" / "sample")
    good = "__import__('value').GOOD"
    failing = f"{good}\n\ndef test_three():\n    assert False"
    repository.commit({"test_it.py": TESTS.format(good), "value.py": "GOOD = False\n"})
    for branch, body in (("good", good), ("bad", failing)):
        repository.git("switch", "--quiet", "--create", branch, "main")
        repository.commit({"test_it.py": TESTS.format(body), "value.py": "GOOD = True\n"})
    repository.git("switch", "--quiet", "main")
    with (
        postgresql_server() as server,
        Databases.on(server) as databases,
        databases.made() as database,
        git_daemon(folder / "served") as url,
        running_stack(
            folder,
            full_address(database.set(drivername="postgresql")),
            AUTOPACK_EXECUTOR_PYTHON=str(lean_python()),
            AUTOPACK_CLONE_ALLOW=f"https://nowhere.example {REFUSING} {UNKNOWN} {url}",
        ) as stack,
    ):
        yield World(stack=stack, repository=repository, url=f"{url}/sample")


@pytest.mark.parametrize(("branch", "code"), [("good", 0), ("bad", 1)])
def test_a_bundle_is_gated(world: World, branch: str, code: int) -> None:
    """The repository goes to the executor as a bundle; verdict, reasons and decision digest are the embedded ones."""
    before = _untouched(world.repository)
    outcome, result = world.gate("--repo", str(world.repository.root), "--head", branch)

    assert code == outcome.code, outcome.err
    assert before == _untouched(world.repository)
    assert _facts(world.embedded("--head", branch)) == _facts(result)
    assert [] == list(world.stack.home.glob("sources/new-*"))


def test_files_that_no_commit_holds_are_sent(world: World, tmp_path: Path) -> None:
    """What --copy and --env-file name is read where the command runs and reaches both sides, and no file of the
    executor holds their secrets.
    """
    given = GitSandbox(tmp_path / "given")
    test = (
        "import os, pathlib\n\ndef test_given():\n"
        "    assert 'file-secret-value' == pathlib.Path('local/settings.ini').read_text()\n"
        "    assert ('env-secret-value', 'plain') == (os.environ['TOKEN'], os.environ['MODE'])\n"
    )
    given.commit({"test_given.py": test, ".gitignore": "local/\n"})
    given.git("switch", "--quiet", "--create", "candidate")
    given.commit({"NOTES.md": "changed\n"})
    given.write({"local/settings.ini": "file-secret-value", "local/variables": "TOKEN=env-secret-value\nMODE=plain\n"})
    there = given.root / "local"
    outcome, result = world.gate(
        *("--repo", str(given.root), "--base", "main", "--head", "candidate"),
        *("--copy", str(there / "settings.ini"), "--env-file", str(there / "variables")),
    )

    assert (0, "ALLOW") == (outcome.code, result.get("verdict")), outcome.err
    delta = result["delta"]
    assert isinstance(delta, dict)
    assert {"still_passing": ["test_given.py::test_given"]} == {name: ids for name, ids in delta.items() if ids}
    for secret in (b"file-secret-value", b"env-secret-value"):
        kept = [path for path in world.stack.home.rglob("*") if path.is_file() and secret in path.read_bytes()]
        assert [] == kept


def test_a_large_patch_is_gated(world: World, tmp_path: Path) -> None:
    """A patch of more than 4 MiB is sent in chunks; what comes out is what the embedded one says."""
    lines = "".join(f"+{number:063d}\n" for number in range(80_000))
    patch = tmp_path / "large.diff"
    patch.write_text(
        "diff --git a/test_it.py b/test_it.py\n--- a/test_it.py\n+++ b/test_it.py\n@@ -1,3 +1,3 @@\n def test_one():\n"
        "-    assert True\n+    assert False\n \n"
        "diff --git a/data.txt b/data.txt\nnew file mode 100644\n"
        f"--- /dev/null\n+++ b/data.txt\n@@ -0,0 +1,80000 @@\n{lines}"
    )
    outcome, result = world.gate("--repo", str(world.repository.root), "--base", "main", "--patch", str(patch))

    assert 1 == outcome.code, outcome.err
    assert patch.stat().st_size > 5_000_000
    assert _facts(world.embedded("--base", "main", "--patch", str(patch))) == _facts(result)


@pytest.mark.parametrize("names", [("main", "good"), ("origin/main", "origin/good")])
def test_a_url_is_cloned_and_gated(world: World, names: tuple[str, str]) -> None:
    """The executor clones the URL; branches resolve as local and as remote ones; what comes out is the same."""
    base, head = names
    outcome, result = world.gate("--repo", world.url, "--base", base, "--head", head)

    assert 0 == outcome.code, outcome.err
    assert _facts(world.embedded("--base", "main", "--head", "good")) == _facts(result)


def test_a_clone_has_a_default_base_and_follows_its_origin(world: World) -> None:
    """Without a base it is the merge-base with the remote's default branch; new commits of the remote are seen."""
    world.repository.git("branch", "moving", "good")
    first, _ = world.gate("--repo", world.url, "--head", "moving")
    world.repository.git("branch", "--force", "moving", "bad")
    second, _ = world.gate("--repo", world.url, "--head", "moving")
    world.repository.git("branch", "-D", "moving")
    third, _ = world.gate("--repo", world.url, "--head", "moving")

    assert (0, 1, 2) == (first.code, second.code, third.code), third.err
    assert "'moving' does not name a commit" in third.err


def test_a_mounted_repository_is_gated(world: World) -> None:
    """A path on the executor's machine needs no bundle; the run's files lie beside it."""
    outcome, result = world.gate("--mounted", "--repo", str(world.repository.root), "--head", "good")

    assert 0 == outcome.code, outcome.err
    assert _facts(world.embedded("--head", "good")) == _facts(result)
    assert (world.repository.root / ".autonomous_runs" / str(result["run_id"]) / "ci/gate/1/result.json").exists()


def test_uncommitted_edits_are_gated(world: World, tmp_path: Path) -> None:
    """Edits become a commit that nothing keeps; checkout, index, branches and stash stay as they are."""
    clone = GitSandbox.clone(world.repository.root, tmp_path / "clone")
    clone.write({"test_it.py": TESTS.format("True"), "test_more.py": "def test_more():\n    assert False\n"})
    clone.git("add", "test_it.py")
    names = ("refs", "index", "HEAD", "packed-refs", "logs")

    def state() -> dict[str, str]:
        return {
            path: found
            for path, found in directory_state(clone.root).items()
            if not path.startswith(".git/") or path.split("/")[1] in names
        }

    before = state()
    outcome, result = world.gate("--repo", str(clone.root), "--worktree")

    assert 1 == outcome.code, outcome.err
    assert "the uncommitted edits are sent, and recorded, as commit " in outcome.err
    assert before == state()
    embedded = _gated(world.stack.command, "--repo", str(clone.root), *PYTHON, "--worktree", stdin=b"")[1]
    assert _facts(embedded) == _facts(result)


@pytest.mark.parametrize("place", ["bundle", "url"])
def test_a_patch_is_gated(world: World, place: str) -> None:
    """A patch is applied by the executor to the base of a bundle or of a clone."""
    patch = world.repository.git_bytes("diff", "main", "good")
    repo = world.url if place == "url" else str(world.repository.root)
    outcome, result = world.gate("--repo", repo, "--base", "main", "--patch", "-", stdin=patch)

    assert 0 == outcome.code, outcome.err
    assert _facts(world.embedded("--base", "main", "--patch", "-", stdin=patch)) == _facts(result)


def test_a_local_executor_records_in_the_remote_store(world: World) -> None:
    """With store and gatekeeper the suites run in this process's executor, and the run is where it was said."""
    services, command = world.stack.services, world.stack.command
    addresses = (f"--store={services['store'].address}", f"--gatekeeper={services['gatekeeper'].address}")
    token = f"--token-file={world.stack.token(Role.EXECUTOR)}"
    repo = ("--repo", str(world.repository.root), *PYTHON)
    outcome, result = _gated(command, *addresses, token, *repo, "--head", "good", "--run-id", "local", stdin=b"")

    assert 0 == outcome.code, outcome.err
    assert _facts(world.embedded("--head", "good")) == _facts(result)
    assert "local " in command.run("runs", *world.stack.options).out


def test_the_other_commands_reach_the_services_too(world: World) -> None:
    """What is recorded remotely is explained, listed and examined with the same options."""
    command, options = world.stack.command, world.stack.options
    world.gate("--repo", world.url, "--base", "main", "--head", "bad", "--run-id", "shown")

    explained = command.run("explain", "shown", *options)
    assert (0, True) == (explained.code, "added_failing" in explained.out), explained.err
    assert f"git clone {world.url} " in explained.out
    listed = command.run("runs", "--repo", world.url, *options)
    assert "shown " in listed.out
    assert all(world.url in line for line in listed.out.splitlines())
    # A look at a service may take too long on a busy machine: it is then not ready for a moment.
    examined = (command.run("doctor", *options) for _ in range(10))
    assert 0 == next((outcome.code for outcome in examined if outcome.code == 0), 70)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--executor", "127.0.0.1:1"), "--store (or AUTOPACK_STORE_ADDRESS) is missing"),
        (("--store", "127.0.0.1:1"), "--gatekeeper (or AUTOPACK_GATEKEEPER_ADDRESS) is missing"),
        (
            ("--gatekeeper", "127.0.0.1:1", "--executor", "127.0.0.1:1"),
            "--store (or AUTOPACK_STORE_ADDRESS) is missing",
        ),
        (("--executor", ""), "--executor is empty"),
        (("--mounted",), "--mounted is about the machine of an executor"),
        (("--executor", "127.0.0.1:1", "--mounted"), "--mounted needs --repo with the absolute path"),
        (("--executor", "127.0.0.1:1", "--python", "python3"), "is not an absolute path"),
        (("--repo", "https://nowhere.example/repository"), "this executor may not clone"),
    ],
)
def test_what_cannot_be_meant_is_refused(world: World, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    """A part of the addresses, and options that contradict each other, are usage errors that say what is missing."""
    outcome = Command(home=tmp_path).run("gate", "--head", "HEAD", *options, cwd=world.repository.root)

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err


def test_two_gates_of_one_commit_at_once(world: World) -> None:
    """Two gates of the same bundle share its repository, and nothing else."""
    repo = ("--repo", str(world.repository.root), "--head")
    both = [world.stack.command.start("gate", *world.stack.options, *repo, branch) for branch in ("good", "good")]

    assert [0, 0] == [running.end().code for running in both]
    left = [str(path) for path in world.stack.home.glob("sources/*/repository/.git/worktrees/*")]
    assert [] == left


def test_what_runs_leave_lies_in_the_executors_home(world: World) -> None:
    """The files of a run whose repository came from elsewhere are the executor's, and 'explain' says so."""
    _, result = world.gate("--repo", world.url, "--head", "good", "--timeout", "0.001", "--run-id", "late")

    assert "INCONCLUSIVE" == result["verdict"]
    assert (world.stack.home / ".autonomous_runs" / "late" / "ci/gate/1/result.json").exists()
    explained = world.stack.command.run("explain", "late", *world.stack.options).out
    assert "autopack logs late" in explained


def test_a_shallow_clone_is_not_sent(world: World, tmp_path: Path) -> None:
    """A history with an end is refused with what to do, before anything is sent."""
    clone = GitSandbox.clone(world.repository.root, tmp_path / "clone", "--depth=1", "--branch=good")
    clone.write({"test_it.py": TESTS.format("False")})
    outcome, _ = world.gate("--repo", str(clone.root), "--base", "HEAD", "--worktree")

    assert 2 == outcome.code
    assert "this clone is shallow" in outcome.err


def test_the_url_of_another_program_is_refused(world: World) -> None:
    """Nothing but plain URLs that the operator allows reaches git; what the message shows holds no secret."""
    for url, message in (
        ("ext::sh -c touch% /tmp/never", "does not exist"),
        ("ext://sh", "is not a URL"),
        ("https://user:secret@nowhere.example/x", "holds a user or password"),
        ("https://nowhere.example/../x", "can be read in two ways"),
        ("https://nowhere.example.evil/x", "may not clone"),
        ("ssh://-oProxyCommand=touch/x", "holds a query"),
        ("file:///etc", "may not clone"),
    ):
        outcome, _ = world.gate("--repo", url, "--base", "main", "--head", "good")
        assert (2, True) == (outcome.code, message in outcome.err), (url, outcome.err)
        assert "secret" not in outcome.err


def test_a_repository_that_cannot_be_cloned_is_refused(world: World) -> None:
    """A URL with nothing behind it is the caller's to put right: usage, with the URL, what git said and what to do."""
    for url, said in (
        (f"{world.url}-of-nothing", "access denied or repository not exported"),
        (f"{REFUSING}/x", "Connection refused"),
        (f"{UNKNOWN}/x", "unable to look up nowhere.invalid"),
    ):
        outcome, result = world.gate("--repo", url, "--head", "good")

        assert (2, {}) == (outcome.code, result), outcome.err
        assert f"autopack: {url} cannot be cloned: " in outcome.err
        assert said in outcome.err
        assert "check the URL, and that the executor's machine reaches its host" in outcome.err


def test_a_repository_whose_default_branch_cannot_be_named_is_refused(world: World) -> None:
    """A default branch whose name is not UTF-8 is refused with that name, and is not a failure of Autopack."""
    strange = GitSandbox(world.stack.folder / "served" / "strange")
    strange.commit({"test_it.py": TESTS.format("True")})
    strange.git("branch", "--move", os.fsdecode(b"gr\xf6sse"))
    outcome, result = world.gate("--repo", world.url.replace("sample", "strange"), "--head", "HEAD")

    assert (2, {}) == (outcome.code, result), outcome.err
    assert r"the name of its default branch, gr\xf6sse, is not UTF-8" in outcome.err
