"""``autopack noise``: measure one commit several times, and tell which of its tests are not steady."""

import sys
from dataclasses import dataclass, replace
from typing import Final

from autopack_cli.config import Addresses, CommandSettings, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.gating.outside import Unreported, failing_outside
from autopack_cli.gating.request import Asked, GateOptions, asked
from autopack_cli.gating.running import run_to_end, sent, stopping
from autopack_cli.given_tests import GivenTests
from autopack_cli.json_target import json_target
from autopack_cli.render.noise import print_noise
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.summary import print_outside
from autopack_cli.session import Session, session
from autopack_model.decision.value import Verdict
from autopack_model.errors import AutopackError
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.identity.value import Side
from autopack_model.noise.value import Noise, SuiteSeen
from autopack_model.report.value import EXIT_CANCELLED, RunReport
from autopack_model.run.value import RunState

EXIT_UNSTEADY: Final = 1


class NotMeasured(AutopackError):
    """A run failed, or was cancelled by somebody else."""

    reason = "NOT_MEASURED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseOptions:
    """The options as they were given; None stands for one that was left out."""

    repo: str
    base: str
    runs: int
    tests: GivenTests
    json: str | None
    addresses: Addresses


def run_noise(options: NoiseOptions) -> int:
    """Measure and print the unsteady tests; returns the exit code: 0 where every suite run ran to its end and none is
    unsteady, 1 where some are, else that of INCONCLUSIVE.
    """
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        target = None if options.json is None else json_target(options.json)
        if target is not None:
            target.clear()
        wanted = asked(_gate_options(options), settings)
        noise: Noise | None = None
        with failing_outside() as outside, session(settings) as connected:
            noise = _measured(connected, wanted, options.runs, settings, outside)
        to_stdout = target is not None and target.is_standard_output
        stream = sys.stderr if to_stdout else sys.stdout
        if outside.failure is not None:
            with delivering():
                print_outside(outside.run_id, outside.failure, stream, color=settings.color)
            return Verdict.INCONCLUSIVE.exit_code
        if noise is None:
            return EXIT_CANCELLED
        with delivering():
            print_noise(noise, stream, color=settings.color)
            if target is not None:
                target.write(noise.document())
        if noise.unsteady():
            return EXIT_UNSTEADY
    return 0 if noise.proven else Verdict.INCONCLUSIVE.exit_code


def _gate_options(options: NoiseOptions) -> GateOptions:
    """The gate of the commit alone. It has one suite run, which is never a reused one, and no retries."""
    return GateOptions(
        repo=options.repo,
        mounted=False,
        base=options.base,
        head=options.base,
        patch=None,
        patch_fix=False,
        worktree=False,
        tests=options.tests,
        json=options.json,
        run_id=None,
        no_baseline=True,
        fresh_base=False,
        policy=None,
        addresses=options.addresses,
    )


def _measured(
    connected: Session, wanted: Asked, runs: int, settings: CommandSettings, outside: Unreported
) -> Noise | None:
    """What the suite runs came to; None when the user stopped them, and for a failure from outside, noted there."""
    with stopping(connected, outside):
        request = sent(connected, wanted, settings, mounted=False)
        suites: list[SuiteSeen] = []
        while True:
            view = ProgressView(sys.stderr, color=settings.color)
            report = run_to_end(connected, request, view, outside, with_document=False).report
            if report.failed_outside is not None:
                outside.failure = report.failed_outside
                break
            suites.append(_seen(connected, report))
            head = report.spec.head
            if len(suites) == runs:
                return Noise(repository=report.spec.repository, revision=head.revision, suites=tuple(suites))
            # A branch may move meanwhile, and all suite runs are to be of one commit.
            request = replace(request, base=head.revision, candidate=CommitCandidate(revision=head.revision))
    return None


def _seen(connected: Session, report: RunReport) -> SuiteSeen:
    entry, run_id = report.attempt.side(Side.HEAD), report.spec.run_id
    if report.state is not RunState.DECIDED or entry is None:
        why = report.state.label if report.failure is None else f"{report.failure.message} [{report.failure.code}]"
        raise NotMeasured(f"run {run_id} measured nothing: {why}; measure again", subject=run_id)
    return SuiteSeen.of_evidence(run_id, connected.store.evidence(entry.evidence_digest))
