"""What mypy says of our code beside the stubs that are generated from an edited copy of the contracts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dev.contracts.generate import ROOT, differences
from tests.contract.contract_copy import Edit, generate_copy

FORMS = "tests/typing/drifted_forms.py"
# Everything of ours that speaks the contracts, the real files; and what must not.
CHECKED = ("packages", "services", FORMS)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TypeProblem:
    """One error that mypy reports, with its notes in the message."""

    file: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        """As mypy prints it."""
        return f"{self.file}:{self.line}: {self.message} [{self.code}]"


class TypeCheck:
    """mypy with a cache of its own, which is kept from check to check, so that each but the first costs a second."""

    def __init__(self, folder: Path) -> None:
        """Have mypy, as the project configures it, read the stubs from ``folder``, which is empty."""
        self._folder = folder
        self._stubs = folder / "stubs"
        self._stubs.mkdir()
        self._generations = 0
        configuration = (ROOT / "pyproject.toml").read_text()
        path = 'mypy_path = ["proto/gen", '
        assert 1 == configuration.count(path)
        (folder / "pyproject.toml").write_text(configuration.replace(path, f'mypy_path = ["{self._stubs}", '))

    def problems(self, edits: Iterable[Edit] = ()) -> list[TypeProblem]:
        """The errors in our code with stubs of the contracts as ``edits`` make them."""
        self.generate(edits)
        return self.problems_as_it_is()

    def problems_as_it_is(self) -> list[TypeProblem]:
        """The errors in our code with the stubs that are there."""
        command = [sys.executable, "-m", "mypy", "--config-file", str(self._folder / "pyproject.toml")]
        command += ["--cache-dir", str(self._folder / "cache"), "--output", "json", *CHECKED]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line]
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        assert all(line.startswith("{") for line in lines), done.stdout
        return sorted(_problem(line) for line in lines)

    def stub(self, name: str) -> str:
        """The text of a generated file."""
        return (self._stubs / name).read_text()

    def generate(self, edits: Iterable[Edit] = ()) -> None:
        """Write the stubs of the contracts as ``edits`` make them."""
        copy = self._folder / "copy"
        fresh = generate_copy(edits, copy)
        for name in differences(fresh, self._stubs):
            self.put(name, (fresh / name).read_text() if (fresh / name).is_file() else None)
        shutil.rmtree(copy)

    def put(self, name: str, text: str | None) -> None:
        """Write, or remove, a generated file."""
        path = self._stubs / name
        if text is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        # mypy takes a file of the same size and second for the same: no two versions share their second.
        self._generations += 1
        os.utime(path, (self._generations, self._generations))


def _problem(line: str) -> TypeProblem:
    said: dict[str, str | int | None] = json.loads(line)
    hint = f" {said['hint']}" if said["hint"] else ""
    return TypeProblem(
        file=str(said["file"]), line=int(said["line"] or 0), code=str(said["code"]), message=f"{said['message']}{hint}"
    )
