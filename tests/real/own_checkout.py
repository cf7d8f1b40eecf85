"""A checkout of a real project with an environment of its own, set up and tested as its developers do it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.real.independent import IndependentRun, independent_run, variables
from tests.real.projects import SetUpProject, Tools
from tests.real.source_releases import git


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCheckout:
    """``project`` in ``place``/checkout, with ``place``/environment. ``given`` are variables of set-up and tests."""

    project: SetUpProject
    place: Path
    given: dict[str, str]

    @classmethod
    def of(
        cls, project: SetUpProject, repository: Path, revision: str, place: Path, given: dict[str, str]
    ) -> "OwnCheckout":
        """A new clone of ``repository`` at ``revision`` in ``place``, which is made; nothing is set up yet."""
        (place / "tmp").mkdir(parents=True)
        git(place, "clone", "--quiet", "--branch", revision, str(repository), str(place / "checkout"))
        return cls(project=project, place=place, given=given)

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.place / "environment" / "bin" / "python"

    def make_environment(self) -> None:
        """Make the environment, with nothing but pip in it. Raises CalledProcessError."""
        command = [sys.executable, "-m", "virtualenv", "--quiet", "--no-download", str(self.place / "environment")]
        subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def set_up(self, tools: Tools) -> None:
        """Run the setup command. Raises CalledProcessError."""
        target = {"UV_PROJECT_ENVIRONMENT": str(self.place / "environment"), "UV_PYTHON": str(self.python)}
        # Installers need what this user has: the way to the index, and what they fetched before.
        self._shell(self.project.setup(tools), dict(os.environ) | self._of_environment | target)

    def suite(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pytest with the project's and these ``arguments``, with its service around it. Raises
        CalledProcessError when the service does not start or stop.
        """
        if self.project.before_side is not None:
            self._shell(self.project.before_side, self._variables)
        try:
            return subprocess.run(
                [str(self.python), "-m", "pytest", *arguments, *self.project.arguments],
                cwd=self._folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        finally:
            if self.project.after_side is not None:
                self._shell(self.project.after_side, self._variables)

    def independent_run(self) -> IndependentRun:
        """Run the suite, and say what each test did."""
        report = self.place / "junit.xml"
        return independent_run(self.suite(f"--junitxml={report}"), report)

    @property
    def _folder(self) -> Path:
        return self.place / "checkout" / self.project.folder

    @property
    def _variables(self) -> dict[str, str]:
        return variables(self.python, self.place / "tmp") | self.given

    @property
    def _of_environment(self) -> dict[str, str]:
        return {name: self._variables[name] for name in ("PATH", "VIRTUAL_ENV", *self.given)}

    def _shell(self, command: str, environment: dict[str, str]) -> None:
        log = self.place / "log"
        with log.open("w") as output:
            ended = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        assert ended.returncode == 0, f"{command} ended with {ended.returncode}:\n{log.read_text()[-4000:]}"
