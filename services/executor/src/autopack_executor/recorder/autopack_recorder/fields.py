"""The shapes of the values that the recorder passes on, for the type checker alone: no process imports this module."""

from __future__ import annotations

from typing import Protocol, TypedDict


class BindingFields(TypedDict):
    """What a process found about where its code comes from.

    ``state`` is bound, foreign or unknown; ``foreign`` lists ``module=path``, ``plugins`` files of the tree,
    ``deviations`` kind, subject and path, and ``test_code`` files of the tree that hold the code of tests whose ids
    name other files; all of them sorted.
    """

    state: str
    foreign: list[str]
    plugins: list[str]
    deviations: list[list[str]]
    test_code: list[str]


class CollectorFields(TypedDict):
    """The fields of the event ``collector``, in their order."""

    collector: str
    state: str
    type: str
    path: str
    function: str
    message: str


class ReportFields(TypedDict):
    """The fields of one of the reports in the event ``test``, in their order."""

    when: str
    outcome: str
    subtest: bool
    xfail: str | None
    type: str
    path: str
    function: str
    message: str


class HiddenFields(TypedDict):
    """A failure that nobody logged, of the test at ``index`` of a worker."""

    index: int
    report: ReportFields


class ToWorker(TypedDict):
    """What a worker is told at its start."""

    tree: str | None
    modules: str | None
    wanted: list[str] | None


class FromWorker(TypedDict):
    """What a worker says at its end. ``broken`` is the reason for which its recorder gave up, or empty.

    ``without_tests`` names the collectors that passed, and in which no selected test lies.
    """

    broken: str
    deselected: int
    collectors: list[CollectorFields]
    hidden: list[HiddenFields]
    without_tests: list[str]
    binding: BindingFields


class WorkerConfig(Protocol):
    """What pytest-xdist adds to the configuration in a worker."""

    workeroutput: dict[str, FromWorker]
