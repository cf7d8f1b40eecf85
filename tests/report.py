"""What a run of the tests says at its end, beside what pytest says."""

import pytest

_NOTES = pytest.StashKey[set[str]]()


def note(config: pytest.Config, line: str) -> None:
    """Say ``line`` once at the end: what the tests used that the machine provides."""
    config.stash.setdefault(_NOTES, set[str]()).add(line)


def noted(config: pytest.Config) -> list[str]:
    """The lines, sorted."""
    lines = config.stash.setdefault(_NOTES, set[str]())
    return sorted(lines)
