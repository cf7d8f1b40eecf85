"""What a failed report says of its failure. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autopack_recorder.places import is_installed
from autopack_recorder.text import MAX_MESSAGE, as_text

if TYPE_CHECKING:
    import pytest

    from autopack_recorder.fields import CollectorFields, ReportFields

# The attribute by which a report carries type, path and function of its failure; of a collector, the message too.
FAILURE = "autopack_failure"

# The collector that holds all others: pytest gives it an empty id, or a dot.
EVERYTHING = "."


def cause_of(error: BaseException) -> BaseException:
    """The exception that pytest wrapped into its own ``error``, or ``error`` itself."""
    while error.__cause__ is not None and str(type(error).__module__).startswith("_pytest."):
        error = error.__cause__
    return error


def describe_failure(error: BaseException, tree: str | None) -> list[str]:
    """Type, path and function of an exception: the deepest frame in the tree, or the deepest of all."""
    kind = type(error)
    module = str(kind.__module__)
    name = kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
    path, function = _place(error, tree)
    if tree and path.startswith(os.path.join(tree, "")):
        path = os.path.relpath(path, tree)
    return [as_text(name, 500), as_text(path, 1000), as_text(function, 500)]


def describe_collector(report: pytest.CollectReport) -> CollectorFields:
    """The event of a collector that errored or was skipped."""
    kind, path, function, message = getattr(report, FAILURE, None) or ("", "", "", None)
    return {
        "collector": as_text(report.nodeid) or EVERYTHING,
        "state": "skipped" if report.outcome == "skipped" else "errored",
        "type": kind,
        "path": path,
        "function": function,
        "message": _message(report) if message is None else message,
    }


def describe_report(report: pytest.TestReport, xfail: object, *, subtest: bool) -> ReportFields:
    """One report of a test. ``xfail`` is the reason for which a failure was expected, or None."""
    kind, path, function = getattr(report, FAILURE, None) or ("", "", "")
    return {
        "when": as_text(report.when, 20),
        "outcome": as_text(report.outcome, 20),
        "subtest": subtest,
        "xfail": None if xfail is None else as_text(xfail, MAX_MESSAGE),
        "type": kind,
        "path": path,
        "function": function,
        "message": _message(report),
    }


def describe_subtest(report: pytest.TestReport) -> str:
    """What pytest, or pytest-subtests, calls the subtest that ``report`` is of."""
    for name in ("_sub_test_description", "sub_test_description"):
        describe = getattr(report, name, None)
        if callable(describe):
            return as_text(describe(), 200)
    return "(<subtest>)"


def _place(error: BaseException, tree: str | None) -> tuple[str, str]:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, ""
    path, function, own = "", "", False
    prefix = os.path.join(tree or "", "")
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        inside = bool(tree) and code.co_filename.startswith(prefix) and not is_installed(code.co_filename)
        if inside or not own:
            path, function, own = code.co_filename, code.co_name, inside
        step = step.tb_next
    return path, function


def _message(report: pytest.CollectReport | pytest.TestReport) -> str:
    """What a report has to say, on few lines: the crash message, the reason of a skip, or the whole text."""
    representation = report.longrepr
    if representation is None:
        return ""
    crash = getattr(representation, "reprcrash", None)
    if crash is not None:
        return as_text(crash.message, MAX_MESSAGE)
    if isinstance(representation, tuple) and len(representation) == 3:
        reason = as_text(representation[2], MAX_MESSAGE)
        return reason[len("Skipped: ") :] if reason.startswith("Skipped: ") else reason
    return as_text(representation, MAX_MESSAGE)
