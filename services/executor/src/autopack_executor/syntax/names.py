"""Names that stand for others, one to one."""

import enum
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What a name is the name of."""

    PLACE = "place"
    ATTRIBUTE = "attribute"
    KEYWORD = "keyword"


Move = tuple[Kind, str, str]
"""What a name is the name of, the name, and its new one."""


@dataclass(slots=True, kw_only=True)
class Names:
    """What each name stands for in the other tree, and back: each stands for one, and no two for the same."""

    to: dict[tuple[Kind, str], str] = field(default_factory=dict)
    back: dict[tuple[Kind, str], str] = field(default_factory=dict)

    def map(self, kind: Kind, old: str, new: str) -> bool:
        """Whether the one may stand for the other, beside all that was mapped before."""
        return self.to.setdefault((kind, old), new) == new and self.back.setdefault((kind, new), old) == old

    def fit(self, others: "Names") -> bool:
        """Whether the others say nothing else of any name that these know."""
        return all(
            self.to.get((kind, old), new) == new and self.back.get((kind, new), old) == old
            for (kind, old), new in others.to.items()
        )

    def copy(self) -> "Names":
        """The same names, to which others can be added."""
        return Names(to=dict(self.to), back=dict(self.back))

    def moved(self) -> list[Move]:
        """The names that have another one."""
        return [(kind, old, new) for (kind, old), new in self.to.items() if old != new]
