"""What a suite does without Autopack: pytest in an environment and a checkout of its own, read from its JUnit XML.

Nothing of Autopack's is used here. Tests are named as JUnit names them, by a pair of class name and name.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.real.source_releases import git, pip

Key: TypeAlias = tuple[str, str]
Outcomes: TypeAlias = dict[Key, tuple[str, ...]]

_UNWRITABLE = re.compile("[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndependentRun:
    """One run's exit code, and the outcomes (passed, failed, errored, skipped, xfailed) of each test.

    More than one outcome means more than one test of that name. ``skipped_modules`` were skipped before they had any
    tests. Without strict, an unexpected pass is a pass: JUnit has no word for it.
    """

    exit_code: int
    outcomes: Outcomes
    skipped_modules: tuple[str, ...]


class IndependentEnvironment:
    """A virtual environment in ``folder``, with ``requirements`` installed; made by the running interpreter."""

    def __init__(self, folder: Path, requirements: tuple[str, ...]) -> None:
        self._folder = folder
        self.python = folder / "environment" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "environment")], check=True)
        if requirements:
            pip(self.python, "install", "--quiet", *requirements)

    def run(self, repository: Path, revision: str, *, installed: bool, arguments: tuple[str, ...]) -> IndependentRun:
        """Run pytest with ``arguments`` in a new clone of ``repository`` at ``revision``; with ``installed``, the clone
        takes the place of what was installed from an earlier one.
        """
        place = self._folder / revision
        checkout, report = place / "checkout", place / "junit.xml"
        (place / "tmp").mkdir(parents=True)
        git(place, "clone", "--quiet", "--branch", revision, str(repository), str(checkout))
        if installed:
            pip(self.python, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(checkout))
        ended = subprocess.run(
            [str(self.python), "-m", "pytest", f"--junitxml={report}", *arguments],
            cwd=checkout,
            env=variables(self.python, place / "tmp"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return independent_run(ended, report)


def variables(python: Path, temporary: Path) -> dict[str, str]:
    """The little that tests are given: what depends on the machine's language, zone or chance is not compared."""
    return {
        "PATH": os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath))),
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "VIRTUAL_ENV": str(python.parent.parent),
    }


def independent_run(ended: subprocess.CompletedProcess[str], report: Path) -> IndependentRun:
    """What a pytest that has ``ended`` and wrote ``report`` did; it must have run to its end."""
    assert ended.returncode in (0, 1), f"pytest without Autopack did not run to its end:\n{ended.stdout[-4000:]}"
    outcomes, modules = read_junit(report)
    return IndependentRun(exit_code=ended.returncode, outcomes=outcomes, skipped_modules=modules)


def read_junit(report: Path) -> tuple[Outcomes, tuple[str, ...]]:
    """The outcomes of each test in a report of pytest's, sorted, and the modules that were skipped as a whole."""
    found: defaultdict[Key, list[str]] = defaultdict(list)
    modules = []
    for case in ET.parse(report).getroot().iter("testcase"):
        messages = {child.get("message", "") for child in case}
        assert "collection failure" not in messages, f"a module of the chosen project fails to import: {case.attrib}"
        if "collection skipped" in messages:
            modules.append(case.attrib["name"])
        else:
            found[case.attrib["classname"], case.attrib["name"]].append(_outcome(case))
    return {key: tuple(sorted(outcomes)) for key, outcomes in found.items()}, tuple(sorted(modules))


def _outcome(case: ET.Element) -> str:
    tags = {child.tag for child in case}
    if "failure" in tags:
        return "failed"
    if "error" in tags:
        return "errored"
    kinds = {child.get("type") for child in case if child.tag == "skipped"}
    if kinds:
        return "skipped" if "pytest.skip" in kinds else "xfailed"
    return "passed"


def junit_key(test_id: str) -> Key:
    """How pytest names a test id in JUnit XML: the path and the classes with dots, then the function with parameters;
    what XML cannot hold is written as ``#x`` and its number.
    """
    address, bracket, parameters = test_id.partition("[")
    path, *names = address.split("::")
    module = re.sub(r"\.py$", "", path.replace("/", "."))
    *above, name = [module, *names]
    return ".".join(above), _UNWRITABLE.sub(_numbered, name + bracket + parameters)


def _numbered(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"#x{number:02X}" if number <= 0xFF else f"#x{number:04X}"
