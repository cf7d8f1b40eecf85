"""A copy of the contracts that can be edited, and what mypy says of our code beside the stubs generated from it."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from google.protobuf.descriptor import FileDescriptor

from dev.contracts.generate import PROTO, ROOT, contracts, differences, generate

# Everything of ours that speaks the contracts, the real files.
CONSUMERS = ("proto/results", "proto/rpc", "services")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of one .proto: ``old``, which occurs there exactly once, becomes ``new``."""

    file: str
    old: str
    new: str


class ContractCopy:
    """The contracts in a folder of their own. mypy's cache is kept from check to check, so that each costs seconds."""

    def __init__(self, folder: Path) -> None:
        """Copy the contracts into ``folder``, which is empty."""
        self._folder = folder
        self._proto = folder / "proto"
        self._stubs = folder / "stubs"
        self._stubs.mkdir()
        self._generations = 0
        configuration = (ROOT / "pyproject.toml").read_text()
        path = 'mypy_path = ["proto/gen", '
        assert 1 == configuration.count(path)
        (folder / "pyproject.toml").write_text(configuration.replace(path, f'mypy_path = ["{self._stubs}", '))

    def check(self, edits: Iterable[Edit] = (), files: Iterable[str] = CONSUMERS) -> list[TypeProblem]:
        """The errors in ``files`` with stubs of the contracts as ``edits`` make them."""
        self._generate(edits)
        return self.check_as_it_is(files)

    def check_as_it_is(self, files: Iterable[str] = CONSUMERS, *options: str) -> list[TypeProblem]:
        """The errors in ``files`` with the stubs that are there."""
        command = [sys.executable, "-m", "mypy", "--config-file", str(self._folder / "pyproject.toml")]
        command += ["--cache-dir", str(self._folder / "cache"), "--output", "json", *options, *files]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line]
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        assert all(line.startswith("{") for line in lines), done.stdout
        return sorted(_problem(line) for line in lines)

    def stub(self, name: str) -> str:
        """The text of a generated file."""
        return (self._stubs / name).read_text()

    def _generate(self, edits: Iterable[Edit]) -> None:
        shutil.rmtree(self._proto, ignore_errors=True)
        shutil.copytree(PROTO / "autopack", self._proto / "autopack")
        for edit in edits:
            path = self._proto / edit.file
            text = path.read_text()
            assert 1 == text.count(edit.old), f"{edit.old!r} is not once in {edit.file}"
            path.write_text(text.replace(edit.old, edit.new))
        fresh = self._folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        generate(self._proto, fresh)
        for name in differences(fresh, self._stubs):
            self.put(name, (fresh / name).read_text() if (fresh / name).is_file() else None)

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


def contract_files() -> list[FileDescriptor]:
    """The descriptors of all contracts, sorted by name."""
    modules: list[ModuleType] = [
        importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2") for name in contracts(PROTO)
    ]
    found: list[FileDescriptor] = [module.DESCRIPTOR for module in modules]
    return found


def _problem(line: str) -> TypeProblem:
    said: dict[str, str | int | None] = json.loads(line)
    hint = f" {said['hint']}" if said["hint"] else ""
    return TypeProblem(
        file=str(said["file"]), line=int(said["line"] or 0), code=str(said["code"]), message=f"{said['message']}{hint}"
    )
