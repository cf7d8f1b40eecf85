"""Probe results of the old shape."""

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Facts
from autopack_bridge.reading.payload import Node, kind_of
from autopack_bridge.reading.refusal import Refusals
from autopack_bridge.vocabulary import PROBE_TYPES
from autopack_model.builder_result.value import MAX_OUTPUT, Probe


def read_probe(node: Node, at: str, refusals: Refusals) -> Probe:
    """One probe; what it does not say of its output and its duration is unknown, not empty."""
    if not isinstance(node, dict):
        raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected an object")
    facts = Facts(node, at, refusals)
    kind = facts.take(values.word(PROBE_TYPES), "probe_type")
    exit_code = facts.take(values.whole(least=-(2**31), most=2**31 - 1), "exit_code")
    stdout = facts.take(values.or_unknown(values.text(most=MAX_OUTPUT)), "stdout")
    stderr = facts.take(values.or_unknown(values.text(most=MAX_OUTPUT)), "stderr")
    duration = facts.take(values.or_unknown(values.milliseconds(per_unit=1000)), "duration_seconds")
    facts.close()
    for fact in (kind, exit_code):
        fact.check_given(refusals)
    return Probe(
        type=kind.needed(refusals),
        exit_code=exit_code.needed(refusals),
        stdout=stdout.otherwise(None),
        stderr=stderr.otherwise(None),
        duration_ms=duration.otherwise(None),
    )
