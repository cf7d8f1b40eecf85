"""Two versions of files, and the rules by which a look at them finds something."""

import base64
from collections.abc import Mapping

from autopack_executor.syntax.exchanged import FoundFacts, LookSources
from autopack_executor.syntax.look import look
from autopack_model.finding.value import FindingRule

Files = Mapping[str, str]
MODULE = "tests/test_money.py"
IMPORTS = "import pytest\nfrom shop.money import split, total\n\n\n"


def rules(before: str, after: str) -> list[str]:
    """The rules of what is found in two versions of a test module, each behind the same imports."""
    found = findings({MODULE: IMPORTS + before}, {MODULE: IMPORTS + after})
    return [FindingRule(each["rule"]).label for each in found]


def product_rules(before: str, after: str, test: str = "") -> list[tuple[str, str]]:
    """The rules and tests of what is found in two versions of a product module that ``test`` tests."""
    path = "shop/money.py"
    found = findings({path: before, MODULE: test}, {path: after, MODULE: test})
    return [(FindingRule(each["rule"]).label, each["test"]) for each in found]


def findings(before: Files, after: Files) -> list[FoundFacts]:
    """What is found in two versions of a tree, of which ``tests/test_*.py`` are the tests."""
    answer = look(sources(before, after))
    assert "" == answer["problem"]
    return answer["found"]


def sources(before: Files, after: Files) -> LookSources:
    """What the look is given of two versions of a tree."""
    changed = [path for path in after if before.get(path) != after[path]]
    tests = [path for path in after if path.startswith("tests/test_")]
    return LookSources(
        base={path: _encoded(source) for path, source in before.items() if path in changed or path not in after},
        head={path: _encoded(after[path]) for path in changed},
        tests=[path for path in tests if path in changed],
        support=[path for path in changed if path.startswith("tests/") and path not in tests],
        suite={path: _encoded(after[path]) for path in tests},
        own=["shop"],
        roots=sorted({path.split("/")[0].removesuffix(".py") for path in after}),
        renamed={},
        left=[],
    )


def _encoded(source: str) -> str:
    return base64.b64encode(source.encode()).decode()
