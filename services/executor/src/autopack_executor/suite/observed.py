"""Makes evidence of what was observed of a suite run: its process and its recording."""

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.isolation.child import ChildExit
from autopack_executor.suite.stream import RECORDER_VERSION
from autopack_executor.suite.value import Recording
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.suite_run.value import (
    BindingState,
    KeyedDigest,
    ProcessFacts,
    RecorderFacts,
    StreamState,
    SuiteRun,
    Tree,
    TreeBinding,
)

NOTHING_RECORDED = Recording(
    facts=RecorderFacts(
        version=RECORDER_VERSION,
        stream=StreamState.MISSING,
        session_started=False,
        session_finished=False,
        session_exit_status=None,
        collected=0,
        deselected=0,
        reported=0,
        selection=(),
        collectors=(),
        seeds=(),
        running=(),
    ),
    binding=TreeBinding(state=BindingState.UNKNOWN, foreign=()),
    test_ids=TestIds(),
    states=b"",
    durations=b"",
    reruns=b"",
    details=(),
)
NEVER_STARTED = ChildExit(
    exit_code=None,
    signal=None,
    timed_out=False,
    cancelled=False,
    lingered=False,
    started_at_ms=0,
    ended_at_ms=0,
    problem="",
)


def observed_evidence(
    command: TestCommand,
    prepared: PreparedEnvironment,
    tree: Tree,
    argv: tuple[str, ...],
    *,
    missing_submodules: tuple[str, ...],
    ended: ChildExit,
    recording: Recording,
    folder_missing: bool = False,
) -> Evidence:
    """The evidence of one suite run on ``tree``: what was to be run, how the process ``ended``, and what was recorded.
    The end of its output and the commands around it are not in it yet.
    """
    return Evidence(
        suite_run=SuiteRun(
            tree=tree,
            environment=prepared.environment,
            setup=prepared.setup,
            arguments=command.arguments,
            process=ProcessFacts(
                argv=argv,
                exit_code=None if ended.lingered else ended.exit_code,
                signal=None if ended.lingered else ended.signal,
                timed_out=ended.timed_out,
                cancelled=ended.cancelled,
                started_at_ms=ended.started_at_ms,
                ended_at_ms=ended.ended_at_ms,
                lingered=ended.lingered,
            ),
            recorder=recording.facts,
            binding=recording.binding,
            missing_submodules=missing_submodules,
            output_tail="",
            folder=command.folder,
            folder_missing=folder_missing,
            copies=tuple(KeyedDigest(name=copy.path, digest=copy.digest) for copy in command.copies),
        ),
        test_ids=recording.test_ids,
        states=recording.states,
        durations=recording.durations,
        reruns=recording.reruns,
        details=recording.details,
    )
