"""Text that differs between two runs of one thing: addresses, folders, times, numbers that nobody chose."""

import re
from collections.abc import Iterable
from typing import TypeAlias

_Replacements: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]

# What is drawn anew in each run, and never chosen.
_RANDOM: _Replacements = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]+(?:\.\.\.|\[[0-9]+ chars\])?[0-9a-fA-F]*"), "<address>"),
    # the end of an address behind what pytest, or unittest, left out of a long text
    (re.compile(r"((?:\.\.\.|\[[0-9]+ chars\])x?)[0-9a-fA-F]{2,16}(?=>)"), r"\1<address>"),
    (re.compile(r"\btmp(?:[a-z0-9_]{8}|\.[A-Za-z0-9]{6,10})\b"), "<temporary>"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\b"), "<hash>"),
    (re.compile(r"\b(?=[0-9A-F]*[A-F])(?=[0-9A-F]*[0-9])[0-9A-F]{12,}\b"), "<hash>"),
)

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"

# What differs between two runs of one failure, in the order in which it is replaced.
_VARYING: _Replacements = (
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),  # colours of a terminal
    # an absolute path but for its last part; "//" and "a/b" are none
    (re.compile(r"(?<![\w./:<>-])(?:/[^\s/'\"<>|:,;()\[\]]+)+/"), "<folder>/"),
    (re.compile(r"(?<![\w./:<>-])(?:[\w.-]+/)+(?=[\w.-]+\.py\b)"), "<folder>/"),
    *_RANDOM,
    (re.compile(rf"\b[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"), "<time>"),
    (re.compile(rf"\b(?:[A-Z][a-z]{{2}},? )?[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{4}}(?:[: ]{_CLOCK})?"), "<time>"),
    (re.compile(rf"\b(?:[A-Z][a-z]{{2}} )?{_MONTH} +[0-9]{{1,2}} {_CLOCK}(?: [0-9]{{4}})?"), "<time>"),
    (re.compile(r"\bdatetime\.(datetime|date|time)\([0-9][0-9, ]*"), r"datetime.\1(<time>"),
    (re.compile(r"\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?\b"), "<time>"),
    (re.compile(r"\b[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)? ?(?:[mnuµ]s|s|secs?|seconds?|minutes?)\b"), "<duration>"),
    (re.compile(r"\b[0-9]+\.[0-9]+ ?(?:[kKMGT]i?)?B\b"), "<size>"),
    (re.compile(r"(\.(?:py|pyi|pyx|txt|rst|md):|\bline )[0-9]+"), r"\1<line>"),
    (re.compile(r"(<doctest [^>\[\n]+)\[[0-9]+\](?=>)"), r"\1"),
    (re.compile(r"\b((?i:pid|ppid|tid|fd|fileno|process id))(['\"]?[ =:]+)[0-9]+\b"), r"\1\2<number>"),
    (
        re.compile(r"\b((?:[A-Z]\w*)?(?:Thread|Process|Worker|Executor|Dummy|Task))-[0-9]+(?:_[0-9]+)?\b"),
        r"\1-<number>",
    ),
    (re.compile(r"\bgw[0-9]+\b"), "gw<number>"),
    (re.compile(r"\b[0-9]+\.[0-9]{6,}(?:e[+-]?[0-9]+)?\b"), "<number>"),
    (re.compile(r"\b[0-9]{5,}\b"), "<number>"),
)

_SET = re.compile(r"\{([^{}:\n]*)\}")


def without_random(text: str) -> str:
    """``text`` with everything replaced that is drawn anew in each run: UUIDs, addresses, hashes, temporary names."""
    return _replaced(text, _RANDOM)


def without_varying(text: str) -> str:
    """``text`` with everything replaced that differs between two runs of the same thing, and sets in one order."""
    return in_one_order(_replaced(text, _VARYING))


def in_one_order(text: str) -> str:
    """``text`` with the members of each set in ascending order."""
    return _SET.sub(lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", text) if "{" in text else text


def _replaced(text: str, replacements: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, replacement in replacements:
        text = pattern.sub(replacement, text)
    return text
