"""Shell commands that reproduce what fails: check the head out beside the user's checkout and run its failing tests."""

import re
import shlex

from autopack_clients.report import FullReport
from autopack_model.evidence.outcome import BAD
from autopack_model.evidence.value import Evidence
from autopack_model.run.value import CandidateKind, RunSpec, is_url
from autopack_model.suite_run.value import CollectorState

MAX_SELECTED = 50

_OCCURRENCE = re.compile(r" \(occurrence [0-9]+\)\Z")
_SPECIAL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\\]")


def commands(full: FullReport) -> tuple[str, ...]:
    """The commands, a line each; none when the head was not measured or nothing fails on it."""
    head, report = full.head, full.report
    if head is None or report.decision is None:
        return ()
    incomplete = report.decision.head.incomplete_reason is not None
    targets = _failing(head)
    if not targets and not incomplete:
        return ()
    spec = report.spec
    steps = _checkout(spec)
    if spec.setup is not None:
        steps += [f"{quoted(spec.interpreter)} -m venv .venv", ". .venv/bin/activate", f"sh -c {quoted(spec.setup)}"]
    environment = head.suite_run.environment
    variables = f"PYTHONHASHSEED=0 TZ={quoted(environment.timezone)} LC_ALL={quoted(environment.locale)}"
    python = "python" if spec.setup is not None else quoted(head.suite_run.process.argv[0])
    # An incomplete suite run is reproduced as a whole; so is one with more failures than a command line takes.
    selected = () if incomplete or len(targets) > MAX_SELECTED else targets
    arguments = " ".join(quoted(argument) for argument in (*spec.arguments, *selected))
    return (*steps, f"{variables} {python} -m pytest {arguments}".rstrip())


def _checkout(spec: RunSpec) -> list[str]:
    """Check the head out beside the repository or, from its URL, in a new folder."""
    repository, folder = quoted(spec.repository), f"autopack-{spec.run_id}"
    if not is_url(spec.repository):
        beside = quoted(f"../{folder}")
        return [
            f"git -C {repository} worktree add --detach {beside} {spec.head.revision}",
            f"cd {repository}/{beside}",
        ]
    steps = [f"git clone {repository} {quoted(folder)}", f"cd {quoted(folder)}"]
    if spec.candidate is CandidateKind.PATCH:
        # Only the executor has the patched commit; the user has the patch.
        on = () if spec.base is None else (f"git checkout --detach {spec.base.revision}",)
        return [*steps, *on, "git apply --index PATCH"]
    return [*steps, f"git checkout --detach {spec.head.revision}"]


def quoted(text: str) -> str:
    """``text`` as a word of any shell, on one line and without control characters."""
    if _SPECIAL.search(text.replace("\\", "")) is None:
        return shlex.quote(text)
    escaped = _SPECIAL.sub(lambda found: "".join(f"\\0{byte:03o}" for byte in found[0].encode()), text)
    return f"\"$(printf '%b' {shlex.quote(escaped)})\""


def _failing(head: Evidence) -> tuple[str, ...]:
    """What to select: the tests that failed, by the names that pytest knows, and what could not be collected."""
    tests = (test_id for test_id, state in zip(head.test_ids, head.states, strict=True) if state in BAD)
    errors = (
        collector.collector
        for collector in head.suite_run.recorder.collectors
        if collector.state is CollectorState.ERRORED
    )
    return tuple(dict.fromkeys((*(_OCCURRENCE.sub("", test_id) for test_id in tests), *errors)))
