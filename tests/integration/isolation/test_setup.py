"""Environments that a setup command makes: cached, and never one that would make a side test the other."""

import os
import sys
import threading
import zipfile
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
from tests.installed_packages import write_wheels

# A build backend in the project's own tree: pip installs the project without an index.
BACKEND = """
import pathlib, zipfile

def _wheel(folder, files):
    files = {
        "project-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: project\\nVersion: 1\\n",
        "project-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "project-1.dist-info/RECORD": "",
        **files,
    }
    with zipfile.ZipFile(pathlib.Path(folder, "project-1-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "project-1-py3-none-any.whl"

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"project.pth": str(pathlib.Path("src").resolve())})

def build_wheel(folder, config_settings=None, metadata_directory=None):
    sources = pathlib.Path("src/project").glob("*.py")
    return _wheel(folder, {f"project/{file.name}": file.read_text() for file in sources})
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = 'project'
version = '1'
"""

Prepare = Callable[..., PreparedEnvironment]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A state directory with a short path."""
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def sandbox(home: Home) -> Sandbox:
    """The sandbox that the kernel allows."""
    return Sandbox(home, superuser=os.geteuid() == 0)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pytest is made of, to install it from."""
    folder = tmp_path_factory.mktemp("wheels")
    write_wheels("pytest", folder)
    return folder


@pytest.fixture
def installs(wheels: Path) -> Callable[[str], str]:
    """A setup command that installs pytest and what it is given, without an index."""
    return lambda what: f"pip install -q --no-index --find-links {wheels} pytest {what}"


@pytest.fixture
def prepare(home: Home, sandbox: Sandbox) -> Prepare:
    """Prepare the environment of a side with a setup command."""
    environments = HermeticEnvironments(home, sandbox, dict(os.environ), superuser=os.geteuid() == 0)

    def prepare_side(
        workspace: Workspace,
        side: Side,
        setup: str,
        *,
        timeout_ms: int = 60_000,
        cancel: threading.Event | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> PreparedEnvironment:
        command = TestCommand(interpreter=Path(sys.executable), arguments=(), setup=setup, timeout_ms=timeout_ms)
        return environments.prepare(
            command,
            workspace.side(side).tree,
            side=side,
            repository="project",
            cancel=cancel or threading.Event(),
            progress=progress,
        )

    return prepare_side


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """An open run with a package on either side whose ``WHERE`` is the side's name."""
    for side in (Side.BASE, Side.HEAD):
        package = workspace.side(side).tree / "src/project"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "where.py").write_text(f"WHERE = {side.label!r}\n")
        (workspace.side(side).tree / "source.c").write_text(f"WHERE = {side.label!r}\n")
        (workspace.side(side).tree / "pyproject.toml").write_text(PROJECT)
        (workspace.side(side).tree / "backend.py").write_text(BACKEND)
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


