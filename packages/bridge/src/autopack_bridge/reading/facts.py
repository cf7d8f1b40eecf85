"""Facts: what an old result says under any of several names, at its top or in its ``metadata`` bag."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from autopack_bridge.reading.payload import Node, Repeated, kind_of
from autopack_bridge.reading.refusal import Refusals, Unplaceable, child
from autopack_bridge.reading.values import Read

T = TypeVar("T")
BAG = "metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[T]):
    """One fact. ``pointers`` are where it stands and ``values`` what it says there, which is the same everywhere; there
    are no values when it was ``refused``. ``place`` is where it belongs, for when it is missing.
    """

    values: tuple[T, ...]
    pointers: tuple[str, ...]
    place: str

    @property
    def given(self) -> bool:
        """Whether the result says anything of it."""
        return bool(self.pointers)

    @property
    def refused(self) -> bool:
        """Whether it is given and could not be read."""
        return self.given and not self.values

    @property
    def value(self) -> T | None:
        """The value; None when it is not given or was refused."""
        return self.values[0] if self.values else None

    def check_given(self, refusals: Refusals, *, besides: object = None) -> None:
        """Note that it is missing, unless something else tells it: ``besides``."""
        if not self.given and besides is None:
            refusals.add(self.place, "is missing; the contract needs it and nothing else tells it")

    def needed(self, refusals: Refusals) -> T:
        """The value. Raises Unplaceable when there is none, and notes it when it is missing."""
        self.check_given(refusals)
        if not self.values:
            raise Unplaceable(self.place)
        return self.values[0]

    def otherwise(self, default: T) -> T:
        """The value, or ``default`` when the result says nothing of it. Raises Unplaceable when it was refused."""
        if self.refused:
            raise Unplaceable(*self.pointers)
        return self.values[0] if self.values else default


class Facts:
    """The members of an object, and of its bag where it has one. Each is taken once; ``close`` refuses the others."""

    def __init__(self, members: Mapping[str, Node], at: str, refusals: Refusals, *, bag: bool = False) -> None:
        """``at`` is the pointer of the object; with ``bag`` its member ``metadata`` may hold any fact too."""
        self._refusals = refusals
        self._objects: list[tuple[str, dict[str, Node]]] = [(at, dict(members))]
        if bag and BAG in members:
            inner = self._objects[0][1].pop(BAG)
            if isinstance(inner, dict):
                self._objects.append((child(at, BAG), dict(inner)))
            else:
                refusals.add(child(at, BAG), f"is {kind_of(inner)}; expected an object")

    def take(self, read: Read[T], *names: str) -> Fact[T]:
        """The fact that goes by any of ``names``, the present name first."""
        return self.take_each(dict.fromkeys(names, read))

    def take_each(self, reads: Mapping[str, Read[T]]) -> Fact[T]:
        """The fact that goes by any of the names, each of which is read in its own way.

        Given twice it must be the same fact: otherwise all its pointers are refused.
        """
        at = self._objects[0][0]
        place = child(at, next(iter(reads)))
        pointers: list[str] = []
        values: list[T] = []
        for base, members in self._objects:
            for name in [name for name in reads if name in members]:
                pointer = child(base, name)
                pointers.append(pointer)
                with self._refusals.collecting():
                    values.append(self._read(members.pop(name), pointer, reads[name]))
        if len(values) < len(pointers):
            values = []
        elif any(value != values[0] for value in values[1:]):
            values = []
            for pointer in pointers:
                others = ", ".join(other for other in pointers if other != pointer)
                self._refusals.add(pointer, f"says something else than {others}; only one of them can be right")
        return Fact(values=tuple(values), pointers=tuple(pointers), place=place)

    def close(self) -> None:
        """Refuse every member that nobody took."""
        for base, members in self._objects:
            for name in members:
                self._refusals.add(child(base, name), "has no place in the contract")

    def _read(self, node: Node, pointer: str, read: Read[T]) -> T:
        if isinstance(node, Repeated):
            problem = f"is given {len(node.values)} times in one object; only one value can be placed"
            raise self._refusals.unplaceable(pointer, problem=problem)
        return read(node, pointer, self._refusals)
