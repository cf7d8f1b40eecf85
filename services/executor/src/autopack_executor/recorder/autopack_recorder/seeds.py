"""One seed for every plugin that takes one, so that both sides draw the same. PYTEST_DONT_REWRITE

A seed that the user gave, in the arguments or in the configuration, stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

# The same in every run, not drawn for each: a stored baseline is compared with heads of later runs.
SEED = 1

# Plugin, option, and the value that makes the plugin use the seed; what parses the option would make the same of it.
_OPTIONS = (
    ("hypothesis", "--hypothesis-seed", str(SEED)),
    # pytest-random, and pytest-monkey
    ("random", "--random-seed", SEED),
    # pytest-random-order, and pytest-random-num. Without the prefix a seed alone turns the shuffling on.
    ("random-order", "--random-order-seed", f"default:{SEED}"),
    ("randomly", "--randomly-seed", SEED),
    ("strategies", "--rng-seed", SEED),
)

_GIVEN = "_autopack_given_seeds"


def note_given(early_config: pytest.Config, args: Sequence[str]) -> None:
    """Remember which seeds are the user's, of all arguments that the session has."""
    given = [option for _, option, _ in _OPTIONS if any(arg.split("=", 1)[0] == option for arg in args)]
    setattr(early_config, _GIVEN, given)


def give_seeds(config: pytest.Config) -> None:
    """Give the seed to each plugin that is there and has none of the user's. ``note_given`` came before."""
    for _, option, seed in _OPTIONS:
        if hasattr(config.option, _dest(option)) and option not in getattr(config, _GIVEN):
            drawn = getattr(config.option, _dest(option))
            # Of another type, it is an option of the project's own that only has the same name.
            if drawn is None or drawn == "default" or type(drawn) is type(seed):
                setattr(config.option, _dest(option), seed)


def seeds_of(config: pytest.Config) -> list[str]:
    """``plugin=seed`` of each plugin that is there, as the session has it, ascending."""
    found = []
    for plugin, option, _ in _OPTIONS:
        value = getattr(config.option, _dest(option), None)
        if value is not None:
            found.append(f"{plugin}={as_text(value, 100).replace('default:', '', 1)}")
    return sorted(found)


def _dest(option: str) -> str:
    return option[2:].replace("-", "_")
