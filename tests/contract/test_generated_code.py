"""``make check`` fails when any line of any .proto is not what the committed code was generated from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.checks.__main__ import CHECKS
from dev.contracts.generate import DIGESTS, PROTO, ROOT, contracts, digests

# Kinds of lines: the pattern, what it becomes, and whether the file's own code must show it, beside the digests.
KINDS = {
    "comment of a field": (r"^  // (.+)(\n  string \w+ = \d+;)$", r"  // Otherwise: \1\2", True),
    "comment of a oneof": (r"^  // (.+)(\n  oneof \w+ \{)$", r"  // Otherwise: \1\2", False),
    "name of a field": (r"^  string (\w+) = (\d+);$", r"  string \1_otherwise = \2;", True),
    "type of a field": (r"^  string (\w+) = (\d+);$", r"  bytes \1 = \2;", True),
    "number of a field": (r"^  string (\w+) = (\d+);$", r"  string \1 = 1\g<2>9;", True),
    "presence of a field": (r"^  (string|uint64|bool) (\w+) = (\d+);$", r"  optional \1 \2 = \3;", True),
    "value of an enumeration": (r"^  ([A-Z_0-9]+) = 1;$", r"  \1_OTHERWISE = 1;", True),
    "rpc": (r"^  rpc (\w+)\((\w+)\) returns \((\w+)\);$", r"  rpc \1(\2) returns (stream \3);", True),
    "message": (r"^message (\w+Response) \{(\}?)$", r"message \1 { reserved 99; \2", True),
    "import": (r'^import "(.+)";$', r'import public "\1";', True),
    "package": (r"^package (.+);$", r"package \1; // otherwise", False),
    "blank line": (r"^$", "// Otherwise.", False),
    "closing brace": (r"^\}$", "} ", False),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The contracts with their generated code."""
    for folder in ("autopack", "gen"):
        shutil.copytree(PROTO / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _check(proto: Path) -> tuple[int, set[str]]:
    """Exit code of the check, and the generated files that it names."""
    command = [*CHECKS["generated"], "--proto", str(proto)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, set(re.findall(r"(?m)^proto/gen/(\S+) is not current", done.stderr))


def test_the_check_is_part_of_make_check() -> None:
    """``make check`` regenerates the code and compares."""
    assert [sys.executable, "-m", "dev.contracts.generate", "--check"] == CHECKS["generated"]


def test_unchanged_contracts_pass(copy: Path) -> None:
    """A copy in which nothing is changed passes."""
    assert (0, set()) == _check(copy)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_line_fails_the_check(copy: Path, kind: str) -> None:
    """One line of a kind changed in each file that has such a line: the check fails, and names what would change."""
    pattern, replacement, traced = KINDS[kind]
    changed = set()
    for name in contracts(copy):
        text, count = re.subn(rf"(?m){pattern}", replacement, (copy / name).read_text(), count=1)
        (copy / name).write_text(text)
        if count:
            changed.add(name.removesuffix(".proto"))

    code, named = _check(copy)

    assert set() != changed
    assert (1, True) == (code, DIGESTS in named)
    assert not traced or changed <= {re.sub(r"_pb2(_grpc)?\.pyi?$", "", name) for name in named}


@pytest.mark.parametrize("name", contracts(PROTO))
def test_any_changed_line_is_seen(tmp_path: Path, name: str) -> None:
    """Whichever line of a contract is changed or removed: the digests that are committed are others."""
    committed = (PROTO / "gen" / DIGESTS).read_text()
    shutil.copytree(PROTO / "autopack", tmp_path / "autopack")
    lines = (tmp_path / name).read_text().splitlines(keepends=True)
    unseen = []
    for index, line in enumerate(lines):
        for kind, changed in {"changed": line[:-1] + " \n", "removed": ""}.items():
            (tmp_path / name).write_text("".join([*lines[:index], changed, *lines[index + 1 :]]))
            if digests(tmp_path) == committed:
                unseen.append(f"line {index + 1} {kind}")

    assert [] == unseen


def test_a_file_more_fails_the_check(copy: Path) -> None:
    """A contract that is added without generating is seen."""
    (copy / "autopack/results/v1/other.proto").write_text('syntax = "proto3";\n\npackage autopack.results.v1;\n')

    code, named = _check(copy)

    assert (1, {DIGESTS, "autopack/results/v1/other_pb2.py", "autopack/results/v1/other_pb2.pyi"}) == (code, named)
