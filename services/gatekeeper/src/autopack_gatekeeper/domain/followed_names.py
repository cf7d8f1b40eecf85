"""Which tests only follow names that the product moved (docs/decisions/0032), as the findings tell."""

import re
from collections.abc import Iterable

from autopack_model.finding.value import Finding, FindingRule

# How Python and mock say that a name, an attribute or a module is not there (any more).
_WANTING = re.compile(
    r"(?:[\w.]+\.)?(?:ImportError: cannot import name |ModuleNotFoundError: No module named |"
    r"AttributeError: .* (?:has no attribute|does not have the attribute) |NameError: name (?=.* is not defined))"
    r"['\"](?P<name>[\w.]+)"
)

# How Python says that a function does not take an argument of that name (any more).
_NOT_TAKEN = re.compile(r"(?:[\w.]+\.)?TypeError: .*unexpected keyword argument ['\"](?P<name>\w+)")


class FollowedNames:
    """The findings of moved names, by the functions of tests on either side."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        moving = [each for each in findings if each.rule is FindingRule.NAMES_MOVED and each.test]
        self._moved = {each.test: each.before for each in moving}
        self._new_names = {_old_name(each): each.test for each in moving}

    def on_head(self, name: str) -> str:
        """The name on head of the test that is called ``name`` on base: another one where it was called after a moved
        name.
        """
        function, bracket, case = name.partition("[")
        return f"{self._new_names.get(function, function)}{bracket}{case}"

    def explain(self, name: str, message: str) -> bool:
        """Whether a failure with this message, of the test that is called ``name`` on head, is for want of a name that
        moved.
        """
        found = _WANTING.match(message) or _NOT_TAKEN.match(message)
        if found is None:
            return False
        moved = self._moved.get(name.partition("[")[0], "").split(", ")
        return any(each == found["name"] or each.endswith(f".{found['name']}") for each in moved)


def wants_a_name(message: str) -> bool:
    """Whether a failure is for want of a name, an attribute or a module."""
    return _WANTING.match(message) is not None


def _old_name(finding: Finding) -> str:
    """The name that the test of a finding of moved names has on base: these begin with those of tests and classes."""
    old, new = finding.before.split(", "), finding.after.split(", ")
    names = dict(zip(new, old, strict=False))
    file, *parts = finding.test.split("::")
    return "::".join([file, *(names.get(each, each) for each in parts)])
