"""What the executor and the programs that read sources for it exchange, as JSON.

Of its own, so that the executor does not import what only these programs need.
"""

from typing import TypedDict


class SideSources(TypedDict):
    """The sources of a side as JSON: Base64 by path of the changed files and of each ``conftest.py``; the names in the
    folders above them; the Python files that hold the word ``autouse``; the digests of the changed files that help
    tests, with the sources of these that can be read, and all files that are called like one of these; and the names
    that files have on head.
    """

    files: dict[str, str]
    conftests: dict[str, str]
    entries: dict[str, list[str]]
    autouse: list[str]
    support: dict[str, str]
    helpers: dict[str, str]
    namesakes: list[str]
    renames: dict[str, str]


class FunctionFacts(TypedDict):
    """The facts about a test function as JSON."""

    path: str
    name: str
    digest: str
    setting: str
    uses: list[str]
    checks: int
    shape: str
    contains: list[str]


class LookSources(TypedDict):
    """What is to be looked at as JSON, the sources in Base64 by path.

    ``base`` has them under the paths of head. ``tests`` are the paths of ``head`` whose tests are collected,
    ``support`` those that help tests; the other ones are product. ``suite`` has the test modules of head, ``own`` the
    names of the modules and packages of the tree, and ``roots`` those at its top. ``renamed`` has the paths on base of
    the files that have another one, ``left`` the folders of base in which head has nothing.
    """

    base: dict[str, str]
    head: dict[str, str]
    tests: list[str]
    support: list[str]
    suite: dict[str, str]
    own: list[str]
    roots: list[str]
    left: list[str]
    renamed: dict[str, str]


class FoundFacts(TypedDict):
    """A finding as JSON. It holds only where nothing else has both of any of the ``attributes``, pairs of names."""

    rule: int
    path: str
    line: int
    test: str
    before: str
    after: str
    attributes: list[tuple[str, str]]


class LookAnswer(TypedDict):
    """The findings as JSON, and what could not be looked at."""

    found: list[FoundFacts]
    problem: str
