"""Which attempt an old result is about, and what the store holds of its run: a result may repeat it, never claim it."""

from collections.abc import Mapping
from dataclasses import dataclass

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Fact, Facts
from autopack_bridge.reading.payload import Node
from autopack_bridge.reading.refusal import WHOLE_DOCUMENT, Refusals, child
from autopack_bridge.vocabulary import RUN_TYPES
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import MAX_ALLOWED_PATHS, RunSpec

MAX_ATTEMPT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a result is to be recorded, as its importer says; ``spec`` is the run's, as the store holds it."""

    spec: RunSpec
    phase: str | None
    attempt: int | None


def named_run(payload: Mapping[str, Node]) -> str:
    """The run that an old result names. Raises OldResultRefused when it names none, several, or what is not a name."""
    refusals = Refusals()
    run_id = Facts(payload, WHOLE_DOCUMENT, refusals, bag=True).take(values.run_name(), "run_id")
    if not run_id.given:
        refusals.add(run_id.place, "is missing; name the run with --run")
    refusals.settle()
    return run_id.needed(refusals)


def read_attempt(facts: Facts, target: Target, refusals: Refusals) -> AttemptRef:
    """The attempt that importer and result agree on. Raises Unplaceable."""
    run_id = facts.take(values.run_name(), "run_id")
    phase = facts.take(values.run_name(), "phase", "phase_id")
    number = facts.take(values.whole(least=1, most=MAX_ATTEMPT), "attempt")
    _agree(run_id, target.spec.run_id, "--run", refusals)
    _agree(phase, target.phase, "--phase", refusals)
    _agree(number, target.attempt, "--attempt", refusals)
    # Both are asked before either can end this.
    phase.check_given(refusals, besides=target.phase)
    number.check_given(refusals, besides=target.attempt)
    return AttemptRef(
        run_id=run_id.otherwise(target.spec.run_id),
        phase=phase.needed(refusals) if target.phase is None else phase.otherwise(target.phase),
        attempt=number.needed(refusals) if target.attempt is None else number.otherwise(target.attempt),
    )


def check_held(facts: Facts, spec: RunSpec, refusals: Refusals) -> None:
    """Refuse a run type and allowed paths that are not the run's own."""
    run_type = facts.take(values.word(RUN_TYPES), "run_type")
    for pointer in run_type.pointers:
        if run_type.value is not None and run_type.value is not spec.run_type:
            refusals.add(pointer, f"says {run_type.value.name}; the run is {spec.run_type.name}, which stands")
    paths = facts.take(values.listed(values.file_name(), most=MAX_ALLOWED_PATHS), "allowed_paths")
    named = () if paths.value is None else paths.value
    for pointer in paths.pointers if paths.value is not None else ():
        seen: set[str] = set()
        for index, path in enumerate(named):
            if path in seen:
                refusals.add(child(pointer, index), f"{path!r} is listed before")
            elif path not in spec.allowed_paths:
                refusals.add(child(pointer, index), f"the run does not name {path!r} as allowed")
            seen.add(path)
        for path in spec.allowed_paths:
            if path not in seen:
                refusals.add(pointer, f"leaves out {path!r}, which the run names as allowed")


def _agree(fact: Fact[str] | Fact[int], expected: str | int | None, option: str, refusals: Refusals) -> None:
    if fact.value is None or expected is None or fact.value == expected:
        return
    for pointer in fact.pointers:
        refusals.add(pointer, f"is {fact.value!r}, but {option} says {expected!r}")
