"""Both sides' states over the same ids: one column per side in the order of the sorted union."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autopack_gatekeeper.domain.collectors import SilentCollectors
from autopack_gatekeeper.domain.matrix import ABSENT_CODE, MUTED_CODE, UNCOLLECTED_CODE, Group
from autopack_gatekeeper.domain.moved_tests import NONE_MOVED, MovedTests, moved_tests
from autopack_gatekeeper.domain.renames import Renames
from autopack_gatekeeper.domain.sorted_ids import MergedIds, differences
from autopack_model.evidence.test_ids import TestIds

_SILENT_CODES = {Group.UNCOLLECTED: UNCOLLECTED_CODE, Group.MUTED: MUTED_CODE, Group.ABSENT: ABSENT_CODE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one side reported, and its silent collectors. ``ids`` ascends; ``states`` has a byte per id."""

    ids: TestIds
    states: bytes
    silent: SilentCollectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Two columns of codes over ``ids``, the sorted union of both sides' ids.

    ``lost`` maps each id that only base reports to the name that it has on head, ``gained`` lists those that only head
    reports, both ascending. ``renamed`` maps the old id of a test to its new one: its pair stands at the new id.
    ``moved`` are those among them whose file alone does not tell the new name.
    """

    ids: MergedIds
    base: bytes
    head: bytes
    lost: Mapping[str, str]
    gained: Sequence[str]
    renamed: Mapping[str, str]
    moved: MovedTests = NONE_MOVED


def align(base: Column, head: Column, renames: Renames) -> Alignment:
    """Bring both sides to the same ids.

    Equal ids, the common case, cost one comparison. Where base has no ids, all ids of head are gained without a look.
    """
    if base.ids == head.ids:
        return Alignment(ids=MergedIds(head.ids), base=base.states, head=head.states, lost={}, gained=(), renamed={})
    if not base.ids:
        codes = _silent_codes(base, head.ids)
        return Alignment(ids=MergedIds(head.ids), base=codes, head=head.states, lost={}, gained=head.ids, renamed={})
    return align_differing(base, head, renames)


def align_differing(base: Column, head: Column, renames: Renames) -> Alignment:
    """``align`` for ids that differ: a missing id gets the code of the collector that hides it, or ABSENT."""
    only_base, only_head = differences(base.ids, head.ids)
    gained = only_head.ids
    # Without renames a lost id keeps its name, which no gained one has.
    gained_set = frozenset(gained if renames.paths or renames.functions else ())
    lost = {old: renames.apply(old) for old in only_base.ids}
    _follow_doctests(lost, gained_set, renames)
    moved = _follow_functions(lost, gained_set, renames)
    renamed = {old: new for old, new in lost.items() if new in gained_set}
    gained_codes = bytearray(_silent_codes(base, gained))
    for old, new in renamed.items():
        gained_codes[bisect_left(gained, new)] = base.states[base.ids.place(old)]
    return Alignment(
        ids=MergedIds(base.ids, gained, only_head.places),
        base=_widen(base.states, only_head.places, gained_codes),
        head=_widen(head.states, only_base.places, _silent_codes(head, lost.values())),
        lost=lost,
        gained=gained,
        renamed=renamed,
        moved=moved,
    )


def _follow_doctests(lost: dict[str, str], gained: frozenset[str], renames: Renames) -> None:
    """Correct the new names of doctests. Each gained name is given to one test, and a plain rename goes first."""
    if not renames.paths:
        return
    given = gained.intersection(lost.values())
    for old, plain in lost.items():
        name = None if plain in gained else renames.apply_to_doctest(old)
        if name is not None and name in gained and name not in given:
            lost[old] = name
            given |= {name}


def _follow_functions(lost: dict[str, str], gained: frozenset[str], renames: Renames) -> MovedTests:
    """Correct the new names of tests whose functions moved. A file that was renamed goes first."""
    given = gained.intersection(lost.values())
    moved = moved_tests([old for old, new in lost.items() if new not in gained], gained - given, renames)
    lost.update(moved.ids)
    return moved


def _silent_codes(column: Column, names: Collection[str]) -> bytes:
    if not column.silent.names:
        return bytes((ABSENT_CODE,)) * len(names)
    return bytes(_SILENT_CODES[column.silent.group(name)] for name in names)


def _widen(states: bytes, places: Iterable[int], codes: bytes | bytearray) -> bytes:
    """The ``states`` with the codes of the missing ids before the states that stand at ``places``."""
    pieces: list[bytes] = []
    start = 0
    for end, code in zip(places, codes, strict=True):
        pieces += (states[start:end], code.to_bytes(1, "big"))
        start = end
    return b"".join([*pieces, states[start:]])
