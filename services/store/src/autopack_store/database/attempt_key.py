"""The three columns that name an attempt in many tables."""

from sqlalchemy import ColumnElement, Table, and_

from autopack_model.identity.value import AttemptRef


def attempt_row(ref: AttemptRef) -> dict[str, object]:
    """The columns of ``ref``, for inserting."""
    return {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt}


def is_attempt(table: Table, ref: AttemptRef) -> ColumnElement[bool]:
    """The condition that a row of ``table`` belongs to ``ref``."""
    return and_(table.c.run_id == ref.run_id, table.c.phase == ref.phase, table.c.attempt == ref.attempt)
