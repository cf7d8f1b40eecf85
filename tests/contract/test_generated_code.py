"""``make check`` fails when any line of any .proto is not what the committed code was generated from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.checks.__main__ import CHECKS
from dev.contracts import generate as generate_proto
from dev.contracts.generate import DIGESTS, PROTO, ROOT, contracts, digest_line
from tests.contract.contract_copy import edited

CHANGES = (
    (r"^  // (.+)(\n  string \w+ = \d+;)$", r"  // Otherwise: \1\2"),
    (r"^  string (\w+) = (\d+);$", r"  bytes \1_otherwise = 1\g<2>9;"),
    (r"^  (uint64|bool) (\w+) = (\d+);$", r"  optional \1 \2 = \3;"),
    (r"^  ([A-Z_0-9]+) = 1;$", r"  \1_OTHERWISE = 1;"),
    (r"^  rpc (\w+)\((\w+)\) returns \((\w+)\);$", r"  rpc \1(\2) returns (stream \3);"),
)


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
    assert [sys.executable, "-m", generate_proto.__name__, "--check"] == CHECKS["generated"]


def test_unchanged_contracts_pass(copy: Path) -> None:
    """A copy in which nothing is changed passes."""
    assert (0, set()) == _check(copy)


def test_changed_lines_fail_the_check(copy: Path) -> None:
    """A comment, a field, a value and an RPC changed in each file: the check fails, and names what would change."""
    edits = edited(*CHANGES)
    for edit in edits:
        (copy / edit.file).write_text(edit.new)

    code, named = _check(copy)

    assert (1, True) == (code, DIGESTS in named)
    assert {edit.file.removesuffix(".proto") for edit in edits} == {
        re.sub(r"_pb2(_grpc)?\.pyi?$", "", name) for name in named - {DIGESTS}
    }


@pytest.mark.parametrize("name", contracts(PROTO))
def test_any_changed_line_is_seen(name: str) -> None:
    """Whichever line of a contract is changed or removed: the digest that is committed is another one."""
    committed = (PROTO / "gen" / DIGESTS).read_text().splitlines(keepends=True)
    lines = (PROTO / name).read_bytes().splitlines(keepends=True)
    unseen = []
    for index, line in enumerate(lines):
        for kind, changed in {"changed": line[:-1] + b" \n", "removed": b""}.items():
            content = b"".join([*lines[:index], changed, *lines[index + 1 :]])
            if digest_line(name, content) in committed:
                unseen.append(f"line {index + 1} {kind}")

    assert [] == unseen
    assert digest_line(name, b"".join(lines)) in committed


def test_a_file_more_fails_the_check(copy: Path) -> None:
    """A contract that is added without generating is seen."""
    (copy / "autopack/results/v1/other.proto").write_text('syntax = "proto3";\n\npackage autopack.results.v1;\n')

    code, named = _check(copy)

    assert (1, {DIGESTS, "autopack/results/v1/other_pb2.py", "autopack/results/v1/other_pb2.pyi"}) == (code, named)
