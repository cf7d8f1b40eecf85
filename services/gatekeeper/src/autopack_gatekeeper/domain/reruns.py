"""Tests that a plugin of pytest may run again more often on head than on base.

A test that fails on base and passes on head after that is not repaired: it may pass by chance, also in its first run.
"""

from autopack_gatekeeper.domain.alignment import Alignment
from autopack_model.evidence.value import Evidence


def with_more_reruns(alignment: Alignment, base: Evidence, head: Evidence) -> tuple[str, ...]:
    """The ids on head of the tests that both sides have, and that may be run again more often there, ascending."""
    if not head.reruns or (base.reruns == head.reruns and base.test_ids == head.test_ids):
        return ()
    old_names = {new: old for old, new in alignment.renamed.items()}
    found = []
    for index, (name, reruns) in enumerate(zip(head.test_ids, head.reruns, strict=True)):
        if reruns and (place := _place(base, old_names.get(name, name), index)) is not None:
            before = base.reruns[place] if base.reruns else 0
            if reruns > before:
                found.append(name)
    return tuple(found)


def _place(base: Evidence, name: str, guess: int) -> int | None:
    """The index of a test on base, which mostly is the one that it has on head."""
    if guess < len(base.test_ids) and base.test_ids[guess] == name:
        return guess
    return base.test_ids.find(name)
