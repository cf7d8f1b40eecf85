"""Both sides see the same path, and nothing of the caller but what is allowed."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autopack_executor.environment.variables import setup_variables, suite_variables, within
from autopack_executor.errors import ExecutorError
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders, Workspace
from autopack_executor.workspace.home import Home
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import Isolation
from tests.builders import GitSandbox
from tests.integration.isolation.conftest import RunPython

TELL = """
import json, os, tempfile
print(json.dumps({"cwd": os.getcwd(), "side": open("side.txt").read(), "tmp": tempfile.gettempdir(),
                  "home": os.path.expanduser("~"), "umask": os.umask(0), "variables": dict(os.environ)}))
"""


def tell(sandbox: Sandbox, workspace: SideFolders, environ: dict[str, str]) -> dict[str, object]:
    """What a child with the variables of a suite says of where it is."""
    paths = sandbox.paths(workspace)
    python = Path(sys.executable)
    variables = suite_variables(
        environ, paths, bin_directory=python.parent, prefix=None, pycache=workspace.directory / "pyc"
    )
    ended = sandbox.run(
        workspace,
        [sys.executable, "-c", TELL],
        variables=variables,
        log=workspace.out / "log",
        timeout_s=30,
        cancel=threading.Event(),
    )
    assert 0 == ended.exit_code, (workspace.out / "log").read_text()
    told = json.loads((workspace.out / "log").read_text())
    assert isinstance(told, dict)
    return told


def test_own_tree(workspace: Workspace, sandbox: Sandbox) -> None:
    """Each side works in its own tree."""
    told = {side.label: tell(sandbox, workspace.side(side), {})["side"] for side in (Side.BASE, Side.HEAD)}

    assert {"base": "base", "head": "head"} == told


def test_same_paths(workspace: Workspace, home: Home, sandbox: Sandbox) -> None:
    """In a namespace tree, TMPDIR and HOME have the same path on both sides; else they differ in one character."""
    base, head = (tell(sandbox, workspace.side(side), {}) for side in (Side.BASE, Side.HEAD))

    for name in ("cwd", "tmp", "home"):
        ours, theirs = str(base[name]), str(head[name])
        differing = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
        expected = [] if sandbox.isolation is Isolation.MOUNT_NAMESPACE else [("b", "h")]
        assert expected == differing
    assert [True, True] == [str(base[name]).startswith(str(home.root)) for name in ("cwd", "home")]


def test_sockets_fit_below_the_temporary_folder(workspace: Workspace, sandbox: Sandbox, run_python: RunPython) -> None:
    """TMPDIR is so short that a socket below pytest's tmp_path can be bound, wherever the state directory lies."""
    folders = workspace.side(Side.HEAD)
    tmp = str(sandbox.paths(folders).tmp)
    code = (
        "import os, socket\n"
        f"folder = '{tmp}/pytest-of-firstname.lastname/pytest-0/' + 't' * 31\n"
        "os.makedirs(folder)\n"
        "socket.socket(socket.AF_UNIX).bind(folder + '/server.sock')\n"
    )

    assert 30 > len(tmp)
    assert 0 == run_python(folders, code).exit_code, (folders.out / "log").read_text()


def test_nobody_else_may_own_the_temporary_folder(home: Home, tmp_path: Path) -> None:
    """A short place that is not the user's own is not used: another one is, and below the state directory the last."""
    place = home.short_place.root
    place.mkdir(mode=0o755)
    try:
        assert place != Home(home.root).short_place.root
        with pytest.raises(ExecutorError, match="belongs to another user"), home.open_run("run-1", tmp_path):
            pass
    finally:
        place.rmdir()


def test_the_temporary_folder_goes_with_the_last_run(home: Home, tmp_path: Path) -> None:
    """The short place holds folders of open runs only, and is gone when none is open."""
    place = home.short_place.root
    with home.open_run("first", tmp_path):
        with home.open_run("second", tmp_path):
            pass
        assert ["00b", "00h"] == sorted(path.name for path in place.iterdir())
    assert not place.exists()


def test_second_run_sees_the_same_paths(home: Home, sandbox: Sandbox, tmp_path: Path) -> None:
    """Runs one after the other see the same paths, whatever their names, so that baselines can be used again."""
    seen = []
    for run_id in ("first", "second-and-longer"):
        with home.open_run(run_id, tmp_path) as workspace:
            seen.append(sandbox.paths(workspace.side(Side.BASE)))

    assert seen[0] == seen[1]


