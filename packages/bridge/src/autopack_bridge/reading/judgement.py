"""A judgement that the old shape gives as a word, as a boolean, or as both."""

from collections.abc import Mapping
from typing import TypeVar

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Fact, Facts
from autopack_bridge.reading.refusal import Refusals

T = TypeVar("T")


def read_judgement(
    facts: Facts, refusals: Refusals, *, word: str, flag: str, table: Mapping[str, T], true: T, false: T
) -> Fact[T]:
    """The judgement that ``word`` names by ``table``. ``flag`` alone stands for ``true`` or ``false``; beside a word it
    must say whether the word means ``true``. One of them is needed.
    """
    named = facts.take(values.word(table), word)
    flagged = facts.take(values.flag, flag)
    pointers = (*named.pointers, *flagged.pointers)
    if not pointers:
        refusals.add(named.place, f"is missing, and so is {flagged.place!r}; one of them is needed")
    found: tuple[T, ...] = named.values or tuple(true if value else false for value in flagged.values)
    if named.values and flagged.values and (named.values[0] == true) is not flagged.values[0]:
        for pointer in pointers:
            refusals.add(pointer, f"{named.place} and {flagged.place} contradict each other; only one of them is right")
        found = ()
    if named.refused or flagged.refused:
        found = ()
    return Fact(values=found, pointers=pointers, place=named.place)
