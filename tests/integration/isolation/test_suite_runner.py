"""The pytest runner says what happened, whatever happened."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.suite.runner import PytestSuiteRunner
from autopack_executor.suite.stream import pytest_with_recorder
from autopack_executor.workspace.folders import Workspace
from autopack_executor.workspace.home import Home
from autopack_model.evidence.completeness import IncompleteReason, assess
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.suite_run.value import Isolation, Tree

TREE = Tree(revision="1" * 40, tree="2" * 40)
Run = Callable[..., Evidence]


def command(*arguments: str, timeout_ms: int = 60_000, setup: str | None = None) -> TestCommand:
    """A test command for the interpreter of these tests."""
    return TestCommand(interpreter=Path(sys.executable), arguments=arguments, setup=setup, timeout_ms=timeout_ms)


@pytest.fixture
def environments(home: Home, sandbox: Sandbox) -> HermeticEnvironments:
    """Environments for the workspaces of ``home``."""
    return HermeticEnvironments(home, sandbox, dict(os.environ), superuser=os.geteuid() == 0)


@pytest.fixture
def prepared(environments: HermeticEnvironments, workspace: Workspace) -> PreparedEnvironment:
    """The environment of the head side, without a setup command."""
    return environments.prepare(
        command(),
        workspace.side(Side.HEAD).tree,
        side=Side.HEAD,
        repository="project",
        cancel=threading.Event(),
        progress=lambda _: None,
    )


@pytest.fixture
def run(home: Home, sandbox: Sandbox, workspace: Workspace, prepared: PreparedEnvironment, tmp_path: Path) -> Run:
    """Write files to the head side and run its suite."""

    def write_and_run(
        files: dict[str, str],
        test_command: TestCommand | None = None,
        *,
        cancel: threading.Event | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Evidence:
        tree = workspace.side(Side.HEAD).tree
        for name, content in files.items():
            (tree / name).write_text(content)
        return PytestSuiteRunner(home, sandbox, grace_s=0.5).run(
            test_command or command(),
            prepared,
            TREE,
            tree,
            side=Side.HEAD,
            missing_submodules=(),
            artifacts=tmp_path / "artifacts",
            cancel=cancel or threading.Event(),
            progress=progress,
        )

    return write_and_run


def test_complete_suite(run: Run, tmp_path: Path, home: Home, sandbox: Sandbox) -> None:
    """A suite that runs to its end is complete evidence, and its output and events are kept."""
    evidence = run({"app.py": "ONE = 1\n", "test_app.py": "import app\ndef test_one():\n    assert app.ONE == 1\n"})

    assert assess(evidence).reason is None
    assert ("test_app.py::test_one",) == tuple(evidence.test_ids)
    assert TREE == evidence.suite_run.tree
    assert b"1 passed" in (tmp_path / "artifacts/output.log").read_bytes()
    assert (tmp_path / "artifacts/recorder.jsonl").stat().st_size > 0
    argv = pytest_with_recorder(sys.executable)
    assert argv == evidence.suite_run.process.argv
    assert ["output.log", "recorder.jsonl"] == sorted(path.name for path in (tmp_path / "artifacts").iterdir())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import time; time.sleep(300)", IncompleteReason.TIMED_OUT),
        ("import os; os.kill(os.getpid(), 9)", IncompleteReason.KILLED),
        ("import os; os._exit(0)", IncompleteReason.SESSION_UNFINISHED),
    ],
)
def test_broken_suite(run: Run, body: str, reason: IncompleteReason) -> None:
    """A suite that does not run to its end is incomplete, with the cause."""
    evidence = run(
        {"test_app.py": f"def test_one():\n    {body}\n"},
        command(timeout_ms=4000 if reason is IncompleteReason.TIMED_OUT else 60_000),
    )

    found = assess(evidence).reason
    assert found in (reason, IncompleteReason.STREAM_TRUNCATED)
    assert (reason is IncompleteReason.KILLED) == (evidence.suite_run.process.signal == signal.SIGKILL)


def test_cancelled_suite(run: Run) -> None:
    """A cancelled suite returns what was seen so far, and that it was cancelled."""
    cancel = threading.Event()

    def cancel_while_testing(report: Progress) -> None:
        if report.activity is Activity.TESTING:
            cancel.set()

    evidence = run(
        {"test_app.py": "import time\ndef test_one(): pass\ndef test_two():\n    time.sleep(300)\n"},
        cancel=cancel,
        progress=cancel_while_testing,
    )

    assert IncompleteReason.CANCELLED == assess(evidence).reason


def test_progress(run: Run) -> None:
    """Progress goes from collecting to testing, and its last report has every test."""
    reports: list[Progress] = []

    run({"test_app.py": "def test_one(): pass\ndef test_two(): assert False\n"}, progress=reports.append)

    assert (Activity.COLLECTING, Side.HEAD) == (reports[0].activity, reports[0].side)
    last = reports[-1]
    assert (Activity.TESTING, 2, 2, 1) == (last.activity, last.collected, last.done, last.failures)


def test_suite_that_is_not_started(
    environments: HermeticEnvironments, home: Home, sandbox: Sandbox, workspace: Workspace, tmp_path: Path
) -> None:
    """After a setup that failed no suite is started, and the evidence says that the setup failed."""
    tree = workspace.side(Side.HEAD).tree
    test_command = command(setup="echo no such index >&2; exit 7")
    prepared = environments.prepare(
        test_command,
        tree,
        side=Side.HEAD,
        repository="project",
        cancel=threading.Event(),
        progress=lambda _: None,
    )

    evidence = PytestSuiteRunner(home, sandbox, grace_s=30.0).run(
        test_command,
        prepared,
        TREE,
        tree,
        side=Side.HEAD,
        missing_submodules=(),
        artifacts=tmp_path / "artifacts",
        cancel=threading.Event(),
        progress=lambda _: None,
    )

    setup = evidence.suite_run.setup
    assert setup is not None
    assert (7, "no such index\n") == (setup.exit_code, setup.output_tail)
    assert IncompleteReason.SETUP_FAILED == assess(evidence).reason
    assert "" == evidence.suite_run.environment.pytest_version


def test_artifacts_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """Artifacts that cannot be written are an error with their place, not evidence."""
    (tmp_path / "artifacts").write_text("a file")

    with pytest.raises(EvidenceNotWritten, match="artifacts"):
        run({"test_app.py": "def test_one(): pass\n"})


def test_arguments_that_cannot_be_passed(run: Run) -> None:
    """Arguments that no process can take end in a suite run that was not started."""
    evidence = run({}, command("x" * 200_000))

    assert IncompleteReason.NOT_STARTED == assess(evidence).reason


def test_second_suite_starts_afresh(run: Run) -> None:
    """A suite finds nothing in TMPDIR and HOME of what the suite before it wrote there."""
    code = """
