"""The product functions that combinations are about: right, right in other words, and wrong in several ways."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A function of the product. ``good`` and ``same`` are bodies that do the same, each of ``wrong`` does not.

    ``samples`` are pairs of arguments and what the right function returns, as source; ``raising`` are pairs of
    arguments and the exception that it raises. ``around`` is what a test puts around a call.
    """

    name: str
    parameters: str
    good: str
    same: str
    wrong: tuple[str, ...]
    samples: tuple[tuple[str, str], ...]
    raising: tuple[tuple[str, str], ...] = ()
    around: str = "{}"

    def source(self, body: str, name: str = "") -> str:
        """The function with one of its bodies, under its own name or another one."""
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        return f"def {name or self.name}({self.parameters}):\n{lines}"

    def call(self, function: str, arguments: str) -> str:
        """A call of the function, which a test reaches as ``function``."""
        return self.around.format(f"{function}({arguments})")


SUBJECTS: Final = (
    Subject(
        name="split",
        parameters="a, n",
        good="return [a // n] * (n - 1) + [a - a // n * (n - 1)]",
        same="part = a // n\nrest = a - part * n\nreturn [part] * (n - 1) + [part + rest]",
        wrong=("return [a // n] * n", "return [a // n] * (n - 1)", "return [a / n] * n"),
        samples=(("10, 3", "[3, 3, 4]"), ("4, 2", "[2, 2]"), ("7, 1", "[7]")),
        raising=(("1, 0", "ZeroDivisionError"),),
    ),
    Subject(
        name="net",
        parameters="gross, rate",
        good="return gross / (1 + rate)",
        same="factor = 1 + rate\nreturn gross / factor",
        wrong=("return gross * (1 - rate)", "return gross", "return round(gross / (1 + rate))"),
        samples=(("119, 0.19", "100.0"), ("21, 0.5", "14.0"), ("8, 0", "8.0"), ("0, 0.25", "0.0")),
        raising=(("1, -1", "ZeroDivisionError"),),
    ),
    Subject(
        name="initials",
        parameters="name",
        good="return ''.join(part[0] for part in name.split()).upper()",
        same="letters = [part[:1].upper() for part in name.split()]\nreturn ''.join(letters)",
        wrong=(
            "return name[:2].upper()",
            "return ''.join(part[0] for part in name.split())",
            "return ''.join(part[-1] for part in name.split()).upper()",
        ),
        samples=(("'ada lovelace'", "'AL'"), ("'alan m turing'", "'AMT'"), ("''", "''"), ("'GO'", "'G'")),
        raising=(("None", "AttributeError"),),
    ),
    Subject(
        name="unique",
        parameters="values",
        good="return list(dict.fromkeys(values))",
        same="found = []\nfor value in values:\n    if value not in found:\n        found.append(value)\nreturn found",
        wrong=("return sorted(set(values))", "return list(values)", "return values[:1]"),
        samples=(("[3, 1, 3]", "[3, 1]"), ("[1, 2]", "[1, 2]"), ("[]", "[]")),
    ),
    Subject(
        name="counts",
        parameters="words",
        good="return {word: words.count(word) for word in words}",
        same="found = {}\nfor word in words:\n    found[word] = found.get(word, 0) + 1\nreturn found",
        wrong=("return {word: 1 for word in words}", "return {}", "return {word: len(word) for word in words}"),
        samples=(("['a', 'b', 'a']", "{'a': 2, 'b': 1}"), ("['c']", "{'c': 1}"), ("[]", "{}")),
    ),
    Subject(
        name="age",
        parameters="text",
        good="years = int(text)\nif years < 0:\n    raise ValueError(text)\nreturn years",
        same="years = int(text)\nif not 0 <= years:\n    raise ValueError(text)\nreturn years",
        wrong=("return int(text)", "return abs(int(text))", "return max(int(text), 1)"),
        samples=(("'42'", "42"), ("' 7 '", "7"), ("'0'", "0")),
        raising=(("'-3'", "ValueError"), ("'x'", "ValueError")),
    ),
    Subject(
        name="pairs",
        parameters="values",
        good="yield from zip(values, values[1:])",
        same="for place in range(len(values) - 1):\n    yield values[place], values[place + 1]",
        wrong=("yield from zip(values, values)", "yield from zip(values[::2], values[1::2])", "return\nyield"),
        samples=(("[1, 2, 3]", "[(1, 2), (2, 3)]"), ("[1]", "[]"), ("'ab'", "[('a', 'b')]")),
        around="list({})",
    ),
)

ALWAYS_WRONG: Final = ("return None", "raise RuntimeError('broken')")
"""What no function does. A test calls a generator within ``list``, which does not take None."""
