"""Environments that a setup command makes: cached, and never one that would make a side test the other."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders, Workspace
from autopack_executor.workspace.home import Home
from autopack_model.errors import Cancelled
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.suite_run.value import Isolation

# Gives the environment the pytest that runs these tests, without an index: each of its directories as a link.
_DONORS = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")
_PYTEST = Path(pytest.__file__).parent.parent
LINK_PYTEST = f"""
site=$(python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
for name in {" ".join(_DONORS)}; do ln -s "{_PYTEST}/$name" "$site"/; ln -s "{_PYTEST}/$name"-*.dist-info "$site"/; done
"""
EDITABLE = (
    LINK_PYTEST + 'echo "$PWD/src" > "$site/project.pth"; mkdir -p src/p.egg-info; echo 1 > src/p.egg-info/made\n'
)
COPY = LINK_PYTEST + 'cp -r src/project "$site/project"\n'
# A file that the command names would be part of the key, and that is not what is tested.
GENERATE = EDITABLE + "cp sourc?.c src/project/generated.py\n"

Prepare = Callable[..., PreparedEnvironment]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A state directory with a short path."""
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def sandbox(home: Home) -> Sandbox:
    """The sandbox that the kernel allows."""
    return Sandbox(home, superuser=os.geteuid() == 0)


@pytest.fixture
def prepare(home: Home, sandbox: Sandbox) -> Prepare:
    """Prepare the environment of a side with a setup command."""
    environments = HermeticEnvironments(home, sandbox, dict(os.environ), superuser=os.geteuid() == 0)

    def prepare_side(
        workspace: Workspace,
        side: Side,
        setup: str,
        *,
        timeout_s: float = 60.0,
        cancel: threading.Event | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> PreparedEnvironment:
        command = TestCommand(interpreter=Path(sys.executable), arguments=(), setup=setup, timeout_ms=timeout_s)
        return environments.prepare(
            command,
            workspace.side(side).tree,
            side=side,
            cancel=cancel or threading.Event(),
            progress=progress,
        )

    return prepare_side


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """An open run with a package on either side whose ``WHERE`` is the side's name."""
    for side in Side:
        package = workspace.side(side).tree / "src/project"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "where.py").write_text(f"WHERE = {side.label!r}\n")
        (workspace.side(side).tree / "source.c").write_text(f"WHERE = {side.label!r}\n")
        (workspace.side(side).tree / "pyproject.toml").write_text("[project]\nname = 'project'\nversion = '1'\n")
    return workspace


def imported(sandbox: Sandbox, workspace: SideFolders, prepared: PreparedEnvironment, module: str = "where") -> str:
    """The value of ``WHERE`` that the side's environment imports."""
    ended = sandbox.run(
        workspace,
        [str(prepared.python), "-I", "-c", f"from project.{module} import WHERE; print(WHERE)"],
        variables=prepared.variables,
        log=workspace.out / "log",
        timeout_s=60,
        cancel=threading.Event(),
    )
    assert 0 == ended.exit_code, (workspace.out / "log").read_text()
    return (workspace.out / "log").read_text().strip()


def reused(prepared: PreparedEnvironment) -> bool:
    """Whether the environment came from the cache."""
    assert prepared.setup is not None
    assert prepared.usable, prepared.setup.output_tail
    return prepared.setup.reused


def test_editable_install_follows_the_side(workspace: Workspace, sandbox: Sandbox, prepare: Prepare) -> None:
    """An editable install is shared by both sides where they have one path, and each imports its own tree."""
    prepared = {side: prepare(workspace, side, EDITABLE) for side in Side}

    assert not reused(prepared[Side.BASE])
    assert (sandbox.isolation is Isolation.MOUNT_NAMESPACE) == reused(prepared[Side.HEAD])
    assert ["base", "head"] == [imported(sandbox, workspace.side(side), prepared[side]) for side in Side]
    assert (workspace.side(Side.HEAD).tree / "src/p.egg-info/made").exists()
    assert prepared[Side.HEAD].environment.pytest_version == pytest.__version__

    (workspace.side(Side.HEAD).tree / "pyproject.toml").write_text("[project]\nname = 'project'\nversion = '2'\n")
    assert not reused(prepare(workspace, Side.HEAD, EDITABLE))


@pytest.mark.parametrize(("setup", "module"), [(COPY, "where"), (GENERATE, "generated")])
def test_what_belongs_to_a_tree_serves_no_other(
    workspace: Workspace, sandbox: Sandbox, prepare: Prepare, setup: str, module: str
) -> None:
    """An environment with a copy of the project, or for which files were generated in the worktree, serves the tree
    that it was made from and no other; what was generated is there again when it is used again.
    """
    prepared = {side: prepare(workspace, side, setup) for side in Side}

    assert [False, False] == [reused(prepared[side]) for side in Side]
    assert ["base", "head"] == [imported(sandbox, workspace.side(side), prepared[side], module) for side in Side]
    fingerprints = {prepared[side].environment.fingerprint for side in Side}
    assert 2 == len(fingerprints)

    (workspace.side(Side.HEAD).tree / "src/project/generated.py").unlink(missing_ok=True)
    for path in (workspace.side(Side.HEAD).tree / "src/p.egg-info").glob("*"):
        path.unlink()
    again = prepare(workspace, Side.HEAD, setup)
    assert reused(again)
    assert "head" == imported(sandbox, workspace.side(Side.HEAD), again, module)


def test_failures_are_not_cached(workspace: Workspace, prepare: Prepare, home: Home) -> None:
    """A setup that fails, takes too long or leaves no pytest is reported with its output, and tried again."""
    cases = {
        "echo tried >&2; exit 3": (3, False, "tried\n"),
        "echo started; sleep 300": (None, True, "started\n"),
        "echo nothing": (
            None,
            False,
            "nothing\n\nautopack: the setup command ended with exit code 0 but left no pytest",
        ),
    }
    for setup, expected in cases.items():
        facts = prepare(workspace, Side.HEAD, setup, timeout_s=1).setup

        assert facts is not None
        assert expected == (facts.exit_code, facts.timed_out, facts.output_tail[: len(expected[2])])
        assert not facts.reused
        assert [] == list(home.environments.iterdir())


def test_cancelled_setup(workspace: Workspace, prepare: Prepare) -> None:
    """A cancelled setup raises, and what it had begun is begun anew next time."""
    cancel = threading.Event()

    def cancel_in_setup(report: Progress) -> None:
        if report.activity is Activity.SETTING_UP:
            cancel.set()

    with pytest.raises(Cancelled):
        prepare(workspace, Side.HEAD, "sleep 300", cancel=cancel, progress=cancel_in_setup)
    assert not reused(prepare(workspace, Side.HEAD, EDITABLE))


def test_two_gates_at_once(home: Home, sandbox: Sandbox, workspace: Workspace, prepare: Prepare) -> None:
    """Of two that need the same environment one makes it and the other waits, and says so."""
    if sandbox.isolation is Isolation.SIBLING_PATHS:
        pytest.skip("without a namespace no two workspaces have the same environment")
    reports: list[Progress] = []
    first = threading.Thread(target=prepare, args=(workspace, Side.BASE, EDITABLE))
    first.start()
    while not list(home.environments.iterdir()):
        first.join(0.05)
    second = prepare(workspace, Side.HEAD, EDITABLE, progress=reports.append)
    first.join()

    assert reused(second)
    assert Activity.WAITING in [report.activity for report in reports]
