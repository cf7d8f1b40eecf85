"""What the end of an output says: pytest, its plugins, installers and the operating system, in their own words.

Each rule is a pattern with the words that it stands for; the first that fits stands.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from autopack_cli.explaining.providers import distribution_with, plugins_with, plugins_with_setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What probably happened, and what to do; both are clauses without a full stop."""

    what: str
    cure: str


class OutputRule(NamedTuple):
    """In the words ``{0}`` and ``{1}`` are the groups of the pattern. Where ``wanted`` knows what to install for the
    last group, ``{install}`` is how; otherwise ``without`` stands instead of the cure.
    """

    pattern: re.Pattern[str]
    what: str
    cure: str
    wanted: Callable[[str], str] = str
    without: str = ""


def cause_in(text: str, rules: tuple[OutputRule, ...], install: Callable[[str], str]) -> Cause | None:
    """What ``text`` says by the first of the rules that fits. ``install`` says how to install distributions."""
    for rule in rules:
        found = rule.pattern.search(text)
        if found is not None:
            groups = [" ".join((group or "").split()) for group in found.groups()]
            wanted = rule.wanted(groups[-1]) if groups else ""
            cure = rule.cure if wanted or not rule.without else rule.without
            return Cause(what=rule.what.format(*groups), cure=cure.format(*groups, install=install(wanted)))
    return None


def _rule(pattern: str, what: str, cure: str, wanted: Callable[[str], str] = str, without: str = "") -> OutputRule:
    return OutputRule(re.compile(pattern, re.MULTILINE), what, cure, wanted, without)


def _named(requirements: str) -> str:
    """The requirements of pytest's list, for a command line."""
    return " ".join(f"'{each}'" if set(each) & set("<>!=~;") else each for each in requirements.split(", "))


_MODULE_OF_ITS_OWN = "; if it is a module of the project itself, --setup 'pip install -e .' makes it importable"

MISSING_MODULE: Final = _rule(
    r"No module named '([\w.]+)'",
    "the module {0} is missing",
    "{install}" + _MODULE_OF_ITS_OWN,
    distribution_with,
)

SETUP: Final = (
    _rule(
        r"(?:Temporary failure in name resolution|Failed to establish a new connection|Name or service not known|"
        r"Connection refused|Could not connect|network is unreachable|dns error|Read timed out)",
        "the package index could not be reached",
        "check the network, or name an index that can be reached (PIP_INDEX_URL, UV_INDEX_URL), and gate again",
    ),
    _rule(
        r"externally-managed-environment",
        "pip was told to install into an interpreter that the system manages",
        "let the setup command install into its own environment, which is active: 'pip install ...'",
    ),
    _rule(
        r"(?:No matching distribution found for|Could not find a version that satisfies the requirement) (\S+)",
        "no index has a version of {0} for this interpreter",
        "check the name, the version and the Python that it needs, and which index the command asks",
    ),
    _rule(
        r"^Package (\S+) \(\S+\) not found\.$",
        "poetry finds no such version of {0} in the index",
        "check the version in the lock file or in pyproject.toml, and which index poetry asks",
    ),
    _rule(
        r"ResolutionImpossible|No solution found when resolving|version solving failed",
        "the versions that are asked for contradict each other",
        "loosen one of the requirements that the output names",
    ),
    _rule(
        r"Python\.h: No such file|command '?(?:gcc|cc|x86_64-linux-gnu-gcc|g\+\+|c\+\+)'? failed|"
        r"error: Microsoft Visual C\+\+|unable to execute '?(?:gcc|cc)",
        "a package could not be compiled",
        "install a C compiler and the headers of Python on the executor, or a version that has a wheel",
    ),
    _rule(
        r"BackendUnavailable: Cannot import '([\w.]+)'",
        "the build backend {0} is missing",
        "{install}, or leave --no-build-isolation out",
        distribution_with,
    ),
    _rule(
        r"(?:neither 'setup.py' nor 'pyproject.toml' found|does not appear to be a Python project)",
        "there is no Python project in the folder that the command installs",
        "let the command change to the folder of the project first",
    ),
    _rule(
        r"Could not open requirements file.*?'([^']+)'",
        "the requirements file {0} is not there",
        "name a file of the repository that both sides have",
    ),
    _rule(
        r"(?:sh: (?:\d+|line \d+): |sh: )([\w./-]+): (?:command )?not found",
        "the command {0} is not there",
        "install {0} on the executor, or let the setup command install it first",
    ),
    _rule(r"No space left on device", "the disk is full", "free disk space on the executor and gate again"),
)

