"""Headers of suite runs on the wire."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autopack.results.v1 import suite_run_pb2
from autopack_model.digest import check_digest, check_keyed_digest
from autopack_model.errors import InvalidValue
from autopack_model.fields import given, read_enum, require
from autopack_model.suite_run.value import (
    BindingState,
    CollectorOutcome,
    CollectorState,
    CommandFacts,
    Deviation,
    DeviationKind,
    Environment,
    Isolation,
    KeyedDigest,
    ProcessFacts,
    RecorderFacts,
    SetupChange,
    SetupFacts,
    StreamState,
    SuiteRun,
    Tree,
    TreeBinding,
)

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _stream_state: suite_run_pb2.StreamState.Members = StreamState
    _collector_state: suite_run_pb2.CollectorState.Members = CollectorState
    _binding_state: suite_run_pb2.BindingState.Members = BindingState
    _deviation_kind: suite_run_pb2.DeviationKind.Members = DeviationKind
    _isolation: suite_run_pb2.Isolation.Members = Isolation


_HEX = frozenset("0123456789abcdef")


def tree_to_wire(tree: Tree) -> suite_run_pb2.Tree:
    """The message of a tree."""
    return suite_run_pb2.Tree(revision=tree.revision, tree=tree.tree)


def tree_from_wire(message: suite_run_pb2.Tree, path: str) -> Tree:
    """The tree. Raises InvalidValue unless both names are git object names."""
    for field, value in (("revision", message.revision), ("tree", message.tree)):
        check_object_name(value, f"{path}.{field}")
    return Tree(revision=message.revision, tree=message.tree)


def check_object_name(value: str, path: str) -> str:
    """Return ``value`` when it is a git object name (40 or 64 hex digits). Raises InvalidValue."""
    if len(value) not in (40, 64) or not _HEX.issuperset(value):
        raise InvalidValue(path, f"{value[:80]!r} is not a git object name of 40 or 64 hex digits")
    return value


def collector_to_wire(collector: CollectorOutcome) -> suite_run_pb2.CollectorOutcome:
    """The message of a collector's outcome."""
    return suite_run_pb2.CollectorOutcome(
        collector=collector.collector,
        state=suite_run_pb2.CollectorState.ValueType(collector.state.value),
        message=collector.message,
        signature=collector.signature,
        cause=collector.cause,
    )


def collector_from_wire(message: suite_run_pb2.CollectorOutcome, path: str) -> CollectorOutcome:
    """The collector's outcome. Raises InvalidValue."""
    return CollectorOutcome(
        collector=message.collector,
        state=read_enum(CollectorState, message.state, f"{path}.state"),
        message=message.message,
        signature=message.signature,
        cause=message.cause,
    )


def suite_run_to_wire(run: SuiteRun) -> suite_run_pb2.SuiteRun:
    """The message of a suite run's header; its collectors travel apart."""
    environment, process, recorder, setup = run.environment, run.process, run.recorder, run.setup
    return suite_run_pb2.SuiteRun(
        tree=tree_to_wire(run.tree),
        environment=suite_run_pb2.Environment(
            fingerprint=environment.fingerprint,
            implementation=environment.implementation,
            python_version=environment.python_version,
            pytest_version=environment.pytest_version,
            platform=environment.platform,
            distributions=environment.distributions,
            isolation=suite_run_pb2.Isolation.ValueType(environment.isolation.value),
            tree_path=environment.tree_path,
            locale=environment.locale,
            timezone=environment.timezone,
            umask=environment.umask,
            superuser=environment.superuser,
            variables=[_keyed_to_wire(variable) for variable in environment.variables],
        ),
        setup=None
        if setup is None
        else suite_run_pb2.SetupFacts(
            command=setup.command,
            reused=setup.reused,
            exit_code=setup.exit_code,
            timed_out=setup.timed_out,
            duration_ms=setup.duration_ms,
            output_tail=setup.output_tail,
            not_run=setup.not_run,
            pinned=setup.pinned,
            moved=setup.moved,
            changed_files=[
                suite_run_pb2.SetupChange(path=change.path, content=change.content) for change in setup.changed_files
            ],
        ),
        arguments=run.arguments,
        process=suite_run_pb2.ProcessFacts(
            argv=process.argv,
            exit_code=process.exit_code,
            signal=process.signal,
            timed_out=process.timed_out,
            cancelled=process.cancelled,
            started_at_ms=process.started_at_ms,
            ended_at_ms=process.ended_at_ms,
            lingered=process.lingered,
        ),
        recorder=suite_run_pb2.RecorderFacts(
            version=recorder.version,
            stream=suite_run_pb2.StreamState.ValueType(recorder.stream.value),
            session_started=recorder.session_started,
            session_finished=recorder.session_finished,
            session_exit_status=recorder.session_exit_status,
            collected=recorder.collected,
            deselected=recorder.deselected,
            reported=recorder.reported,
            selection=recorder.selection,
            seeds=recorder.seeds,
            running=recorder.running,
        ),
        binding=suite_run_pb2.TreeBinding(
            state=suite_run_pb2.BindingState.ValueType(run.binding.state.value),
            foreign=run.binding.foreign,
            plugins=run.binding.plugins,
            deviations=[
                suite_run_pb2.Deviation(
                    kind=suite_run_pb2.DeviationKind.ValueType(deviation.kind.value),
                    subject=deviation.subject,
                    path=deviation.path,
                )
                for deviation in run.binding.deviations
            ],
            test_files=run.binding.test_files,
        ),
        missing_submodules=run.missing_submodules,
        output_tail=run.output_tail,
        folder=run.folder,
        folder_missing=run.folder_missing,
        copies=[_keyed_to_wire(copy) for copy in run.copies],
        before_side=None if run.before_side is None else _command_to_wire(run.before_side),
        after_side=None if run.after_side is None else _command_to_wire(run.after_side),
    )


