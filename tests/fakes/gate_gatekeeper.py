"""The gatekeeper as a gate uses it, in memory, with as many rules as its tests need."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autopack_clients.errors import GatekeeperRefused
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.decided import Decided
from autopack_model.decision.delta import Category, Delta, union_ids
from autopack_model.decision.document import decision_digest
from autopack_model.decision.newly_bad import NewlyBad, NewlyBadTests
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import BAD, GOOD, TestState, fold
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState
from tests.fakes.calls import Calls
from tests.fakes.gate_store import FakeStore
from tests.fakes.store import make_decision


class FakeGatekeeper:
    """Implements ``ports.Gatekeeper``: decides from what ``store`` holds, and has it recorded there.

    BLOCK when head is incomplete, or a test is good on base and not on head; else INCONCLUSIVE when the changed files
    are not known, NEEDS_HUMAN without a baseline, ALLOW.
    """

    def __init__(self, calls: Calls, store: FakeStore) -> None:
        self.answers: list[Decided] = []
        self.cross_plan = CrossPlan(paths=(), modules=())
        self.terms: list[Terms] = []
        self._calls = calls
        self._store = store

    def newly_bad(self, attempt: AttemptRef, *, base: str, head: str) -> NewlyBadTests:
        """See ``ports.Gatekeeper``: the tests that are bad on head and good on base; all retries of the base count."""
        with self._calls.made("gatekeeper.newly_bad"):
            base_states, head_states = (_states(self._store.evidence[digest]) for digest in (base, head))
            known = self._store.retries(base, attempt)
            retried = [_states(self._store.evidence[digest]) for digest in known]
            tests = tuple(
                NewlyBad(
                    head_id=name,
                    head_state=state,
                    base_id=name,
                    base_state=fold([base_states[name], *(states[name] for states in retried if name in states)]),
                    base_retries=sum(name in states for states in retried),
                )
                for name, state in head_states.items()
                if state in BAD and base_states.get(name) in GOOD
            )
            return NewlyBadTests(tests=tests, base_retries=known if tests else ())

    def plan_cross_side(
        self,
        attempt: AttemptRef,
        *,
        base: str,
        head: str,
        terms: Terms,
        base_retries: Sequence[str],
        head_retries: Sequence[str],
    ) -> CrossPlan:
        """See ``ports.Gatekeeper``: what ``cross_plan`` says."""
        with self._calls.made("gatekeeper.plan_cross_side"):
            return self.cross_plan

    def decide(
        self,
        attempt: AttemptRef,
        *,
        base: str | None,
        head: str,
        cross: str | None,
        terms: Terms,
        base_retries: Sequence[str],
        head_retries: Sequence[str],
        cross_retries: Sequence[str],
        reverse: str | None,
        conclude: bool,
    ) -> Decided:
        """See ``ports.Gatekeeper``. The retries have to be those that are attached, and change no verdict."""
        with self._calls.made("gatekeeper.decide"):
            self.terms.append(terms)
            known = self._store.undecided(attempt)
            given = {Side.BASE: base_retries, Side.HEAD: head_retries, Side.CROSS: cross_retries, Side.REVERSE: ()}
            for side, retries in given.items():
                if [entry.evidence_digest for entry in known.suite_runs(side) if entry.retry] != [*retries]:
                    raise GatekeeperRefused(f"{attempt} has other retries than {retries}", subject=str(attempt))
            attached = tuple(None if (entry := known.side(side)) is None else entry.evidence_digest for side in Side)
            if attached != (base, head, cross, reverse) or attempt not in self._store.changed_files:
                raise GatekeeperRefused(f"{attempt} does not rest on {base} and {head}", subject=str(attempt))
            measured = {
                side: self._store.evidence[digest]
                for side, digest in zip(Side, attached, strict=True)
                if digest is not None
            }
            decided = self._decided(attempt, measured, conclude)
            self._store.conclude(attempt, decided)
            self.answers.append(decided)
            return decided

    def _decided(self, attempt: AttemptRef, measured: Mapping[Side, Evidence], conclude: bool) -> Decided:
        base, head = measured.get(Side.BASE), measured[Side.HEAD]
        changed_files = self._store.changed_files[attempt]
        delta = _delta(base, head)
        if not assess(head).complete or {Category.NEWLY_FAILING, Category.REMOVED} & set(delta.cells):
            verdict = Verdict.BLOCK
        elif changed_files.status is ChangedFilesStatus.UNKNOWN:
            verdict = Verdict.INCONCLUSIVE
        else:
            verdict = Verdict.NEEDS_HUMAN if base is None else Verdict.ALLOW
        cross, reverse = measured.get(Side.CROSS), measured.get(Side.REVERSE)
        made = make_decision(base, head, changed_files, verdict=verdict, cross=cross, reverse=reverse)
        decision: Decision = replace(made, reasons=(), delta=delta)
        base_ids = () if base is None else base.test_ids
        return Decided(
            decision=decision,
            digest=decision_digest(decision),
            state=CONCLUSIONS[verdict] if conclude else AttemptState.DECIDING,
            base_only=tuple(sorted(set(base_ids) - set(head.test_ids))),
        )


def _states(evidence: Evidence) -> dict[str, TestState]:
    return {name: TestState(state) for name, state in zip(evidence.test_ids, evidence.states, strict=True)}


def _delta(base: Evidence | None, head: Evidence) -> Delta:
    base_states = {} if base is None else dict(zip(base.test_ids, base.states, strict=True))
    head_states = dict(zip(head.test_ids, head.states, strict=True))

    def cell(test_id: str) -> Category:
        if test_id not in head_states:
            return Category.REMOVED
        if test_id not in base_states:
            return Category.ADDED_PASSING if head_states[test_id] in GOOD else Category.ADDED_FAILING
        return Category.STILL_PASSING if head_states[test_id] in GOOD else Category.NEWLY_FAILING

    union = union_ids(sorted(base_states), sorted(head_states))
    return Delta(cells=bytes(cell(test_id) for test_id in union), collectors={})
