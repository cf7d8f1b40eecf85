"""The recorder: a pytest plugin that streams what a session does, one JSON event per line. PYTEST_DONT_REWRITE

``start_pytest.py`` beside it starts pytest with the folder that holds this package first on ``sys.path``, and ``-p
autopack_recorder`` names the package. It needs Python 3.8 and pytest 7.0 or newer and nothing else. Without
AUTOPACK_RECORDER_STREAM in the environment, and outside of a pytest-xdist worker, it does nothing.

Tests and collectors are named as pytest does, but with the path from the tree instead of from pytest's rootdir.

Events, each an object with ``seq`` (from 0, without gaps) and ``event``:

- ``start``: the recorder is loaded. ``version``, ``pid``, ``python``, ``pytest``.
- ``session``: the session begins. ``rootdir``, ``tree``, ``selection`` (what narrows the suite down, as given), whether
  it is ``distributed`` over workers of pytest-xdist, and ``seeds``: ``plugin=seed`` of each plugin that takes one.
- ``collected``: ``ids`` of selected tests; a test's number is its place in all such lists together.
- ``unlisted``: the same for a test that reported without having been collected.
- ``collector``: one that gave no tests. ``collector``, ``state`` (errored, skipped) and a failure (see below).
- ``without_tests``: ``collectors`` that passed, and in which no selected test lies.
- ``begin``: a worker of pytest-xdist begins an execution of ``test``.
- ``test``: one execution of ``test`` came to its end after ``ms``. When anything in it did not plainly pass it has
  ``reports``: ``when``, ``outcome``, ``subtest``, ``xfail`` and a failure. An execution that never passed its call
  stage and has nothing else to say has no reports in that list. Of subtests it has each that failed, and the first
  that was skipped or failed as expected; ``muted`` names all of these, if there are any. ``reruns`` says how often a
  plugin may run the test again when it fails, if it may.
- ``finish``: the session is over. ``exit`` is pytest's exit status, ``deselected`` a count.
- ``end``: nothing follows. ``count`` of events, ``binding`` (bound, foreign, unknown), ``foreign`` modules, files of
  ``plugins`` in the tree, ``deviations``: kind, subject and path of each (``suite_run.proto`` has the kinds), and
  ``test_code``: files of the tree that hold the code of tests whose ids name other files.
- ``broken``: the recorder gave up for ``reason``; nothing follows.

A failure is ``type``, ``path``, ``function`` and ``message``. ``path`` is relative when it lies in the tree.

AUTOPACK_RECORDER_TESTS may name a JSON file with a list of names. Then every other test is deselected, once all plugins
have chosen theirs.

Why it cannot change an outcome: it only reads reports, adds attributes of its own to them, turns off what would end a
session early (-x, --maxfail, --stepwise, stopping at collection errors), and gives plugins that draw a seed of their
own one that is the same in every session. Those options choose how many tests run, never how one of them runs; a seed
makes one of the outcomes that there are. An error in the recorder itself ends the stream, which makes the evidence
incomplete and leaves the tests alone.

Every module but ``fields`` is imported here, before any code of the project runs, and says to pytest that its
assertions must not be rewritten: that would only cost time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from autopack_recorder.controller import Controller
from autopack_recorder.seeds import give_seeds, note_given
from autopack_recorder.stream import Stream
from autopack_recorder.worker import KEY, Worker

if TYPE_CHECKING:
    from autopack_recorder.fields import ToWorker

_STREAM = "AUTOPACK_RECORDER_STREAM"
_TREE = "AUTOPACK_RECORDER_TREE"
_MODULES = "AUTOPACK_RECORDER_MODULES"
_TESTS = "AUTOPACK_RECORDER_TESTS"

_CONTROLLER = "autopack-recorder-controller"

# Options that end a session early, each with the value that does not.
_WHOLE_SUITE = (
    ("maxfail", 0),
    ("continue_on_collection_errors", True),
    ("stepwise", False),
    ("stepwise_skip", False),
    ("stepwise_reset", False),
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Open the stream before any code of the project runs, and take our variables out of the tests' sight.

    Without them no child process, xdist worker or inner pytest can take itself for the recorded session.
    """
    note_given(early_config, args)
    stream = os.environ.pop(_STREAM, None)
    tree = os.environ.pop(_TREE, None)
    modules = os.environ.pop(_MODULES, None)
    tests = os.environ.pop(_TESTS, None)
    if not stream:
        return
    controller = Controller(early_config, Stream(stream), tree, modules, tests)
    early_config.pluginmanager.register(controller, _CONTROLLER)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """In a worker of pytest-xdist, observe for the controller; in either, see to it that the suite runs whole, and
    with the seed that every session has.
    """
    handed: ToWorker | None = getattr(config, "workerinput", {}).get(KEY)
    if handed is not None:
        config.pluginmanager.register(Worker(config, handed), "autopack-recorder-worker")
    if handed is not None or config.pluginmanager.hasplugin(_CONTROLLER):
        for name, value in _WHOLE_SUITE:
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        give_seeds(config)
