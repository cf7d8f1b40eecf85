"""Deriving every recorded decision again: does its evidence give the same decision today?

Only a gatekeeper can derive one. It reads the decision and its evidence from a store that serves the same database.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from sqlalchemy import Engine, literal, select, tuple_, union_all

from autopack_clients.errors import GatekeeperRefused
from autopack_clients.gatekeeper import Replayed
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_store.database.attempt_key import is_attempt
from autopack_store.database.engine import label, reading
from autopack_store.database.faults import translated
from autopack_store.schema.tables.decisions import decision, further_decision
from autopack_store.upkeep.verification import Checked

PAGE = 500
"""How many decisions are listed in one transaction. None is open while a decision is derived."""

Derive: TypeAlias = Callable[[AttemptRef, int], Replayed]
"""Has a decision of an attempt derived again, 0 for the first one: ``GatekeeperClient.replay``; it raises the same."""

_KEY = (*decision.primary_key, literal(0).label("number"))
_FURTHER_KEY = tuple(further_decision.primary_key)


class DerivedDecisions:
    """Compares the decisions of a database with what ``derive`` makes of them."""

    def __init__(self, engine: Engine, derive: Derive) -> None:
        self._reader = reading(engine)
        self._derive = derive

    def checked(self, since_ms: int) -> Iterator[Checked]:
        """Check the decisions that were recorded since ``since_ms`` (milliseconds since the epoch, UTC).

        Raises StorageError, and GatekeeperUnavailable and StorageFull when the gatekeeper cannot tell.
        """
        yield Checked(kind="decisions", count=0, damages=())
        recent = (
            select(*_KEY, decision.c.decision_digest).where(decision.c.created_at_ms >= since_ms),
            select(*_FURTHER_KEY, further_decision.c.decision_digest).where(
                further_decision.c.created_at_ms >= since_ms
            ),
        )
        listed = union_all(*recent).subquery()
        key = tuple(listed.c[column.name] for column in _FURTHER_KEY)
        query = select(*key, listed.c.decision_digest)
        page = query.order_by(*key).limit(PAGE)
        while True:
            with translated(label(self._reader)), self._reader.begin() as connection:
                rows = [tuple(row) for row in connection.execute(page)]
            for run_id, phase, attempt, number, digest in rows:
                yield self._compared(AttemptRef(run_id=run_id, phase=phase, attempt=attempt), number, digest)
            if len(rows) < PAGE:
                return
            page = query.where(tuple_(*key) > tuple_(*rows[-1][:-1])).order_by(*key).limit(PAGE)

    def _compared(self, ref: AttemptRef, number: int, recorded: str) -> Checked:
        try:
            said = _difference(self._derive(ref, number), recorded)
        except (GatekeeperRefused, InvalidValue) as error:
            if not self._is_recorded(ref):  # retention has removed it since it was listed
                return Checked(kind="decisions", count=0, damages=())
            said = f"cannot be derived again: {error}"
        what = f"further decision {number}" if number else "decision"
        damages = (f"{what} of {ref}: {said}",) if said else ()
        return Checked(kind="decisions", count=1, damages=damages)

    def _is_recorded(self, ref: AttemptRef) -> bool:
        with translated(label(self._reader)), self._reader.begin() as connection:
            query = select(decision.c.run_id).where(is_attempt(decision, ref))
            return connection.execute(query).first() is not None


def _difference(replayed: Replayed, recorded: str) -> str:
    """What is wrong with a decision that is ``recorded`` under this digest; empty when the same one was derived."""
    if replayed.recorded_digest != recorded:
        return f"is recorded as {recorded}, and the gatekeeper's store has {replayed.recorded_digest}"
    if replayed.equal:
        return ""
    return (
        f"is recorded as {recorded}, and its evidence gives {replayed.derived_digest} today; these members differ: "
        f"{', '.join(replayed.differing)}"
    )
