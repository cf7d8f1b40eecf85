"""What the type stubs say of an optional field: ``X | Absent``."""

from typing import final


@final
class Absent:
    """Stands for an optional field that is not there, in types alone: nothing is ever one.

    It keeps an optional field from being read without asking HasField, which would make "absent" the same as "" or 0.
    """
