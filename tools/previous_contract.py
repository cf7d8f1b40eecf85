"""The code that spoke the previous contract, kept in ``tests/contract/previous`` so that tests can run it.

Usage: ``python -m tools.previous_contract [REVISION]``. With a revision, its contracts, services and migrations are
packed from git in the place of those that were kept; without one what is kept is checked. Exit code 1 when it is
damaged, or is not what the revision has (where the history reaches back to it).
"""

import argparse
import hashlib
import io
import lzma
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.pins import ROOT

FOLDER = PurePosixPath("tests/contract/previous")
ARCHIVE = "code.tar.xz"
SOURCE = "SOURCE"
PACKED = (
    "buf.yaml",
    "migrations",
    "proto",
    "services/executor/src",
    "services/gatekeeper/src",
    "services/store/src",
    "tests/fakes",
)


class BadArchiveError(Exception):
    """What is kept of the previous contract is damaged or missing. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousContract:
    """The revision that was kept, and its code as a tar archive."""

    revision: str
    code: bytes


def read_previous(root: Path = ROOT) -> PreviousContract:
    """What is kept in the checkout ``root``. Raises BadArchiveError unless it has the digest that goes with it."""
    folder = root / FOLDER
    mend = "restore it from git, or run 'python -m tools.previous_contract REVISION'"
    try:
        stated = dict(line.split(" ", 1) for line in (folder / SOURCE).read_text(encoding="ascii").splitlines())
        packed = (folder / ARCHIVE).read_bytes()
        revision, digest = stated["revision"], stated["sha256"]
    except (OSError, KeyError, ValueError) as error:
        raise BadArchiveError(f"{FOLDER}: the previous contract cannot be read ({error}); {mend}") from error
    actual = hashlib.sha256(packed).hexdigest()
    if actual != digest:
        raise BadArchiveError(f"{FOLDER / ARCHIVE} has the SHA-256 {actual}, {SOURCE} says {digest}; {mend}")
    return PreviousContract(revision=revision, code=lzma.decompress(packed))


def unpack(code: bytes, folder: Path) -> list[str]:
    """Write the files of a tar archive below ``folder``; returns their relative paths, sorted.

    Raises BadArchiveError for a path that leads elsewhere.
    """
    written = []
    with tarfile.open(fileobj=io.BytesIO(code)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None:
                continue
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts:
                raise BadArchiveError(f"the archive holds {member.name!r}, which is outside of it")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            written.append(str(name))
    return sorted(written)


def pack(revision: str, root: Path = ROOT) -> str:
    """Keep the code of ``revision`` in the checkout ``root``; returns its full name. Raises BadArchiveError."""
    name = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if name is None:
        raise BadArchiveError(f"there is no revision {revision} here; fetch it, or name another one")
    full = name.decode().strip()
    code = _code(root, full)
    if code is None:
        raise BadArchiveError(f"{full} lacks one of: {', '.join(PACKED)}")
    packed = lzma.compress(code, preset=9 | lzma.PRESET_EXTREME)
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARCHIVE).write_bytes(packed)
    text = f"revision {full}\nsha256 {hashlib.sha256(packed).hexdigest()}\n"
    (folder / SOURCE).write_text(text, encoding="ascii")
    return full


def check(root: Path = ROOT) -> str:
    """Check what is kept; returns what was found. Raises BadArchiveError."""
    previous = read_previous(root)
    code = _code(root, previous.revision)
    if code is None:
        return f"the previous contract is intact; the history here does not reach back to {previous.revision}"
    if code != previous.code:
        raise BadArchiveError(
            f"{FOLDER / ARCHIVE} is not the code of {previous.revision}; restore it from git, or run "
            "'python -m tools.previous_contract REVISION'"
        )
    return f"the previous contract is that of {previous.revision}"


def _code(root: Path, revision: str) -> bytes | None:
    return _git(root, "archive", "--format=tar", revision, *PACKED)


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git answers; None when it fails."""
    answer = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    return answer.stdout if answer.returncode == 0 else None


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", nargs="?", help="the revision to keep, that of the last landed contract")
    revision: str | None = parser.parse_args().revision
    try:
        print(check() if revision is None else f"packed {pack(revision)}")
    except BadArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