def test_two_runs_at_once(home: Home, sandbox: Sandbox, tmp_path: Path) -> None:
    """Two runs at the same time have different workspaces."""
    with home.open_run("first", tmp_path) as one, home.open_run("second", tmp_path) as two:
        assert one.side(Side.BASE).directory != two.side(Side.BASE).directory
        assert len(str(one.side(Side.BASE).directory)) == len(str(two.side(Side.HEAD).directory))


def test_nothing_is_seen_outside(workspace: Workspace, home: Home, sandbox: Sandbox) -> None:
    """The mount point stays empty for everyone outside of the namespace."""
    tell(sandbox, workspace.side(Side.HEAD), {})

    assert [] == list(home.mount_point.iterdir())


def test_no_secret_reaches_a_child(workspace: Workspace, sandbox: Sandbox) -> None:
    """Only listed variables reach the tests; anything else of the caller is dropped, as is the network's."""
    here = Path(os.__file__).resolve().parent
    environ = {
        "PATH": f"{here}:relative:{here.parent}",
        "SSL_CERT_FILE": "/etc/authorities.pem",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PYTHONPATH": "/elsewhere",
        "PIP_INDEX_URL": "https://user:password@index.invalid/simple",
        "HTTPS_PROXY": "http://proxy.invalid",
        "CI": "true",
    }

    told = tell(sandbox, workspace.side(Side.HEAD), environ)

    variables = told["variables"]
    assert isinstance(variables, dict)
    expected = {
        "AUTOPACK_RUN_MARKER", "HOME", "LANG", "LC_ALL", "PATH", "PWD", "PYTHONHASHSEED", "PYTHONPYCACHEPREFIX",
        "SSL_CERT_FILE", "TMPDIR", "TZ",
    }  # fmt: skip
    assert expected == set(variables) - {"LD_LIBRARY_PATH", "_", "SHLVL"}
    assert f"{Path(sys.executable).parent}:{here}:{here.parent}" == variables["PATH"]
    assert ("C.UTF-8", "C.UTF-8", "UTC") == (variables["LANG"], variables["LC_ALL"], variables["TZ"])
    assert 0o022 == told["umask"]


def test_setup_reaches_the_index(workspace: Workspace, sandbox: Sandbox, tmp_path: Path) -> None:
    """The setup command gets what it takes to reach a package index, and no more."""
    environ = {
        "PIP_INDEX_URL": "https://index.invalid/simple",
        "PIP_CONSTRAINT": "/theirs.txt",
        "PIP_TARGET": "/elsewhere",
        "HTTPS_PROXY": "http://proxy.invalid",
        "TOKEN": "x",
    }
    ours = tmp_path / "constraints.txt"

    variables = setup_variables(
        environ, {"HOME": "/own"}, cache=tmp_path, environment=tmp_path / "venv", constraints=ours
    )

    expected = {
        "HOME": "/own",
        "HTTPS_PROXY": "http://proxy.invalid",
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
        "PIP_CONSTRAINT": f"/theirs.txt {ours}",
        "PIP_INDEX_URL": "https://index.invalid/simple",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_CONSTRAINT": str(ours),
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv"),
    }
    assert expected == {name: variables.get(name) for name in expected}
    assert not {"TOKEN", "PIP_TARGET"} & set(variables)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"PIP_CONSTRAINT": "a.txt b.txt", "TOKEN": "x"}, {"PIP_CONSTRAINT": "a.txt b.txt /ours", "TOKEN": "x"}),
        ({"UV_CONSTRAINT": ""}, {"UV_CONSTRAINT": "/ours"}),
        ({}, {}),
    ],
)
def test_the_users_constraints_hold_beside_ours(given: dict[str, str], expected: dict[str, str]) -> None:
    """A variable for the setup command that names constraints does not take the place of the versions of base."""
    assert (expected, given) == (within(given, Path("/ours")), within(given, None))