SUITE: Final = (
    _rule(
        r"error: unrecognized arguments: (.+)",
        "no installed plugin of pytest has the option that is given: {0}",
        "{install}",
        plugins_with,
        "correct the option, or install the plugin of pytest that has it",
    ),
    _rule(
        r"error: (argument .+|ambiguous option: .+)",
        "an option of pytest is wrong: {0}",
        "correct it in the arguments, or in the project's configuration of pytest",
    ),
    _rule(r"Missing required plugins: (.+)", "the project requires plugins that are missing: {0}", "{install}", _named),
    _rule(
        r"Error importing plugin \"([^\"]+)\": No module named '[\w.]+'",
        "the plugin {0} cannot be imported",
        "{install}" + _MODULE_OF_ITS_OWN,
        distribution_with,
    ),
    _rule(
        r"Error importing plugin \"([^\"]+)\": (.+)",
        "the plugin {0} cannot be imported: {1}",
        "correct it, or take it out of the configuration of pytest",
    ),
    _rule(
        r"'minversion' requires pytest-([\w.]+), actual pytest-",
        "the project requires pytest {0}, and the environment has an older one",
        "{install}",
        lambda version: f"'pytest>={version}'",
    ),
    _rule(
        r"ERROR: file or directory not found: (.+)",
        "the arguments name {0}, which this side does not have",
        "name what both sides have, or leave it out",
    ),
    _rule(
        r"ERROR: not found: (.+)",
        "the arguments name {0}, and this side has no such test",
        "name what both sides have, or leave it out",
    ),
    _rule(
        r"ERROR: Unknown config options?: (.+)",
        "no installed plugin of pytest has the setting {0}, and --strict-config refuses it",
        "{install}",
        plugins_with_setting,
        "correct the setting, or install the plugin of pytest that has it",
    ),
    _rule(
        r"ERROR: Wrong expression passed to '(-[km])': (.+)",
        "the expression behind {0} is wrong: {1}",
        "correct the expression",
    ),
    _rule(
        r"^ERROR: (\S*(?:pyproject\.toml|pytest\.toml|pytest\.ini|tox\.ini|setup\.cfg))\S*: (.+)",
        "the configuration {0} cannot be read: {1}",
        "correct the file",
    ),
    _rule(
        r"ERROR: while parsing the following warning configuration:\s+(\S.*)",
        "a filter of warnings names a class that cannot be imported: {0}",
        "install what has the class, or take the filter out of the configuration",
    ),
    _rule(
        r"ImportError while loading conftest '([^']+)'[\s\S]*^E +\w*Error: No module named '([\w.]+)'",
        "{0} imports {1}, which is missing",
        "{install}" + _MODULE_OF_ITS_OWN,
        distribution_with,
    ),
    _rule(
        r"ImportError while loading conftest '([^']+)'[\s\S]*^E +(\w[\w.]*: .+)",
        "{0} fails while it is imported: {1}",
        "correct it, or give it the environment that it needs",
    ),
    _rule(
        r"Error while loading plugin \"[^\"]+\"\.[\s\S]*^E +\w*Error: No module named '([\w.]+)'",
        "an installed plugin of pytest imports {0}, which is missing",
        "{install}",
        distribution_with,
    ),
    _rule(
        r"Error while loading plugin \"[^\"]+\"\.[\s\S]*^E +(\w[\w.]*: .+)",
        "an installed plugin of pytest cannot be loaded: {0}",
        "upgrade the plugin, or take it out of the environment",
    ),
    _rule(
        r"(?:Required test coverage of|Coverage failure: total of) (\S+ (?:not reached|is less than).*)",
        "pytest-cov failed the suite, because the coverage is below its limit: {0}",
        "test the new code, or gate without the limit: give '-- --cov-fail-under=0' or '-- --no-cov'",
    ),
    _rule(
        r"xdist: (maximum crashed workers reached: \d+)",
        "the processes of the tests crashed again and again, and pytest-xdist gave up ({0})",
        "look at the tests that were running; without -n one of them ends the whole process",
    ),
    _rule(
        r"Different tests were collected between (\w+) and (\w+)",
        "the processes of pytest-xdist collected different tests, because names of tests depend on chance or order",
        "make the parameters the same in each process: no sets, addresses, random values or times in them",
    ),
    _rule(
        r"worker '(\w+)' crashed while running '(.+?)'",
        "the process of the tests crashed in {1}",
        "run that test alone to see why",
    ),
    _rule(
        r"\+{5,} Timeout \+{5,}",
        "pytest-timeout ended the process, because a test did not end in its time",
        "make the test faster, give it more time, or use --timeout-method=signal, which fails the test alone",
    ),
    _rule(
        r"!+ _pytest\.outcomes\.Exit: (.*?) !+",
        "something called pytest.exit: {0}",
        "give the suite what it asks for, or let the test fail instead of ending the session",
    ),
    _rule(
        r"!+ KeyboardInterrupt !+\s+(\S+:\d+): KeyboardInterrupt",
        "KeyboardInterrupt was raised at {0}",
        "let the code raise something else, or the test catch it",
    ),
    _rule(r"No module named (pytest)$", "the interpreter has no pytest", "{install}"),
    _rule(r"No space left on device", "the disk is full", "free disk space on the executor and gate again"),
    _rule(
        r"Cannot allocate memory|^(?:E +|INTERNALERROR> )?MemoryError\b",
        "there was not enough memory",
        "run fewer tests at the same time, or give the executor more memory",
    ),
    _rule(
        r"Too many open files",
        "the suite opened more files than it may",
        "close what the tests open, or raise the limit on the executor (ulimit -n)",
    ),
    _rule(
        r"^INTERNALERROR> \w*Error: No module named '([\w.]+)'",
        "a hook or plugin imports {0}, which is missing",
        "{install}" + _MODULE_OF_ITS_OWN,
        distribution_with,
    ),
)
