"""What narrows a suite down to some of its tests. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopack_recorder.text import as_text

if TYPE_CHECKING:
    import pytest

_MAX_GIVEN = 100

# Name of the option's value -> the option. Those of the configuration (addopts) count as well as the operator's.
_OPTIONS = (
    ("keyword", "-k"),
    ("markexpr", "-m"),
    ("lf", "--lf"),
    ("deselect", "--deselect"),
    ("ignore", "--ignore"),
    ("ignore_glob", "--ignore-glob"),
    ("file_or_dir", ""),
)


def selection_of(config: pytest.Config) -> list[str]:
    """The options and arguments that select or leave out tests, as given: ``-k typo``, ``tests/unit``."""
    found: list[str] = []
    for name, option in _OPTIONS:
        value = getattr(config.option, name, None)
        if value is True:
            found.append(option)
        elif isinstance(value, str) and value:
            found.append(f"{option} {value}")
        elif isinstance(value, (list, tuple)):
            found.extend(f"{option} {each}".strip() for each in value[:_MAX_GIVEN])
    return [as_text(each, 1000) for each in found]