import os, pathlib, tempfile
def test_afresh():
    for place in (tempfile.gettempdir(), pathlib.Path.home()):
        assert [] == [name for name in os.listdir(place) if name == "left"]
        (pathlib.Path(place) / "left").touch()
"""
    for _ in range(2):
        assert assess(run({"test_app.py": code})).reason is None


def test_bytecode_of_the_tree_is_not_shared(run: Run, home: Home) -> None:
    """Two contents of one file with equal size and time are two modules: no bytecode survives from run to run."""
    for value in ("1", "2"):
        files = {
            "app.py": f"ONE = {value}\n",
            "test_app.py": f"import app\ndef test_one(): assert app.ONE == {value}\n",
        }
        conftest = "import os\nfor name in ('app.py', 'test_app.py'): os.utime(name, (1e9, 1e9))\n"
        assert assess(run({**files, "conftest.py": conftest})).reason is None
        assert b"\x01" == run(files).states

    assert list(home.pycache.rglob("pluggy/*.pyc"))
    assert [] == list(home.pycache.rglob("test_app.*.pyc"))


def test_environment_without_setup(prepared: PreparedEnvironment, sandbox: Sandbox, workspace: Workspace) -> None:
    """Without a setup command the environment is the interpreter's own, described."""
    environment = prepared.environment

    assert prepared.usable
    assert Path(sys.executable) == prepared.python
    assert sys.version.split()[0] == environment.python_version
    assert pytest.__version__ == environment.pytest_version
    assert f"pytest=={pytest.__version__}" in environment.distributions
    assert list(environment.distributions) == sorted(environment.distributions, key=lambda found: found.split("==")[0])
    assert str(sandbox.paths(workspace.side(Side.HEAD)).tree) == environment.tree_path
    assert ("C.UTF-8", "UTC", 0o022) == (environment.locale, environment.timezone, environment.umask)
    assert (os.geteuid() == 0) == environment.superuser


