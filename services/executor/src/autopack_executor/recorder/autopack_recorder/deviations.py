"""In what a session departs from running the tests of the tree as they stand there. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import NamedTuple

# Of the deviations together; the first ones in their order stay.
MAX_DEVIATIONS = 1000
MAX_SUBJECT = 1000


class Deviation(NamedTuple):
    """One of them: its kind, what it is about, and the file behind it (see ``autopack_recorder``)."""

    kind: str
    subject: str
    path: str
