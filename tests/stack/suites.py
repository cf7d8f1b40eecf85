"""Suites in the executor's container that run for as long as a test wants."""

import os
import secrets
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.stack.compose import Stack
from tests.builders import GitSandbox
from tests.e2e.command import PATIENCE_S

MOUNTED = Path("/repositories")
HELD = """
import hashlib
import pytest

def test_it():
    with open({said!r}, "w") as said:
        said.write("held")
    with open({word!r}, "rb", buffering=0) as word:
        word.read(1)

@pytest.mark.parametrize("case", [hashlib.sha256(b"%d" % number).hexdigest() for number in range({tests})])
def test_many(case):
    pass
"""


class HeldSuite:
    """A repository whose suite passes; on the branch ``candidate`` it says that it runs, and waits for a word before.
    Behind the test that waits come ``tests`` more, whose names do not compress well.

    They speak through pipes in ``shared``, the folder that the executor's container sees as MOUNTED.
    """

    def __init__(self, folder: Path, shared: Path, tests: int) -> None:
        name = secrets.token_hex(8)
        names = [f"{name}.{end}" for end in ("said", "word")]
        for pipe in (shared / end for end in names):
            os.mkfifo(pipe)
            # Whoever the executor is, beside the umask.
            pipe.chmod(0o666)
        # Open at both ends, so that nothing written is lost and nobody waits for the other end.
        self._said, self._word = (os.open(shared / end, os.O_RDWR) for end in names)
        said, word = (str(MOUNTED / end) for end in names)
        sandbox = GitSandbox(folder / "repository")
        sandbox.commit({"test_it.py": f"def test_it():\n    pass\n\n# {name}\n"})
        sandbox.git("switch", "--quiet", "--create", "candidate")
        sandbox.commit({"test_it.py": HELD.format(said=said, word=word, tests=tests)})
        sandbox.git("switch", "--quiet", "main")
        self.repository = sandbox.root

    def wait_until_held(self) -> None:
        """Wait until the candidate's suite runs."""
        assert [self._said] == select.select([self._said], [], [], PATIENCE_S)[0]
        assert b"held" == os.read(self._said, 100)

    def let_go(self) -> None:
        """Let a suite go on: the one that waits, or the next."""
        os.write(self._word, b"x")

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._said)
        os.close(self._word)


@contextmanager
def held_suite_in(folder: Path, stack: Stack, *, tests: int = 0) -> Iterator[HeldSuite]:
    """A suite for the executor of ``stack``; its repository lies in ``folder``."""
    suite = HeldSuite(folder, Path(stack.environment["AUTOPACK_REPOSITORIES"]), tests)
    try:
        yield suite
    finally:
        suite.close()
