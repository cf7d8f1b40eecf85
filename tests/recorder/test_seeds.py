"""Every session has the same seed, whatever draws one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.recorder.recorded import every_python, need, record

# Options as pytest-randomly, pytest-random-order and pytest-random have them: each draws a seed of its own by default.
DRAWING = """
    import random

    def number(text):
        return text if text == "default" else int(text)

    def pytest_addoption(parser):
        drawn = random.SystemRandom().getrandbits(32)
        parser.addoption("--randomly-seed", dest="randomly_seed", default="default", type=number)
        parser.addoption("--random-order-seed", dest="random_order_seed", default="default:%d" % drawn)
        parser.addoption("--random-seed", dest="random_seed", default=drawn, type=int)

    def pytest_configure(config):
        if config.option.randomly_seed == "default":
            config.option.randomly_seed = random.SystemRandom().getrandbits(32)
"""
SHOWN = """
    def test_seeds(request):
        option = request.config.option
        assert [] == [option.randomly_seed, option.random_order_seed, option.random_seed]
"""
FILES = {"drawing.py": DRAWING, "test_it.py": SHOWN}
ALL = ["hypothesis=1", "random-order=1", "random=1", "randomly=1"]


def _seen(folder: Path, *arguments: str, python: str, files: Mapping[str, str] = FILES) -> tuple[str, tuple[str, ...]]:
    """What a test saw of the seeds, and what was recorded of them."""
    recorded = record(folder, "-p", "drawing", *arguments, python=python, files=files)
    (detail,) = recorded.recording.details
    return detail.message.splitlines()[0], recorded.recording.facts.seeds


@every_python
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_plugin_that_draws_a_seed_gets_the_one_of_every_session(
    tmp_path: Path, python: str, workers: tuple[str, ...]
) -> None:
    """What plugins draw when nobody gives them a seed is the same in every session, in workers of pytest-xdist too."""
    need(python, "hypothesis", *(["xdist"] if workers else []))
    message, seeds = _seen(tmp_path, *workers, python=python)
    assert "AssertionError: assert [] == [1, 'default:1', 1]" == message
    assert ALL == [*seeds]


@every_python
def test_a_seed_of_the_users_stays(tmp_path: Path, python: str) -> None:
    """A seed that stands in the arguments or in the configuration is the user's wish, and is recorded."""
    need(python, "hypothesis")
    files = FILES | {"pytest.ini": "[pytest]\naddopts = --randomly-seed=7 --random-order-seed 8\n"}
    message, seeds = _seen(tmp_path, "--random-seed", "9", "--hypothesis-seed=4", python=python, files=files)
    assert "AssertionError: assert [] == [7, '8', 9]" == message
    assert ("hypothesis=4", "random-order=8", "random=9", "randomly=7") == seeds


@every_python
def test_an_option_of_the_projects_own_stays(tmp_path: Path, python: str) -> None:
    """An option that only has the name of a plugin's, and holds something else, is left alone."""
    own = {
        "conftest.py": """
            def pytest_addoption(parser):
                parser.addoption("--rng-seed", action="append", default=[])
        """,
        "test_it.py": "def test_it(request):\n    assert request.config.option.rng_seed == []\n",
    }
    assert {"test_it.py::test_it": "passed"} == record(tmp_path, python=python, files=own).states


@every_python
def test_hypothesis_finds_the_same_examples_in_each_session(tmp_path: Path, python: str) -> None:
    """What Hypothesis draws does not differ between two sessions, so that neither finds what the other does not."""
    need(python, "hypothesis")
    files = {
        "test_it.py": """
            from hypothesis import given, strategies

            drawn = []

            @given(strategies.integers())
            def test_draws(number):
                drawn.append(number)

            def test_shows():
                assert [] == drawn
        """
    }
    messages = {
        record(tmp_path / name, "-vv", python=python, files=files).detail("test_it.py::test_shows").message
        for name in ("first", "second")
    }
    assert 1 == len(messages)
