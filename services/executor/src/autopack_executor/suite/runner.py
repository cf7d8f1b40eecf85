"""Runs a pytest suite on one side with the recorder in it, and says what was observed."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from autopack_executor.environment.import_roots import importable_modules
from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.isolation.child import ChildExit, Work
from autopack_executor.isolation.output_log import read_tail
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.suite.observed import NEVER_STARTED, NOTHING_RECORDED, observed_evidence
from autopack_executor.suite.redaction import Redaction
from autopack_executor.suite.side_commands import SideCommands
from autopack_executor.suite.source_files import SourceFiles
from autopack_executor.suite.stream import RecorderStream, pytest_with_recorder, recorder_variables
from autopack_executor.suite.uses.find import files_of_tests
from autopack_executor.suite.value import Recording
from autopack_executor.workspace.folders import SideFolders
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.worktree_content import paths_below
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.report.artifact_folder import OUTPUT_FILE, RECORDER_FILE, SETUP_FILE
from autopack_model.suite_run.value import BindingState, Deviation, DeviationKind, Tree
from autopack_rpc.files import write_whole

MODULES_FILE = "modules.json"
TESTS_FILE = "tests.json"


class PytestSuiteRunner:
    """Implements ``ports.SuiteRunner`` for the workspaces of ``home``. Worktrees must be the trees of open runs.
    A suite that has reported everything has ``grace_s`` seconds to exit.
    """

    def __init__(self, home: Home, sandbox: Sandbox, *, grace_s: float) -> None:
        self._home = home
        self._sandbox = sandbox
        self._grace_s = grace_s

    def run(
        self,
        command: TestCommand,
        prepared: PreparedEnvironment,
        tree: Tree,
        worktree: Path,
        *,
        side: Side,
        missing_submodules: tuple[str, ...],
        artifacts: Path,
        cancel: threading.Event,
        progress: Callable[[Progress], None],
        tests: tuple[str, ...] | None = None,
    ) -> Evidence:
        """See ``ports.SuiteRunner.run``. ``artifacts`` (made when missing) gets SETUP_FILE, where there was a setup, at
        once, and OUTPUT_FILE and RECORDER_FILE, whole, when the suite has ended: until then they lie in the side's
        folders, out of the way of other runs.
        """
        argv = (*pytest_with_recorder(prepared.python), *command.arguments)
        redaction = Redaction.of((*command.variables, *command.setup_variables))
        missing = not _is_folder(worktree, command.folder)
        folders = self._home.side_folders(worktree)
        with _writing(side, artifacts):
            self._keep(artifacts, (folders.out / SETUP_FILE,), redaction)
        if missing or not prepared.usable:
            return redaction.evidence(
                observed_evidence(
                    command,
                    prepared,
                    tree,
                    argv,
                    missing_submodules=missing_submodules,
                    ended=NEVER_STARTED,
                    recording=NOTHING_RECORDED,
                    folder_missing=missing,
                )
            )
        commands = SideCommands(
            sandbox=self._sandbox, command=command, folders=folders, variables=prepared.variables, cancel=cancel
        )
        output, stream = folders.out / OUTPUT_FILE, folders.out / RECORDER_FILE
        with _writing(side, artifacts):
            stream.unlink(missing_ok=True)
            folders.renew()
            paths = paths_below(folders.tree)
            self._write_modules(folders, paths, prepared.copies, command.folder)
            sources = SourceFiles(folders.tree, paths)
            if tests is not None:
                write_whole(folders.out / TESTS_FILE, json.dumps(tests).encode())
            with RecorderStream(stream) as recorder:
                try:
                    with commands.around() as ready:
                        ended = replace(NEVER_STARTED, cancelled=cancel.is_set())
                        if ready:
                            ended = self._run(
                                command,
                                prepared,
                                argv,
                                folders,
                                recorder,
                                side=side,
                                cancel=cancel,
                                progress=progress,
                                selected=tests is not None,
                            )
                finally:
                    folders.renew()  # a suite that filled the disk must not keep its evidence from being written
                recording = recorder.finish()
            recording = _with_deviations(recording, sources, prepared)
            if tests is None:
                recording = _with_uses(recording, folders.tree, paths, partial(_tell, progress, side))
            self._keep(artifacts, (output, stream, *commands.logs), redaction)
            evidence = observed_evidence(
                command,
                prepared,
                tree,
                argv,
                missing_submodules=missing_submodules,
                ended=ended,
                recording=recording,
            )
            run = replace(evidence.suite_run, before_side=commands.before, after_side=commands.after)
            evidence = replace(evidence, suite_run=run)
            run = replace(run, output_tail=_explaining_tail(evidence, output))
        return redaction.evidence(replace(evidence, suite_run=run))

    def _run(
        self,
        command: TestCommand,
        prepared: PreparedEnvironment,
        argv: tuple[str, ...],
        folders: SideFolders,
        recorder: RecorderStream,
        *,
        side: Side,
        cancel: threading.Event,
        progress: Callable[[Progress], None],
        selected: bool,
    ) -> ChildExit:
        paths = self._sandbox.paths(folders)
        wanted = paths.out / TESTS_FILE if selected else None

        def report() -> None:
            counts = recorder.poll()
            progress(
                Progress(
                    activity=Activity.TESTING if counts.collected else Activity.COLLECTING,
                    side=side,
                    collected=counts.collected,
                    done=counts.done,
                    failures=counts.failures,
                    message="",
                )
            )

        report()
        ended = self._sandbox.run(
            folders,
            argv,
            variables={
                **prepared.variables,
                **recorder_variables(paths.out / RECORDER_FILE, paths.tree, paths.out / MODULES_FILE, wanted),
            },
            log=folders.out / OUTPUT_FILE,
            timeout_s=command.timeout_ms / 1000,
            cancel=cancel,
            on_tick=report,
            work=Work(done=lambda: recorder.whole, grace_s=self._grace_s),
            folder=command.folder,
        )
        report()
        return ended

    def _write_modules(
        self, folders: SideFolders, paths: Sequence[str], copies: Mapping[str, str], folder: str
    ) -> None:
        files = importable_modules(paths, folder)
        modules = {name: [path, *([copies[name]] if name in copies else [])] for name, path in files.items()}
        write_whole(folders.out / MODULES_FILE, json.dumps(modules, sort_keys=True).encode())

    def _keep(self, artifacts: Path, files: tuple[Path, ...], redaction: Redaction) -> None:
        artifacts.mkdir(parents=True, exist_ok=True)
        for file in files:
            if file.is_file() and not file.is_symlink():
                redaction.copy(file, artifacts / file.name)


def _with_deviations(recording: Recording, sources: SourceFiles, prepared: PreparedEnvironment) -> Recording:
    """The recording with what only can be seen from outside. Of a suite that told nothing there is nothing to add."""
    binding = recording.binding
    if binding.state is BindingState.UNKNOWN:
        return recording
    hooks = [Deviation(kind=DeviationKind.START_HOOK, subject=name, path="") for name in prepared.start_hooks]
    written = sources.written({test_id.partition("::")[0] for test_id in recording.test_ids})
    deviations = tuple(sorted({*binding.deviations, *hooks, *written}))
    return replace(recording, binding=replace(binding, deviations=deviations))


def _tell(progress: Callable[[Progress], None], side: Side, message: str) -> None:
    progress(Progress(activity=Activity.RECORDING, side=side, collected=0, done=0, failures=0, message=message))


def _with_uses(recording: Recording, tree: Path, paths: Sequence[str], tell: Callable[[str], None]) -> Recording:
    """The recording with the files that belong to the tests though their names do not say so."""
    if recording.binding.state is BindingState.UNKNOWN:
        return recording
    found = files_of_tests(tree, paths, recording, tell)
    return replace(recording, binding=replace(recording.binding, test_files=found))


def _is_folder(tree: Path, folder: str) -> bool:
    """Whether ``folder`` is in the tree, and no link leads to it."""
    place = tree
    for part in folder.split("/") if folder else ():
        place /= part
        if place.is_symlink() or not place.is_dir():
            return False
    return True


@contextlib.contextmanager
def _writing(side: Side, artifacts: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceNotWritten(
            f"the evidence of the {side.label} side cannot be written: {error}; free disk space and run again",
            subject=str(error.filename or artifacts),
        ) from error


def _explaining_tail(evidence: Evidence, output: Path) -> str:
    """The end of the output, where something has to be explained that the outcomes of tests do not explain."""
    completeness = assess(evidence)
    if completeness.complete and not completeness.unexplained_exit and evidence.states:
        return ""
    return read_tail(output)
