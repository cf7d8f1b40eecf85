"""Evidence for tests: say what the suite showed, and consistent facts follow; override any fact to break them."""

import enum
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from autopack_model.evidence.outcome import BAD, Stage, TestDetail, TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import (
    BindingState,
    CollectorOutcome,
    CollectorState,
    Deviation,
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


class Derive(enum.Enum):
    """Stands for a fact that follows from the others."""

    DERIVE = "derive"


DERIVE: Final = Derive.DERIVE
_Derived = Literal[Derive.DERIVE]

_FAILING = BAD | {TestState.FLAKY}
_NO_OUTCOMES: Mapping[str, TestState] = {}
_NO_COLLECTORS: Mapping[str, CollectorState] = {}
_NO_SIGNATURES: Mapping[str, str] = {}
_NO_RERUNS: Mapping[str, int] = {}
_NO_SUBTESTS: Mapping[str, tuple[str, ...]] = {}


def make_evidence(
    outcomes: Mapping[str, TestState] = _NO_OUTCOMES,
    *,
    collectors: Mapping[str, CollectorState] = _NO_COLLECTORS,
    signatures: Mapping[str, str] = _NO_SIGNATURES,
    causes: Mapping[str, str] = _NO_SIGNATURES,
    muted_subtests: Mapping[str, tuple[str, ...]] = _NO_SUBTESTS,
    durations_ms: Mapping[str, int] | None = None,
    reruns: Mapping[str, int] = _NO_RERUNS,
    exit_code: int | _Derived | None = DERIVE,
    signal: int | None = None,
    timed_out: bool = False,
    cancelled: bool = False,
    stream: StreamState = StreamState.COMPLETE,
    session_started: bool = True,
    session_finished: bool | _Derived = DERIVE,
    session_exit_status: int | _Derived | None = DERIVE,
    collected: int | _Derived = DERIVE,
    deselected: int = 0,
    selection: tuple[str, ...] = (),
    reported: int | _Derived = DERIVE,
    binding: BindingState = BindingState.BOUND,
    plugins: tuple[str, ...] = (),
    deviations: tuple[Deviation, ...] = (),
    test_files: tuple[str, ...] = (),
    setup: SetupFacts | None = None,
    arguments: tuple[str, ...] = (),
    revision: str = "a" * 40,
    tree: str = "b" * 40,
    tree_path: str = "/autopack/tree",
    fingerprint: str = "sha256:" + "c" * 64,
    started_at_ms: int = 1_700_000_000_000,
    ended_at_ms: int = 1_700_000_001_000,
    lingered: bool = False,
    seeds: tuple[str, ...] = (),
    missing_submodules: tuple[str, ...] = (),
    running: tuple[str, ...] = (),
    output_tail: str = "",
) -> Evidence:
    """Evidence of a suite run with ``outcomes`` (test id to state, in any order) and silent ``collectors``.

    Derived unless given: exit code 1 with a bad test or an errored collector, 5 without tests, else 0 (none after a
    signal, time-out or cancellation); the session's status the same; all collected, all but NOT_RUN reported; a
    failing test's signature from its id. ``durations_ms`` None means that durations were not measured. ``reruns``
    says how often a plugin may run a test again.
    """
    test_ids = tuple(sorted(outcomes))
    stopped = timed_out or cancelled or signal is not None
    code = _exit_code(outcomes, collectors, stopped=stopped) if exit_code is DERIVE else exit_code
    finished = not stopped and code is not None if session_finished is DERIVE else session_finished
    return Evidence(
        suite_run=SuiteRun(
            tree=Tree(revision=revision, tree=tree),
            environment=make_environment(fingerprint=fingerprint, tree_path=tree_path),
            setup=setup,
            arguments=arguments,
            process=ProcessFacts(
                argv=("python", "-m", "pytest", *arguments),
                exit_code=code,
                signal=signal,
                timed_out=timed_out,
                cancelled=cancelled,
                started_at_ms=started_at_ms,
                ended_at_ms=ended_at_ms,
                lingered=lingered,
            ),
            recorder=RecorderFacts(
                version="1",
                stream=stream,
                session_started=session_started,
                session_finished=finished,
                session_exit_status=(code if finished else None)
                if session_exit_status is DERIVE
                else session_exit_status,
                collected=len(test_ids) + deselected if collected is DERIVE else collected,
                deselected=deselected,
                reported=sum(state is not TestState.NOT_RUN for state in outcomes.values())
                if reported is DERIVE
                else reported,
                selection=selection,
                collectors=tuple(
                    _collector_outcome(name, state, signatures.get(name), causes.get(name))
                    for name, state in sorted(collectors.items())
                ),
                seeds=seeds,
                running=running,
            ),
            binding=TreeBinding(
                state=binding,
                foreign=("package=/elsewhere/package",) if binding is BindingState.FOREIGN else (),
                plugins=plugins,
                deviations=deviations,
                test_files=test_files,
            ),
            missing_submodules=missing_submodules,
            output_tail=output_tail,
        ),
        test_ids=TestIds.of(test_ids),
        states=bytes(outcomes[test_id] for test_id in test_ids),
        durations=b""
        if durations_ms is None
        else b"".join(durations_ms.get(test_id, 0).to_bytes(4, "little") for test_id in test_ids),
        reruns=bytes(reruns.get(test_id, 0) for test_id in test_ids) if reruns else b"",
        details=tuple(
            _detail(index, test_id, outcomes[test_id], signatures.get(test_id), muted_subtests.get(test_id, ()))
            for index, test_id in enumerate(test_ids)
            if outcomes[test_id] is not TestState.PASSED
        ),
    )


def make_environment(
    *,
    fingerprint: str = "sha256:" + "c" * 64,
    tree_path: str = "/autopack/tree",
    python_version: str = "3.11.7",
    distributions: tuple[str, ...] = ("pytest==9.0.0",),
) -> Environment:
    """A plausible environment."""
    return Environment(
        fingerprint=fingerprint,
        implementation="CPython",
        python_version=python_version,
        pytest_version="9.0.0",
        platform="linux-x86_64",
        distributions=distributions,
        isolation=Isolation.MOUNT_NAMESPACE,
        tree_path=tree_path,
        locale="C.UTF-8",
        timezone="UTC",
        umask=0o022,
        superuser=False,
        variables=(KeyedDigest(name="DATABASE_URL", digest="hmac-sha256:" + "d" * 64),),
    )


def make_setup(
    *,
    command: str = "pip install -e .",
    exit_code: int | None = 0,
    timed_out: bool = False,
    reused: bool = False,
    not_run: bool = False,
    moved: tuple[str, ...] = (),
    changed_files: Mapping[str, str] = MappingProxyType({}),
) -> SetupFacts:
    """A setup command that ran, successfully unless said otherwise; ``changed_files`` map a path to its content."""
    return SetupFacts(
        command=command,
        reused=reused,
        exit_code=exit_code,
        timed_out=timed_out,
        duration_ms=1200,
        output_tail="",
        not_run=not_run,
        pinned=False,
        moved=moved,
        changed_files=tuple(SetupChange(path=path, content=content) for path, content in sorted(changed_files.items())),
    )


def make_signature(text: str) -> str:
    """A signature as the recorder writes it: 16 hex digits, the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _exit_code(
    outcomes: Mapping[str, TestState], collectors: Mapping[str, CollectorState], *, stopped: bool
) -> int | None:
    if stopped:
        return None
    if any(state in BAD for state in outcomes.values()) or CollectorState.ERRORED in collectors.values():
        return 1
    return 0 if outcomes else 5


_MESSAGES = {
    CollectorState.ERRORED: "ImportError: no such module",
    CollectorState.SKIPPED: "skipped: not on this platform",
    CollectorState.PASSED: "",
}


def _collector_outcome(name: str, state: CollectorState, signature: str | None, cause: str | None) -> CollectorOutcome:
    errored = state is CollectorState.ERRORED
    return CollectorOutcome(
        collector=name,
        state=state,
        message=_MESSAGES[state],
        signature=signature or (make_signature(name) if errored else ""),
        cause=cause or (_MESSAGES[state] if errored else ""),
    )


def _detail(
    index: int, test_id: str, state: TestState, signature: str | None, muted_subtests: tuple[str, ...]
) -> TestDetail:
    failing = state in _FAILING
    return TestDetail(
        index=index,
        stage=Stage.SETUP if state in (TestState.ERRORED, TestState.SKIPPED) else Stage.CALL,
        message="AssertionError" if failing else "",
        signature=signature or (make_signature(test_id) if failing else ""),
        muted_subtests=muted_subtests,
        executions=0 if state is TestState.NOT_RUN else 2 if state is TestState.FLAKY else 1,
    )
