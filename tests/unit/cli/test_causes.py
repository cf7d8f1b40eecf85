"""The likely cause of what a suite run does not show, told from its facts and from what others than pytest print."""

import pytest

from autopack_cli.explaining.causes import cause_of_error, likely_cause
from autopack_cli.explaining.output_rules import SETUP, SUITE
from autopack_cli.explaining.providers import distribution_with, plugins_with
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import BindingState, CollectorState, SetupFacts
from tests.fakes.evidence import make_evidence, make_setup


def failed_setup(tail: str, *, timed_out: bool = False) -> Evidence:
    """A side whose setup command failed with ``tail``."""
    setup = SetupFacts(
        command="make",
        reused=False,
        exit_code=None if timed_out else 1,
        timed_out=timed_out,
        duration_ms=1,
        output_tail=tail,
        not_run=False,
        pinned=False,
        moved=(),
        changed_files=(),
    )
    return make_evidence(setup=setup, exit_code=None)


FACTS = [
    (make_evidence(timed_out=True, running=("a", "b"), collected=3), "a and b had begun and did not end"),
    (make_evidence(timed_out=True), "the collection of the tests did not end"),
    (make_evidence({"a": TestState.PASSED}, timed_out=True, collected=3, deselected=1), "1 of 2 tests had ended"),
    (make_evidence(signal=9), "took too much memory"),
    (make_evidence(exit_code=137), "took too much memory"),
    (make_evidence(signal=11), "crashed in compiled code"),
    (make_evidence(signal=15), "asked it to end"),
    (make_evidence(binding=BindingState.FOREIGN), "imported package=/elsewhere/package"),
    (make_evidence(exit_code=0, session_finished=False), "ended the process without a word to pytest"),
    (make_evidence(deselected=3), "all 3 tests are deselected"),
    (make_evidence(deselected=1), "the only test is deselected"),
    (make_evidence(), "pytest found no test"),
    (make_evidence(collectors={"test_a.py": CollectorState.ERRORED}), "test_a.py cannot be collected"),
    (make_evidence({"a": TestState.PASSED}, exit_code=1), "a plugin or a hook made the exit code 1"),
    (failed_setup("", timed_out=True), "the setup command did not end in time"),
]


@pytest.mark.parametrize(("evidence", "what"), FACTS)
def test_facts_tell_the_cause(evidence: Evidence, what: str) -> None:
    """What the process did and what was recorded tell the cause where no output does."""
    cause = likely_cause(evidence.suite_run)
    assert cause is not None
    assert what in cause.what


OUTPUTS = [
    (
        "FAIL Required test coverage of 90% not reached. Total coverage: 25.00%\n===== 2 passed in 0.19s =====\n",
        "pytest-cov failed the suite, because the coverage is below its limit: 90% not reached. Total coverage: 25.00%",
    ),
    ("ERROR: Coverage failure: total of 25 is less than fail-under=90\n", "25 is less than fail-under=90"),
    ("\x1b[31mFAIL Required test coverage of 90% not reached.\x1b[0m\n", "pytest-cov failed the suite"),
    ("/usr/bin/python3: No module named pytest\n", "the interpreter has no pytest"),
    ("OSError: [Errno 28] No space left on device\n", "the disk is full"),
    ('Traceback (most recent call last):\n  File "a"\nacme.SettingsError: no\n', "ended with acme.SettingsError: no"),
]


@pytest.mark.parametrize(("tail", "what"), OUTPUTS)
def test_output_tells_the_cause(tail: str, what: str) -> None:
    """The words of plugins, interpreters and systems are known, coloured or not."""
    cause = likely_cause(make_evidence({"a": TestState.PASSED}, exit_code=1, output_tail=tail).suite_run)
    assert cause is not None
    assert what in cause.what


SETUPS = [
    ("ERROR: No matching distribution found for acme==99\n", "no index has a version of acme==99"),
    (
        "Resolving dependencies...\n\nPackage acme (9.0) not found.\n",
        "poetry finds no such version of acme in the index",
    ),
    ("sh: 1: poetry: not found\n", "the command poetry is not there"),
    ("/bin/sh: line 1: uv: command not found\n", "the command uv is not there"),
    ("error: externally-managed-environment\n", "an interpreter that the system manages"),
    ("Failed to establish a new connection: [Errno 111]\n", "the package index could not be reached"),
    ("ERROR: ResolutionImpossible: for help visit\n", "contradict each other"),
    ("error: command 'gcc' failed: No such file\n", "a package could not be compiled"),
    ("ERROR: file:///x does not appear to be a Python project: neither", "no Python project"),
    ("pip._vendor.pyproject_hooks._impl.BackendUnavailable: Cannot import 'hatchling.build'\n", "hatchling.build is"),
    ("ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'r.txt'\n", "r.txt is not there"),
    ("ModuleNotFoundError: No module named 'setuptools'\n", "the module setuptools is missing"),
]


@pytest.mark.parametrize(("tail", "what"), SETUPS)
def test_a_failed_setup_tells_its_cause(tail: str, what: str) -> None:
    """The words of installers and shells are known."""
    cause = likely_cause(failed_setup(tail).suite_run)
    assert cause is not None
    assert what in cause.what


def test_nothing_is_made_up() -> None:
    """Output that says nothing, of an end that can have many causes, has no cause."""
    assert None is likely_cause(failed_setup("I give up\n").suite_run)
    assert None is likely_cause(make_evidence({"a": TestState.PASSED}, exit_code=3, output_tail="hm\n").suite_run)


def test_the_environment_decides_how_to_install() -> None:
    """What is missing is installed by the setup command where there is one, else into the interpreter."""
    run = make_evidence().suite_run
    with_setup = make_evidence(setup=make_setup()).suite_run
    message = "ModuleNotFoundError: No module named 'yaml.reader'"

    cures = [cause.cure for cause in (cause_of_error(message, run), cause_of_error(message, with_setup)) if cause]

    assert ["run 'python -m pip install PyYAML'", "let the setup command install it too: 'pip install PyYAML'"] == [
        cure.partition(",")[0].partition(";")[0] for cure in cures
    ]


PLUGINS = [
    ("--cov=src --cov-report xml", "pytest-cov"),
    ("-n", "pytest-xdist"),
    ("--no-cov --timeout=5", "pytest-cov pytest-timeout"),
    ("--nowhere", ""),
    ("--cov --nowhere", ""),
    ("--coverage", ""),
    ("a-path", ""),
]


@pytest.mark.parametrize(("options", "plugins"), PLUGINS)
def test_plugins_of_options(options: str, plugins: str) -> None:
    """An option names its plugin only where it is known for sure, and one that is not known hides the others."""
    assert plugins == plugins_with(options)


def test_distributions_of_modules() -> None:
    """A module's distribution is called as the module is, unless another name is known."""
    assert ["PyYAML", "acme", "pytest-thing"] == [
        distribution_with(name) for name in ("yaml", "acme.tools", "pytest_thing")
    ]


def test_the_words_of_each_rule_fit_its_pattern() -> None:
    """No rule asks for more groups than its pattern has."""
    for rule in (*SETUP, *SUITE):
        groups = ["x"] * rule.pattern.groups
        for words in (rule.what, rule.cure, rule.without):
            words.format(*groups, install="")
