"""Tests that are set up by fixtures and not by a method of their class, or the other way round."""

from collections.abc import Mapping

from autopack_executor.syntax.facts import Found
from autopack_executor.syntax.run_parts import NoSequenceError
from autopack_executor.syntax.sequences import sequence_of


def set_up_otherwise(
    name: str, old: Found, news: Mapping[str, Found], new_name: str, new: Found, olds: Mapping[str, Found]
) -> bool:
    """Whether a test of a class that is gone became a function or a test of a new class, or the other way round, and
    the same statements are run for it, in the same order and with the same meaning. What a local, a member of the class
    and a fixture holds may be called otherwise, one name for one name.

    Where the set-up does nothing but make objects for the test, and the test does not use one of them, the other test
    may do without it.
    """
    holder, new_holder = name.rpartition("::")[0], new_name.rpartition("::")[0]
    if holder == new_holder or _has(news, holder) or _has(olds, new_holder):
        return False
    try:
        before, after = sequence_of(old.syntax), sequence_of(new.syntax)
        setting = old.syntax.setting_without(old.place, before.names)
        if setting != new.syntax.setting_without(new.place, after.names):
            return False
        was, now = before.says(old.place), after.says(new.place)
    except (NoSequenceError, ValueError):
        return False
    return 0 < was.checks <= now.checks and was.digest() == now.digest()


def _has(functions: Mapping[str, Found], holder: str) -> bool:
    return bool(holder) and any(each.startswith(f"{holder}::") for each in functions)
