"""Tokens of the old shape."""

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Facts
from autopack_bridge.reading.refusal import Refusals
from autopack_model.token_usage.value import TokenUsage


def read_tokens(facts: Facts, refusals: Refusals) -> TokenUsage | None:
    """The tokens taken, None when nothing is said of them. Prompt and completion make a total where none is given.

    Raises Unplaceable.
    """
    amount = values.or_unknown(values.whole())
    total = facts.take(amount, "tokens_used")
    parts = (facts.take(amount, "prompt_tokens"), facts.take(amount, "completion_tokens"))
    prompt, completion = (part.otherwise(None) for part in parts)
    known = total.otherwise(None)
    if known is None and prompt is not None and completion is not None and not total.given:
        known = prompt + completion
    if known is None:
        for part in parts:
            for pointer in part.pointers if part.value is not None else ():
                refusals.add(pointer, f"cannot be kept while {total.place}, the sum, is unknown")
        return None
    pointers = (*total.pointers, *(pointer for part in parts if part.value is not None for pointer in part.pointers))
    with refusals.at(*pointers):
        return TokenUsage(total=known, prompt=prompt, completion=completion)
