"""Deriving every recorded decision again: does its evidence give the same decision today?

Only a gatekeeper can derive one. It reads the decision and its evidence from a store that serves the same database.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from sqlalchemy import Engine, select, tuple_

from autopack_clients.errors import GatekeeperRefused
from autopack_clients.gatekeeper import Replayed
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_store.database.engine import label, reading
from autopack_store.database.faults import translated
from autopack_store.schema.tables.decisions import decision
from autopack_store.upkeep.verification import Checked

PAGE = 500
"""How many decisions are listed in one transaction. None is open while a decision is derived."""

Derive: TypeAlias = Callable[[AttemptRef], Replayed]
"""Has the decision of an attempt derived again: ``GatekeeperClient.replay``, and it raises the same."""

_KEY = tuple(decision.primary_key)


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
        query = select(*_KEY, decision.c.decision_digest).where(decision.c.created_at_ms >= since_ms)
        page = query.order_by(*_KEY).limit(PAGE)
        while True:
            with translated(label(self._reader)), self._reader.begin() as connection:
                rows = [tuple(row) for row in connection.execute(page)]
            for run_id, phase, attempt, digest in rows:
                yield self._compared(run_id, phase, attempt, digest)
            if len(rows) < PAGE:
                return
            page = query.where(tuple_(*_KEY) > tuple_(*rows[-1][:-1])).order_by(*_KEY).limit(PAGE)

    def _compared(self, run_id: str, phase: str, attempt: int, recorded: str) -> Checked:
        try:
            said = _difference(self._derive(AttemptRef(run_id=run_id, phase=phase, attempt=attempt)), recorded)
        except (GatekeeperRefused, InvalidValue) as error:
            if not self._is_recorded((run_id, phase, attempt)):  # retention has removed it since it was listed
                return Checked(kind="decisions", count=0, damages=())
            said = f"cannot be derived again: {error}"
        damages = (f"decision of {run_id}/{phase}/{attempt}: {said}",) if said else ()
        return Checked(kind="decisions", count=1, damages=damages)

    def _is_recorded(self, key: tuple[str, str, int]) -> bool:
        with translated(label(self._reader)), self._reader.begin() as connection:
            return connection.execute(select(*_KEY).where(tuple_(*_KEY).in_([key]))).first() is not None


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
