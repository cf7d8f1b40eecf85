"""Disks of a few megabytes, to be filled."""

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A file system of its own at ``root``."""

    root: Path

    def fill(self) -> None:
        """Leave no byte."""
        with (self.root / "filling").open("wb", buffering=0) as filling:
            size = 1 << 16
            while size:
                try:
                    filling.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Take the filling away again."""
        (self.root / "filling").unlink()


@contextmanager
def small_disk(root: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk at ``root`` (made when missing) of that size. Only inside ``@may_mount``."""
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(root)], check=True)
    try:
        yield SmallDisk(root=root)
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def may_mount(test: Callable[P, None]) -> Callable[P, None]:
    """Run ``test`` where it may mount: here for root, else in a user namespace, which most systems grant to all."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        if os.geteuid() == 0:
            return test(*arguments, **named)
        file = sys.modules[test.__module__].__file__
        here = ("unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", "pytest")
        done = subprocess.run([*here, "-p", "no:cacheprovider", f"{file}::{test.__name__}"], check=False)
        assert 0 == done.returncode
        return None

    return run
