"""Real gate runs for tests: real git, real pytest, real gRPC between three embedded services, a real database."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autopack_cli.config import settings_from
from autopack_cli.session import Session, session
from autopack_clients.report import FullReport, full_report
from autopack_model.gate_request.candidate import Candidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import check_run_id
from autopack_model.run.value import Run
from tests.lean_python import lean_python


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """A set of embedded services with a state directory of their own."""

    services: Session

    def gate(
        self,
        repository: Path,
        *,
        base: str | None = "main",
        candidate: Candidate,
        arguments: tuple[str, ...] = (),
        setup: str | None = None,
        timeout_ms: int = 120_000,
        run_id: str | None = None,
        no_baseline: bool = False,
        fresh_base: bool = False,
        interpreter: Path | None = None,
    ) -> FullReport:
        """Gate ``candidate`` and wait for the end of the run."""
        return self.ended(
            GateRequest(
                run_id=run_id,
                repository=repository,
                base=base,
                candidate=candidate,
                options=TestOptions(
                    interpreter=interpreter or lean_python(), arguments=arguments, setup=setup, timeout_ms=timeout_ms
                ),
                no_baseline=no_baseline,
                fresh_base=fresh_base,
            )
        )

    def ended(self, request: GateRequest) -> FullReport:
        """Start what is requested, and wait for the end of the run."""
        started = self.services.executor.start(request)
        ended = [event for event in self.services.executor.watch(check_run_id(started)) if isinstance(event, Run)]
        assert [True] == [run.ended for run in ended]
        return full_report(self.services.store, self.services.store.run(started))


@contextlib.contextmanager
def embedded_gates(home: Path) -> Iterator[Gates]:
    """Embedded services whose state lies in ``home``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
    with session(settings_from(inherited | {"AUTOPACK_HOME": str(home)})) as services:
        yield Gates(services=services)


def codes(gated: FullReport) -> list[str]:
    """The codes of the reasons that are more than notes, strongest first."""
    decision = gated.report.decision
    assert decision is not None
    return [reason.code.label for reason in decision.reasons if reason.effect.label != "note"]


def verdict(gated: FullReport) -> str:
    """The verdict's name."""
    assert gated.report.decision is not None, gated.report
    return gated.report.decision.verdict.name