def test_renewed_room(workspace: Workspace, run_python: RunPython, sandbox: Sandbox) -> None:
    """Renewed folders hold nothing that an earlier child wrote beside the tree, not even where it took away rights."""
    side = workspace.side(Side.HEAD)
    tmp = sandbox.paths(side).tmp
    run_python(side, f"import os; os.makedirs('{tmp}/a/b'); open('{tmp}/a/b/c', 'w'); os.chmod('{tmp}/a/b', 0)")

    side.renew()

    assert [] == [*(side.directory / "tmp").iterdir(), *side.short_tmp.iterdir()]


def test_git_knows_who_commits(workspace: Workspace, run_python: RunPython, sandbox: Sandbox) -> None:
    """A test can commit in a repository of its own, whoever runs the gate, and git gives no advice on it."""
    folders = workspace.side(Side.HEAD)
    tmp, home = sandbox.paths(folders).tmp, sandbox.paths(folders).home
    code = (
        "import os, subprocess\n"
        f"os.environ['HOME'] = '{home}'\n"
        f"os.chdir('{tmp}')\n"
        "said = ('log -1 --format=%an', 'branch --show-current')\n"
        "for command in ('init -q', 'commit -q --allow-empty -m text', *said):\n"
        "    subprocess.run(['git', *command.split()], check=True)\n"
    )

    assert 0 == run_python(folders, code).exit_code
    assert "Autopack\nmaster\n" == (folders.out / "log").read_text()


def test_permission_denied_is_denied(workspace: Workspace, run_python: RunPython) -> None:
    """A child has the capabilities of its user and no more: what the caller may not open, it may not either."""
    capabilities = "import re; print(re.search(r'CapEff:\\s*(\\S+)', open('/proc/self/status').read())[1])"

    run_python(workspace.side(Side.HEAD), capabilities)

    ours = subprocess.run([sys.executable, "-c", capabilities], capture_output=True, text=True, check=True).stdout
    assert ours == (workspace.side(Side.HEAD).out / "log").read_text()


def test_the_repository_is_not_written(workspace: Workspace, home: Home, tmp_path: Path) -> None:
    """In a namespace, git in the tree reads the user's repository and cannot write to it."""
    sandbox = Sandbox(home, superuser=os.geteuid() == 0)
    if sandbox.isolation is not Isolation.MOUNT_NAMESPACE:
        pytest.skip("this kernel allows no mount namespace")
    repository = GitSandbox(tmp_path / "repository")
    commit = repository.commit({"side.txt": "head"})
    side = workspace.side(Side.HEAD)
    (side.tree / "side.txt").unlink()
    side.tree.rmdir()
    repository.git("worktree", "add", "--quiet", "--detach", str(side.tree))
    before = repository.state()

    ended = sandbox.run(
        side,
        ["/bin/sh", "-c", "git rev-parse HEAD; git config user.name x; git branch x; echo x > side.txt; git stash"],
        variables={"PATH": os.defpath, "LC_ALL": "C"},
        log=side.out / "log",
        timeout_s=30,
        cancel=threading.Event(),
    )

    said = (side.out / "log").read_text()
    assert ended.exit_code != 0
    assert (commit, True) == (said.split("\n", 1)[0], "Read-only file system" in said)
    assert before == repository.state()


def test_forced_siblings(home: Home) -> None:
    """The namespace can be forgone."""
    sandbox = Sandbox(home, superuser=os.geteuid() == 0, force_siblings=True)

    assert Isolation.SIBLING_PATHS == sandbox.isolation


def test_missing_unshare(home: Home, tmp_path: Path) -> None:
    """Where the system has no way to make a namespace, the sides lie beside each other, without an error."""
    assert Isolation.SIBLING_PATHS == Sandbox(home, superuser=False, tools=str(tmp_path)).isolation


def test_tools_of_the_child_are_not_used(workspace: Workspace, sandbox: Sandbox, tmp_path: Path) -> None:
    """A program in the child's PATH that is named like one of the system's does not take part in the isolation."""
    for name in ("unshare", "mount", "setpriv", "test"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 99\n")
        (tmp_path / name).chmod(0o755)
    side = workspace.side(Side.HEAD)

    ended = sandbox.run(
        side,
        [sys.executable, "-c", "import os; print(os.getcwd())"],
        variables={"PATH": str(tmp_path)},
        log=side.out / "log",
        timeout_s=30,
        cancel=threading.Event(),
    )

    assert 0 == ended.exit_code
    assert f"{sandbox.paths(side).tree}\n" == (side.out / "log").read_text()
