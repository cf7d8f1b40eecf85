"""What a transaction is for. The engine's listeners begin it accordingly."""

import enum

from sqlalchemy import Connection

OPTION = "autopack_mode"
"""The execution option that says it."""


class Mode(enum.Enum):
    """What a transaction is for."""

    READING = "reading"
    WRITING = "writing"


def mode_of(connection: Connection) -> Mode | None:
    """What the transaction that begins on ``connection`` is for; None when nobody said."""
    found = connection.get_execution_options().get(OPTION)
    return found if isinstance(found, Mode) else None
