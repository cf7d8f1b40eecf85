"""What a gate of one combination alone would have seen: the share of the evidence of a gate of many."""

import re
from dataclasses import replace

from autopack_clients.report import FullReport
from autopack_gatekeeper.domain.assessment import AssessedSide, assess_side
from autopack_gatekeeper.domain.decide import decide, plan_cross
from autopack_gatekeeper.domain.retries import assess_retry, with_retries
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.outcome import BAD
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import CollectorState
from tests.fakes.store import TERMS

_MODULE = re.compile(r"p\d{3}")


def owner(text: str) -> str | None:
    """The product module whose combination has the file, test or collector; None for what belongs to none."""
    found = _MODULE.search(text)
    return None if found is None else found[0]


class Shares:
    """The shares of the combinations of a finished gate, each besides what belongs to none."""

    def __init__(self, gated: FullReport) -> None:
        changed = gated.report.changed_files
        assert changed is not None
        self._changed = changed
        self._suites = {side: evidence for side in Side if (evidence := gated.evidence(side)) is not None}
        self._retries = gated.retries
        self._places: dict[int, dict[str | None, list[int]]] = {}
        for evidence in (*self._suites.values(), *(retry for side in Side for retry in gated.retries[side])):
            places = self._places.setdefault(id(evidence), {})
            for index, name in enumerate(evidence.test_ids):
                places.setdefault(owner(name), []).append(index)

    def decision(self, module: str) -> Decision:
        """What is decided of a combination under the default policy, as the executor and the gatekeeper do it."""
        base, head = self._side(Side.BASE, module), self._side(Side.HEAD, module)
        changed = self._changed_files(module)
        plan = plan_cross(base, head, changed, TERMS)
        cross = self._side(Side.CROSS, module) if plan.paths else None
        reverse = self._side(Side.REVERSE, module) if plan.new_modules else None
        return decide(base, head, changed, TERMS, cross, reverse)

    def _side(self, side: Side, module: str) -> AssessedSide:
        retries = [retry for retry in self._retries[side] if module in self._places[id(retry)]]
        suite = assess_side(self._evidence(self._suites[side], module))
        return with_retries(suite, [assess_retry(self._evidence(retry, module)) for retry in retries])

    def _evidence(self, evidence: Evidence, module: str) -> Evidence:
        run, places = evidence.suite_run, self._places[id(evidence)]
        kept = sorted(place for name in (None, module) for place in places.get(name, ()))
        new_places = {place: new for new, place in enumerate(kept)}
        states = bytes(evidence.states[place] for place in kept)
        collectors = tuple(each for each in run.recorder.collectors if owner(each.collector) in (None, module))
        failed = not BAD.isdisjoint(states) or any(each.state is CollectorState.ERRORED for each in collectors)
        code = 1 if failed else 0 if kept else 5
        recorder = replace(
            run.recorder,
            collectors=collectors,
            collected=len(kept),
            deselected=0,
            reported=len(kept),
            session_exit_status=code,
        )
        deviations = tuple(each for each in run.binding.deviations if owner(each.subject) in (None, module))
        details = (each for each in evidence.details if each.index in new_places)
        return Evidence(
            suite_run=replace(
                run,
                process=replace(run.process, exit_code=code),
                recorder=recorder,
                binding=replace(run.binding, deviations=deviations),
            ),
            test_ids=TestIds.of([evidence.test_ids[place] for place in kept]),
            states=states,
            durations=b"",
            reruns=b"",
            details=tuple(replace(each, index=new_places[each.index]) for each in details),
        )

    def _changed_files(self, module: str) -> ChangedFiles:
        found = self._changed.findings.found
        files = ChangedFiles.of(tuple(each for each in self._changed.files if owner(each.path) == module))
        return replace(
            files,
            functions=tuple(each for each in self._changed.functions if owner(each.path) == module),
            findings=replace(self._changed.findings, found=tuple(each for each in found if owner(each.path) == module)),
        )


def said_of(decision: Decision) -> str:
    """A decision in words, for a failure of a test."""
    reasons = ", ".join(f"{reason.code.label} {reason.effect.label}" for reason in decision.reasons)
    return f"{decision.verdict.name} ({reasons})"
