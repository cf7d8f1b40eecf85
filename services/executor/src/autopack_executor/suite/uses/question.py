"""What the program that looks for files of the tests is asked, as JSON."""

from typing import TypedDict


class Question(TypedDict):
    """A tree as JSON: its place, the paths of its files, the modules that tests were collected from, with the names of
    these functions and classes, the names of all functions of tests, and the files that hold the code of tests whose
    ids name other files.
    """

    root: str
    paths: list[str]
    modules: dict[str, list[str]]
    functions: list[str]
    code: list[str]
