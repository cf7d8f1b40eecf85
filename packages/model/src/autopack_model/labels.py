"""Enumerations whose members have a name for people."""

import enum


class Labelled(enum.IntEnum):
    """An enumeration whose numbers are those of the contract."""

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()
