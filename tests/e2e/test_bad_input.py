"""Bad input ends with exit code 2 and one clear message; nothing is recorded and the repository stays as it was."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import GitSandbox, directory_state
from tests.e2e.command import Command
from tests.lean_python import lean_python

TEST = "def test_it():\n    pass\n"
PATCH = """\
diff --git a/test_it.py b/test_it.py
--- a/test_it.py
+++ b/test_it.py
@@ -1,2 +1,2 @@
 def test_it():
-    pass
+    assert True
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A repository with a branch ``candidate``, and a free folder beside it."""

    repository: GitSandbox
    folder: Path

    def file(self, name: str, content: str | bytes = "", mode: int = 0o644) -> str:
        """A file beside the repository."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return str(path)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """One test on ``main``, another body of it on ``candidate``."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"test_it.py": TEST})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"test_it.py": TEST.replace("pass", "assert True")})
    repository.git("switch", "--quiet", "main")
    return Case(repository=repository, folder=tmp_path)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command line, with a state directory in which nothing may ever be recorded."""
    return Command(home=tmp_path_factory.mktemp("home"))


def _bare(case: Case) -> list[str]:
    subprocess.run(["git", "init", "--quiet", "--bare", str(case.folder / "bare")], check=True)
    return ["--repo", str(case.folder / "bare"), "--head", "main"]


def _unborn(case: Case, *candidate: str) -> list[str]:
    shutil.rmtree(case.repository.root)
    GitSandbox(case.repository.root).write({"test_it.py": TEST})
    return list(candidate)


def _shallow(case: Case) -> list[str]:
    base = case.repository.git("rev-parse", "main")
    GitSandbox.clone(case.repository.root, case.folder / "shallow", "--depth=1", "--branch=candidate")
    return ["--repo", str(case.folder / "shallow"), "--base", base, "--head", "HEAD"]


def _without_submodule(case: Case) -> list[str]:
    GitSandbox(case.folder / "part").commit({"part.py": ""})
    case.repository.git("submodule", "--quiet", "add", f"file://{case.folder / 'part'}", "part")
    case.repository.commit()
    GitSandbox.clone(case.repository.root, case.folder / "clone")
    return ["--repo", str(case.folder / "clone"), "--base", "HEAD~", "--head", "HEAD"]


def _unmerged(case: Case) -> list[str]:
    case.repository.commit({"test_it.py": TEST.replace("pass", "assert 1")})
    with pytest.raises(RuntimeError, match="merge"):
        case.repository.git("merge", "--quiet", "candidate")
    return ["--worktree"]


def _interpreter(case: Case, *packages: str) -> str:
    """A virtual environment that holds nothing but metadata of ``packages``."""
    root = case.folder / "environment"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    (root / "pyvenv.cfg").write_text(
        f"home = {Path(os.path.realpath(sys.executable)).parent}\ninclude-system-site-packages = false\n"
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for package in packages:
        metadata = root / "lib" / version / "site-packages" / f"{package.replace('==', '-')}.dist-info"
        metadata.mkdir(parents=True)
        name, _, release = package.partition("==")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n")
    return str(root)


HEAD = ["--base", "main", "--head", "candidate"]

GATES: dict[str, tuple[Callable[[Case], list[str]], str]] = {
    "no_repository": (lambda case: ["--repo", str(case.folder), *HEAD], "is not inside a git repository"),
    "missing_path": (lambda case: ["--repo", str(case.folder / "nowhere"), *HEAD], "does not exist"),
    "empty_path": (lambda _: ["--repo", "", *HEAD], "--repo is empty"),
    "bare": (_bare, "is a bare repository"),
    "unknown_base": (lambda _: ["--base", "nosuch", "--head", "candidate"], "'nosuch' does not name a commit"),
    "unknown_head": (lambda _: ["--base", "main", "--head", "nosuch"], "'nosuch' does not name a commit"),
    "empty_base": (lambda _: ["--base", "", "--head", "candidate"], "--base is empty"),
    "empty_head": (lambda _: ["--head", ""], "--head is empty"),
    "head_like_an_option": (lambda _: ["--base", "main", "--head=--all"], "'--all' is not a revision"),
    "base_like_an_option": (lambda _: ["--base=-n1", "--head", "candidate"], "'-n1' is not a revision"),
    "range": (lambda _: ["--base", "main", "--head", "main..candidate"], "'main..candidate' does not name a commit"),
    "no_utf8": (lambda _: ["--base", "main", "--head", os.fsdecode(b"\xff")], "is not UTF-8"),
    "base_is_head": (lambda _: ["--base", "candidate", "--head", "candidate"], "nothing to gate"),
    "clean_worktree": (lambda _: ["--worktree"], "nothing to gate"),
    "unborn_head": (lambda case: _unborn(case, "--head", "HEAD"), "no commit"),
    "unborn_base": (lambda case: _unborn(case, "--base", "HEAD", "--worktree"), "no commit"),
    "unborn_patch": (lambda case: _unborn(case, "--patch", case.file("p", PATCH)), "no commit"),
    "shallow": (_shallow, "git fetch --unshallow"),
    "submodule_not_there": (_without_submodule, "git submodule update --init"),
    "unmerged": (_unmerged, "unmerged files (test_it.py)"),
    "patch_elsewhere": (
        lambda case: ["--patch", case.file("p", PATCH.replace("pass", "fail"))],
        "the patch does not apply exactly",
    ),
    "empty_patch": (lambda case: ["--patch", case.file("p")], "is empty; there is nothing to gate"),
    "blank_patch": (lambda case: ["--patch", case.file("p", " \n\n")], "is empty; there is nothing to gate"),
    "no_patch": (lambda case: ["--patch", case.file("p", "Dear all,\n")], "the patch cannot be applied whole"),
    "binary_patch": (lambda case: ["--patch", case.file("p", bytes(range(256)))], "the patch cannot be applied whole"),
    "missing_patch": (lambda case: ["--patch", str(case.folder / "nowhere")], "No such file"),
    "patch_is_a_folder": (lambda case: ["--patch", str(case.folder)], "Is a directory"),
    "too_large_patch": (lambda case: ["--patch", case.file("p", b"#" * (64 * 1024 * 1024 + 1))], "gate the commit"),
    "run_id_upwards": (lambda _: [*HEAD, "--run-id", "../x"], "'../x' is not a valid name"),
    "run_id_in_capitals": (lambda _: [*HEAD, "--run-id", "Run"], "'Run' is not a valid name"),
    "run_id_too_long": (lambda _: [*HEAD, "--run-id", "r" * 64], "is not a valid name"),
    "run_id_with_two_dots": (lambda _: [*HEAD, "--run-id", "a..b"], "'a..b' is not a valid name"),
    "empty_run_id": (lambda _: [*HEAD, "--run-id", ""], "--run-id is empty"),
    "no_candidate": (lambda _: ["--base", "main"], "exactly one of --head REV, --patch FILE and --worktree"),
    "two_candidates": (lambda _: ["--head", "candidate", "--worktree"], "exactly one of"),
    "no_interpreter": (lambda case: [*HEAD, "--python", str(case.folder / "python")], "does not exist"),
    "interpreter_not_executable": (
        lambda case: [*HEAD, "--python", case.file("python", "#!/bin/sh\n")],
        "is not executable",
    ),
    "folder_without_python": (lambda case: [*HEAD, "--python", str(case.folder)], "holds no bin/python"),
    "interpreter_is_something_else": (lambda _: [*HEAD, "--python", "/bin/true"], "name a Python 3.8 or newer"),
    "no_pytest": (lambda case: [*HEAD, "--python", _interpreter(case)], "has no pytest"),
    "old_pytest": (lambda case: [*HEAD, "--python", _interpreter(case, "pytest==6.2.5")], "7.0 or newer"),
    "empty_python": (lambda _: [*HEAD, "--python", ""], "--python is empty"),
    "empty_setup": (lambda _: [*HEAD, "--setup", ""], "--setup is empty"),
    "json_in_no_folder": (lambda case: [*HEAD, "--json", str(case.folder / "a" / "b")], "No such file"),
    "json_is_a_folder": (lambda case: [*HEAD, "--json", str(case.folder)], "is a folder"),
    "json_where_nobody_can_write": (lambda _: [*HEAD, "--json", "/proc/result.json"], "cannot be written"),
}


@pytest.mark.parametrize("name", GATES)
def test_refused_gate(case: Case, command: Command, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A gate that cannot be is refused with exit code 2, one message, and no trace of it anywhere."""
    build, message = GATES[name]
    arguments = build(case)
    where = [] if "--repo" in arguments else ["--repo", str(case.repository.root)]
    python = [] if "--python" in arguments else ["--python", str(lean_python())]
    before = directory_state(case.folder)

    outcome = command.run_here(capfd, "gate", *where, *python, *arguments)

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err
    assert [f"{outcome.err}".removesuffix("\n")] == outcome.err.splitlines()
    assert outcome.err.startswith("autopack: ")
    after = {path: state for path, state in directory_state(case.folder).items() if "/objects/" not in path}
    assert {path: state for path, state in before.items() if "/objects/" not in path} == after
    assert "autopack: no runs yet\n" == command.run_here(capfd, "runs").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["gate", "--nosuch"],
        ["gate", "--base"],
        ["nosuch"],
        ["runs", "--limit", "0"],
        ["runs", "extra"],
        ["explain"],
    ],
    ids=" ".join,
)
def test_wrong_usage(command: Command, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Options that do not exist or have impossible values are refused with exit code 2 and the reason."""
    outcome = command.run_here(capfd, *arguments)

    assert (2, "") == (outcome.code, outcome.out)
    assert "Error: " in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("0", "is outside one millisecond to a day (24h)"),
        ("inf", "is not a length of time; write '10m', '90s', '1h30m', or a number of seconds"),
        ("nan", "is not a length of time; write '10m', '90s', '1h30m', or a number of seconds"),
        ("soon", "is not a length of time; write '10m', '90s', '1h30m', or a number of seconds"),
    ],
)
def test_impossible_time_limit(command: Command, value: str, problem: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A time limit that is none is refused with exit code 2 and the forms that it can have."""
    outcome = command.run_here(capfd, "gate", "--timeout", value, "--head", "x")

    assert (2, "", f"autopack: --timeout {value!r} {problem}\n") == (
        outcome.code,
        outcome.out,
        outcome.err.replace("--timeout: ", "--timeout "),
    )


@pytest.mark.parametrize(
    ("run_id", "message"),
    [("nosuch", "there is no run nosuch"), ("../x", "'../x' is not a valid name"), ("", "'' is not a valid name")],
)
def test_no_run_to_explain(command: Command, run_id: str, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that does not exist, or cannot, is not explained: exit code 2."""
    outcome = command.run_here(capfd, "explain", run_id)

    assert (2, "") == (outcome.code, outcome.out)
    assert f"autopack: {message}" in outcome.err.replace("run_id: ", "")


def test_run_id_is_taken(case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run's name is given once; the second gate is refused and the first one's record stays."""
    command = Command(home=tmp_path / "home")
    gate = ["gate", "--repo", str(case.repository.root), "--python", str(lean_python()), *HEAD, "--run-id", "mine"]
    first = command.run_here(capfd, *gate)

    second = command.run_here(capfd, *gate)

    assert (0, 2) == (first.code, second.code)
    assert "autopack: run mine exists; choose another name or leave it out\n" == second.err
    assert 1 == len(command.run_here(capfd, "runs").out.splitlines())


def test_patch_from_standard_input(case: Case, tmp_path: Path) -> None:
    """A patch may come through standard input; an empty one is refused."""
    command = Command(home=tmp_path / "home")
    gate = [
        "gate",
        "--repo",
        str(case.repository.root),
        "--python",
        str(lean_python()),
        "--patch",
        "-",
        "--run-id",
        "it",
    ]

    refused = command.run(*gate, stdin=b"")
    taken = command.run(*gate, stdin=PATCH.encode())

    assert (2, 0) == (refused.code, taken.code), taken.err
    assert "autopack/it/gate/1" == case.repository.git(
        "for-each-ref", "--format=%(refname:short)", "refs/heads/autopack"
    )


def test_arguments_that_pytest_refuses(case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Arguments that pytest refuses on both sides prove nothing: inconclusive, and the usage error is named."""
    command = Command(home=tmp_path / "home")
    gate = ["gate", "--repo", str(case.repository.root), "--python", str(lean_python()), *HEAD]

    outcome = command.run_here(capfd, *gate, "--", "--no-such-option")

    assert 3 == outcome.code
    assert "inconclusive base_usage_error" in outcome.out


def test_a_state_folder_that_cannot_be_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A state folder that is a file is named with its setting; it is not an internal error."""
    home = tmp_path / "home"
    home.write_text("")

    outcome = Command(home=home).run_here(capfd, "runs")

    said = f"autopack: AUTOPACK_HOME: the folder {home} cannot be made: File exists; name another one\n"
    assert (2, "", said) == (outcome.code, outcome.out, outcome.err)