def suite_run_from_wire(message: suite_run_pb2.SuiteRun, collectors: Iterable[CollectorOutcome]) -> SuiteRun:
    """The header of a suite run, with the ``collectors`` that travelled apart. Raises InvalidValue."""
    for field in ("tree", "environment", "process", "recorder", "binding"):
        require(message, field, f"suite_run.{field}")
    environment, process, recorder = message.environment, message.process, message.recorder
    return SuiteRun(
        tree=tree_from_wire(message.tree, "suite_run.tree"),
        environment=Environment(
            fingerprint=check_digest(environment.fingerprint, "suite_run.environment.fingerprint"),
            implementation=environment.implementation,
            python_version=environment.python_version,
            pytest_version=environment.pytest_version,
            platform=environment.platform,
            distributions=tuple(environment.distributions),
            isolation=read_enum(Isolation, environment.isolation, "suite_run.environment.isolation"),
            tree_path=environment.tree_path,
            locale=environment.locale,
            timezone=environment.timezone,
            umask=environment.umask,
            superuser=environment.superuser,
            variables=tuple(_keyed(item, "suite_run.environment.variables") for item in environment.variables),
        ),
        setup=given(message.HasField("setup"), message.setup, _setup_from_wire),
        arguments=tuple(message.arguments),
        process=ProcessFacts(
            argv=tuple(process.argv),
            exit_code=given(process.HasField("exit_code"), process.exit_code),
            signal=given(process.HasField("signal"), process.signal),
            timed_out=process.timed_out,
            cancelled=process.cancelled,
            started_at_ms=process.started_at_ms,
            ended_at_ms=process.ended_at_ms,
            lingered=process.lingered,
        ),
        recorder=RecorderFacts(
            version=recorder.version,
            stream=read_enum(StreamState, recorder.stream, "suite_run.recorder.stream"),
            session_started=recorder.session_started,
            session_finished=recorder.session_finished,
            session_exit_status=given(recorder.HasField("session_exit_status"), recorder.session_exit_status),
            collected=recorder.collected,
            deselected=recorder.deselected,
            reported=recorder.reported,
            selection=tuple(recorder.selection),
            collectors=tuple(collectors),
            seeds=tuple(recorder.seeds),
            running=tuple(recorder.running),
        ),
        binding=TreeBinding(
            state=read_enum(BindingState, message.binding.state, "suite_run.binding.state"),
            foreign=tuple(message.binding.foreign),
            plugins=tuple(message.binding.plugins),
            deviations=tuple(_deviation(each) for each in message.binding.deviations),
            test_files=tuple(message.binding.test_files),
        ),
        missing_submodules=tuple(message.missing_submodules),
        output_tail=message.output_tail,
        folder=message.folder,
        folder_missing=message.folder_missing,
        copies=tuple(_keyed(copy, "suite_run.copies") for copy in message.copies),
        before_side=given(message.HasField("before_side"), message.before_side, _command_from_wire),
        after_side=given(message.HasField("after_side"), message.after_side, _command_from_wire),
    )


def _deviation(message: suite_run_pb2.Deviation) -> Deviation:
    return Deviation(
        kind=read_enum(DeviationKind, message.kind, "suite_run.binding.deviations.kind"),
        subject=message.subject,
        path=message.path,
    )


def _setup_from_wire(message: suite_run_pb2.SetupFacts) -> SetupFacts:
    return SetupFacts(
        command=message.command,
        reused=message.reused,
        exit_code=given(message.HasField("exit_code"), message.exit_code),
        timed_out=message.timed_out,
        duration_ms=message.duration_ms,
        output_tail=message.output_tail,
        not_run=message.not_run,
        pinned=message.pinned,
        moved=tuple(message.moved),
        changed_files=tuple(SetupChange(path=change.path, content=change.content) for change in message.changed_files),
    )


def _keyed_to_wire(keyed: KeyedDigest) -> suite_run_pb2.KeyedDigest:
    return suite_run_pb2.KeyedDigest(name=keyed.name, digest=keyed.digest)


def _keyed(message: suite_run_pb2.KeyedDigest, path: str) -> KeyedDigest:
    return KeyedDigest(name=message.name, digest=check_keyed_digest(message.digest, f"{path}.digest"))


def _command_to_wire(facts: CommandFacts) -> suite_run_pb2.CommandFacts:
    return suite_run_pb2.CommandFacts(
        command=facts.command,
        exit_code=facts.exit_code,
        timed_out=facts.timed_out,
        duration_ms=facts.duration_ms,
        output_tail=facts.output_tail,
    )


def _command_from_wire(message: suite_run_pb2.CommandFacts) -> CommandFacts:
    return CommandFacts(
        command=message.command,
        exit_code=given(message.HasField("exit_code"), message.exit_code),
        timed_out=message.timed_out,
        duration_ms=message.duration_ms,
        output_tail=message.output_tail,
    )
