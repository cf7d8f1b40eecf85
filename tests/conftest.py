"""Hypothesis settings for all tests: the same examples in every run, on slow machines too; and the report at the end.

``HYPOTHESIS_PROFILE=search`` looks for new examples instead.
"""

import os
import signal
from collections.abc import Iterator
from typing import Protocol

import pytest
from hypothesis import settings

from tests.process_state import process_state_kept
from tests.report import note, noted

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", derandomize=False, deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

_OUTPUT = "notes"


def pytest_configure() -> None:
    """Heed SIGINT and SIGHUP, also where these tests were started in the background of a shell or by ``nohup``, which
    have them ignored: children inherit that, and a command that nobody can interrupt cannot be tested for it.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="module", autouse=True)
def module_leaves_the_process_as_it_was() -> Iterator[None]:
    """What fixtures of a module, or longer ones that it begins, change in the process ends with the module."""
    with process_state_kept():
        yield


@pytest.fixture(autouse=True)
def test_leaves_the_process_as_it_was() -> Iterator[None]:
    """What a test changes in the process ends with the test."""
    with process_state_kept():
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--count N`` runs each test N times, to find those that fail once in many."""
    parser.addoption("--count", type=int, default=1, metavar="N", help="run each test N times")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is repeated has the number of its repetition in its id."""
    count: int = metafunc.config.getoption("count")
    if count > 1:
        metafunc.fixturenames.append("repetition")
        metafunc.parametrize("repetition", range(1, count + 1))


class Worker(Protocol):
    """What pytest-xdist tells of a worker that has ended."""

    config: pytest.Config
    workeroutput: dict[str, list[str]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist sends its lines to the process that reports."""
    output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = noted(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Worker) -> None:
    """Take over what a worker sent; one that crashed sent nothing."""
    for line in getattr(node, "workeroutput", {}).get(_OUTPUT, []):
        note(node.config, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was used."""
    for line in noted(config):
        terminalreporter.write_line(line)