def test_editable_install_follows_the_side(
    workspace: Workspace, sandbox: Sandbox, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """An editable install is shared by both sides where they have one path, and each imports its own tree."""
    setup = installs("-e .")
    prepared = {side: prepare(workspace, side, setup) for side in (Side.BASE, Side.HEAD)}

    assert not reused(prepared[Side.BASE])
    assert (sandbox.isolation is Isolation.MOUNT_NAMESPACE) == reused(prepared[Side.HEAD])
    assert ["base", "head"] == [
        imported(sandbox, workspace.side(side), prepared[side]) for side in (Side.BASE, Side.HEAD)
    ]
    assert prepared[Side.HEAD].environment.pytest_version == pytest.__version__

    (workspace.side(Side.HEAD).tree / "pyproject.toml").write_text(PROJECT + "readme = 'README'\n")
    assert not reused(prepare(workspace, Side.HEAD, setup))


def test_bytecode_lies_where_the_suite_looks_for_it(
    workspace: Workspace, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """What set-up and the look at pytest compiled is in the cache of the environment, and nothing of what is installed
    in the interpreter that it was made from.
    """
    prepared = prepare(workspace, Side.BASE, installs(""))

    kept = prepared.python.parents[2]
    compiled = [path for path in kept.rglob("*.pyc") if "_pytest" in path.parts]
    own = kept / "pycache" / (kept / "venv").relative_to("/")
    assert [True] == sorted({path.is_relative_to(own) for path in compiled})


def test_a_candidate_makes_nothing_that_other_trees_use(
    workspace: Workspace, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """What a head was set up with serves its own tree again, and no other one with the same dependency files."""
    setup, tree = installs("-e ."), workspace.side(Side.HEAD).tree
    assert not reused(prepare(workspace, Side.HEAD, setup))
    assert reused(prepare(workspace, Side.HEAD, setup))

    (tree / "src/project/where.py").write_text("WHERE = 'elsewhere'\n")

    assert not reused(prepare(workspace, Side.HEAD, setup))


def test_an_installed_copy_is_the_project(
    workspace: Workspace, sandbox: Sandbox, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """A setup that installs the project as a copy gives each side its own, and names the copies that are the same."""
    prepared = {side: prepare(workspace, side, installs(".")) for side in (Side.BASE, Side.HEAD)}

    assert [False, False] == [reused(prepared[side]) for side in (Side.BASE, Side.HEAD)]
    assert ["base", "head"] == [
        imported(sandbox, workspace.side(side), prepared[side]) for side in (Side.BASE, Side.HEAD)
    ]
    assert ["project", "project.where"] == list(prepared[Side.HEAD].copies)
    (workspace.side(Side.HEAD).tree / "src/project/where.py").write_text("WHERE = 'edited'\n")
    (workspace.side(Side.BASE).tree / "src/project/where.py").write_text("WHERE = 'edited'\n")
    edited = prepare(workspace, Side.HEAD, installs(". && sed -i s/edited/other/ src/project/where.py"))
    assert ["project"] == list(edited.copies)


def test_what_belongs_to_a_tree_serves_no_other(
    workspace: Workspace, sandbox: Sandbox, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """An environment for which files were generated in the worktree serves the tree that it was made from and no other;
    what was generated is there again when it is used again.
    """
    setup = installs("-e . && cp sourc?.c src/project/generated.py")
    prepared = {side: prepare(workspace, side, setup) for side in (Side.BASE, Side.HEAD)}

    assert [False, False] == [reused(prepared[side]) for side in (Side.BASE, Side.HEAD)]
    assert ["base", "head"] == [
        imported(sandbox, workspace.side(side), prepared[side], "generated") for side in (Side.BASE, Side.HEAD)
    ]
    assert 2 == len({prepared[side].environment.fingerprint for side in (Side.BASE, Side.HEAD)})

    (workspace.side(Side.HEAD).tree / "src/project/generated.py").unlink()
    again = prepare(workspace, Side.HEAD, setup)
    assert reused(again)
    assert "head" == imported(sandbox, workspace.side(Side.HEAD), again, "generated")


def release(wheels: Path, version: str, requires: str = "") -> None:
    """Release a version of acme."""
    info = f"acme-{version}.dist-info"
    with zipfile.ZipFile(wheels / f"acme-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("acme.py", f"VERSION = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n{requires}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize(
    ("line", "version", "moved", "pinned"),
    [("# a comment", "1.0", (), True), ("acme>=1.1", "1.1", ("acme",), True)],
)
def test_head_keeps_the_versions_of_base(
    workspace: Workspace,
    prepare: Prepare,
    wheels: Path,
    installs: Callable[[str], str],
    line: str,
    version: str,
    moved: tuple[str, ...],
    pinned: bool,
) -> None:
    """A version that was released between the two setups moves on head only where the change moves it."""
    for side in (Side.BASE, Side.HEAD):
        (workspace.side(side).tree / "requirements.txt").write_text("acme\n")
    (workspace.side(Side.HEAD).tree / "requirements.txt").write_text(f"acme\n{line}\n")
    release(wheels, "1.0")
    (wheels / "acme-1.1-py3-none-any.whl").unlink(missing_ok=True)
    setup = installs("-r requirements.txt")
    base = prepare(workspace, Side.BASE, setup)
    release(wheels, "1.1")

    head = prepare(workspace, Side.HEAD, setup)

    assert "acme==1.0" in base.environment.distributions
    assert f"acme=={version}" in head.environment.distributions
    assert head.setup is not None
    assert (moved, pinned) == (head.setup.moved, head.setup.pinned)


def test_a_setup_that_the_pins_break_is_run_without(
    workspace: Workspace, prepare: Prepare, wheels: Path, installs: Callable[[str], str]
) -> None:
    """Where the change cannot have base's versions, head is set up without them in a worktree as it was before."""
    (workspace.side(Side.BASE).tree / "prepare.sh").write_text(installs("acme==1.0"))
    tree = workspace.side(Side.HEAD).tree
    (tree / "prepare.sh").write_text(f"test ! -e left; touch left; {installs('acme==$(cat which)')}")
    (tree / "which").write_text("1.1")
    release(wheels, "1.0")
    release(wheels, "1.1")
    # Nothing that changed names acme: the script reads its version from another file.
    (workspace.side(Side.BASE).tree / "prepare.sh").write_text((tree / "prepare.sh").read_text())
    (workspace.side(Side.BASE).tree / "which").write_text("1.0")
    prepare(workspace, Side.BASE, "sh -e prepare.sh")

    head = prepare(workspace, Side.HEAD, "sh -e prepare.sh")

    assert "acme==1.1" in head.environment.distributions
    assert head.setup is not None
    assert (False, ()) == (head.setup.pinned, head.setup.moved)


def test_a_setup_that_failed_on_base_is_not_run_again(workspace: Workspace, prepare: Prepare, tmp_path: Path) -> None:
    """With the same inputs the result is known; a head with other inputs is set up."""
    setup = f"echo ran >> {tmp_path}/runs; sh prepare.sh"
    for side in (Side.BASE, Side.HEAD):
        (workspace.side(side).tree / "prepare.sh").write_text("exit 3\n")
    assert 3 == _exit_code(prepare(workspace, Side.BASE, setup))

    told = prepare(workspace, Side.HEAD, setup).setup
    assert told is not None
    assert (True, None) == (told.not_run, told.exit_code)
    assert ["ran"] == (tmp_path / "runs").read_text().split()

    (workspace.side(Side.HEAD).tree / "prepare.sh").write_text("exit 4\n")
    assert 4 == _exit_code(prepare(workspace, Side.HEAD, setup))


def _exit_code(prepared: PreparedEnvironment) -> int | None:
    assert prepared.setup is not None
    return prepared.setup.exit_code


def test_environments_belong_to_a_repository(
    home: Home, sandbox: Sandbox, workspace: Workspace, installs: Callable[[str], str]
) -> None:
    """Another repository with the same files makes its own environment."""
    environments = HermeticEnvironments(home, sandbox, dict(os.environ), superuser=os.geteuid() == 0)
    command = TestCommand(interpreter=Path(sys.executable), arguments=(), setup=installs(""), timeout_ms=60_000)
    prepared = [
        environments.prepare(
            command,
            workspace.side(Side.BASE).tree,
            side=Side.BASE,
            repository=repository,
            cancel=threading.Event(),
            progress=lambda _: None,
        )
        for repository in ("one", "other", "one")
    ]

    assert [False, False, True] == [reused(each) for each in prepared]


def test_failures_are_not_cached(workspace: Workspace, prepare: Prepare, home: Home) -> None:
    """A setup that fails, takes too long or leaves no pytest is reported with its output, and tried again."""
    cases = {
        "echo tried >&2; exit 3": (3, False, "tried\n"),
        "echo started; sleep 300": (None, True, "started\n"),
        "echo nothing": (
            None,
            False,
            "nothing\n\nautopack: the setup command ended with exit code 0, but",
        ),
    }
    for setup, expected in cases.items():
        facts = prepare(workspace, Side.HEAD, setup, timeout_ms=1000).setup

        assert facts is not None
        assert expected == (facts.exit_code, facts.timed_out, facts.output_tail[: len(expected[2])])
        assert not facts.reused
        assert [] == list(home.environments.iterdir())


def test_cancelled_setup(workspace: Workspace, prepare: Prepare, installs: Callable[[str], str]) -> None:
    """A cancelled setup raises, and what it had begun is begun anew next time."""
    cancel = threading.Event()

    def cancel_in_setup(report: Progress) -> None:
        if report.activity is Activity.SETTING_UP:
            cancel.set()

    with pytest.raises(Cancelled):
        prepare(workspace, Side.HEAD, "sleep 300", cancel=cancel, progress=cancel_in_setup)
    assert not reused(prepare(workspace, Side.HEAD, installs("")))


def test_two_gates_at_once(
    home: Home, sandbox: Sandbox, workspace: Workspace, prepare: Prepare, installs: Callable[[str], str]
) -> None:
    """Of two that need the same environment one makes it and the other waits, and says so."""
    if sandbox.isolation is Isolation.SIBLING_PATHS:
        pytest.skip("without a namespace no two workspaces have the same environment")
    reports: list[Progress] = []
    first = threading.Thread(target=prepare, args=(workspace, Side.BASE, installs("")))
    first.start()
    while not list(home.environments.iterdir()):
        first.join(0.05)
    second = prepare(workspace, Side.HEAD, installs(""), progress=reports.append)
    first.join()

    assert reused(second)
    assert Activity.WAITING in [report.activity for report in reports]