def test_fingerprint_of_both_sides(environments: HermeticEnvironments, sandbox: Sandbox, workspace: Workspace) -> None:
    """Both sides have one fingerprint where they have one path; it is the same when asked again."""
    prints = [
        environments.prepare(
            command(),
            workspace.side(side).tree,
            side=side,
            repository="project",
            cancel=threading.Event(),
            progress=lambda _: None,
        ).environment.fingerprint
        for side in (Side.BASE, Side.HEAD, Side.HEAD)
    ]

    assert prints[1] == prints[2]
    assert (prints[0] == prints[1]) == (sandbox.isolation is Isolation.MOUNT_NAMESPACE)


def test_fingerprint_covers_the_caller(home: Home, sandbox: Sandbox, workspace: Workspace) -> None:
    """What reaches the tests is part of the fingerprint, a variable or a program, and nothing else of the caller is."""
    side = workspace.side(Side.HEAD)

    def fingerprint(**variables: str) -> str:
        environments = HermeticEnvironments(home, sandbox, {"PATH": "/usr/bin:/bin", **variables}, superuser=False)
        prepared = environments.prepare(
            command(),
            side.tree,
            side=Side.HEAD,
            repository="project",
            cancel=threading.Event(),
            progress=lambda _: None,
        )
        return prepared.environment.fingerprint

    programs = Path(os.__file__).resolve().parent
    assert fingerprint() == fingerprint(EDITOR="vi") == fingerprint(PATH="/usr/bin:/bin:/missing:/tmp")
    assert fingerprint() != fingerprint(PATH=f"/usr/bin:/bin:{programs}")
    assert fingerprint() != fingerprint(SSL_CERT_FILE="/etc/authorities.pem")


def test_events_lie_in_the_workspace(run: Run, workspace: Workspace) -> None:
    """The recorder is told paths that both sides share, and the project's modules by name."""
    run({"app.py": "", "test_app.py": "import os\ndef test_one(): print(os.environ['AUTOPACK_RECORDER_STREAM'])\n"})

    modules = json.loads((workspace.side(Side.HEAD).out / "modules.json").read_text())
    assert ["app.py"] == modules["app"]


LINGERING = """
import threading

def test_one():
    threading.Thread(target=threading.Event().wait).start()
"""


@pytest.mark.parametrize(
    ("body", "timeout_ms", "exit_code"),
    [
        (LINGERING, 60_000, 0),
        (LINGERING + "    assert False\n", 60_000, 1),
        ("import atexit, time\natexit.register(time.sleep, 300)\ndef test_one():\n    pass\n", 60_000, 0),
        # as deaf as a child can be
        ("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LINGERING, 60_000, 0),
    ],
    ids=["thread", "failing", "atexit", "deaf"],
)
def test_suite_that_does_not_exit(run: Run, body: str, timeout_ms: int, exit_code: int) -> None:
    """A suite that has reported everything and does not exit is ended, and judged on what it reported."""
    evidence = run({"test_app.py": body}, command(timeout_ms=timeout_ms))

    process = evidence.suite_run.process
    assert (True, False, None, None) == (process.lingered, process.timed_out, process.exit_code, process.signal)
    assert (exit_code, None) == (evidence.suite_run.exit_code, assess(evidence).reason)
    assert timeout_ms > process.ended_at_ms - process.started_at_ms


def test_suite_that_hangs_before_its_end(run: Run) -> None:
    """A suite that hangs while a test or the session goes on has not reported everything: it is timed out."""
    hanging = "import pytest, time\n@pytest.fixture\ndef hangs():\n    yield\n    time.sleep(300)\n"
    evidence = run({"test_app.py": hanging + "def test_one(hangs):\n    pass\n"}, command(timeout_ms=4_000))

    assert (False, True) == (evidence.suite_run.process.lingered, evidence.suite_run.process.timed_out)
    assert IncompleteReason.TIMED_OUT is assess(evidence).reason


def test_suite_whose_exit_crashes(run: Run) -> None:
    """A suite that reports everything and then exits with another code contradicts itself, as before."""
    body = "import atexit, os\natexit.register(os._exit, 3)\ndef test_one():\n    pass\n"
    evidence = run({"test_app.py": body})

    assert (False, IncompleteReason.INTERNAL_ERROR) == (evidence.suite_run.process.lingered, assess(evidence).reason)
