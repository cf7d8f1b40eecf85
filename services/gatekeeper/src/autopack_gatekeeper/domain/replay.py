"""Replay: compare a recorded decision with the one that its evidence gives, and say what differs."""

from collections.abc import Iterator
from dataclasses import dataclass

from autopack_model.canonical import Json
from autopack_model.decision.document import decision_digest, decision_document
from autopack_model.decision.value import Decision
from autopack_model.digest import digest_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The digest of a recorded decision, beside that of the one which its evidence gives today.

    ``differing`` names, ascending, the members of the decision's document that differ: ``verdict``, ``head.counts``.
    """

    recorded_digest: str
    derived_digest: str
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the same inputs gave the same decision."""
        return self.recorded_digest == self.derived_digest


def compare(recorded: Decision, derived: Decision) -> Replay:
    """What differs between a recorded decision and the derived one."""
    return Replay(
        recorded_digest=decision_digest(recorded),
        derived_digest=decision_digest(derived),
        differing=tuple(sorted(_differing("", _document(recorded), _document(derived)))),
    )


def _document(decision: Decision) -> dict[str, Json]:
    return decision_document(decision, cells_digest=digest_bytes(decision.delta.cells))


def _differing(path: str, recorded: Json, derived: Json) -> Iterator[str]:
    if not (isinstance(recorded, dict) and isinstance(derived, dict)):
        if recorded != derived:
            yield path
        return
    for name in recorded.keys() | derived.keys():
        yield from _differing(f"{path}.{name}" if path else name, recorded.get(name), derived.get(name))
