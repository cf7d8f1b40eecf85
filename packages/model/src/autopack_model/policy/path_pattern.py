"""Patterns over file paths: protected ones, backup files, and the others that a policy names."""

import functools
import re


@functools.lru_cache(maxsize=16)
def compile_patterns(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression, to be used with ``fullmatch`` on a case-folded path, that matches what any pattern matches.

    ``*`` and ``?`` stay within a path segment, ``**`` stands for any number of segments. A pattern without ``/``
    matches a file of that name anywhere, any other from the repository root. Letter case is ignored: on some file
    systems it does not tell files apart. Without patterns nothing matches.
    """
    return re.compile("|".join(f"(?:{_expression(pattern.casefold())})" for pattern in patterns) or r"(?!)", re.DOTALL)


def _expression(pattern: str) -> str:
    anchored = pattern if "/" in pattern else f"**/{pattern}"
    segments = anchored.split("/")
    parts = [r"(?:[^/]+/)*" if segment == "**" else f"{_segment(segment)}/" for segment in segments[:-1]]
    return "".join(parts) + (r".+" if segments[-1] == "**" else _segment(segments[-1]))


def _segment(segment: str) -> str:
    wildcards = {"*": "[^/]*", "?": "[^/]"}
    return "".join(wildcards.get(character) or re.escape(character) for character in segment)
