"""Text that differs between two runs of one thing: addresses, folders, times, numbers that nobody chose."""

import re

# What differs between two runs of one failure, in the order in which it is replaced.
_VARYING = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "<address>"),
    # an absolute path but for its last part; "//" and "a/b" are none
    (re.compile(r"(?<![\w./:<>-])(?:/[^\s/'\"<>|:,;()\[\]]+)+/"), "<folder>/"),
    (re.compile(r"\btmp[a-z0-9_]{8}\b"), "<temporary>"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"), "<time>"),
    (re.compile(r"\b[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?\b"), "<time>"),
    (re.compile(r"\b[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)? ?(?:[mnuµ]s|s|secs?|seconds?|minutes?)\b"), "<duration>"),
    (re.compile(r"(\.py:|\bline )[0-9]+"), r"\1<line>"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\b"), "<hash>"),
    (re.compile(r"\b[0-9]+\.[0-9]{6,}(?:e[+-]?[0-9]+)?\b"), "<number>"),
    (re.compile(r"\b[0-9]{5,}\b"), "<number>"),
)


def without_varying(text: str) -> str:
    """``text`` with everything replaced that differs between two runs of the same thing."""
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text
