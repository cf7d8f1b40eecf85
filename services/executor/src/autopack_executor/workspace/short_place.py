"""A short place for the TMPDIR of tests: a Unix socket below pytest's ``tmp_path`` has 107 bytes for its whole path.

::

    /tmp/ap-xxxxxx/        mount point of TMPDIR, where a side has a mount namespace
    /tmp/ap-xxxxxx/00b/    TMPDIR of a side where there is no namespace; there for each side of each open run

The letters stand for the user and the state directory. The folders of open runs keep the place, and it goes with the
last of them.
"""

import base64
import contextlib
import hashlib
import os
import stat
from pathlib import Path

from autopack_executor.errors import ExecutorError
from autopack_rpc.files import remove_tree

_BASES = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the folder is made for its owner alone
_TRIES = 100


class ShortPlace:
    """The short place of the state directory ``home``. Where neither /tmp nor /var/tmp can be used it is ``home/t``."""

    def __init__(self, home: Path) -> None:
        digest = hashlib.sha256(f"{os.geteuid()} {home}".encode(errors="surrogateescape")).digest()
        name = f"ap-{base64.b32encode(digest)[:6].decode().lower()}"
        places = (Path(os.path.realpath(base)) / name for base in _BASES)
        self.root = next((place for place in places if _usable(place)), home / "t")

    def folder(self, slot: str, side: str) -> Path:
        """Where the folder of one side of the run in ``slot`` belongs."""
        return self.root / f"{slot}{side}"

    def renew(self, folder: Path) -> None:
        """Make the folder, or empty it. Raises ExecutorError when the place belongs to somebody else, OSError."""
        remove_tree(folder)
        for _ in range(_TRIES):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _own(self.root):
                raise ExecutorError(
                    f"{self.root} belongs to another user, or others may write there; remove it", subject=str(self.root)
                )
            with contextlib.suppress(FileNotFoundError):  # the last run of another executor has just taken it away
                folder.mkdir()
                return
        raise ExecutorError(
            f"{folder} could not be made, because {self.root} goes again and again", subject=str(folder)
        )

    def remove(self, *folders: Path) -> None:
        """Remove the folders, as far as possible, and the place with the last folder of all."""
        for folder in folders:
            with contextlib.suppress(OSError):
                remove_tree(folder)
        with contextlib.suppress(OSError):
            if _own(self.root):
                self.root.rmdir()


def _usable(place: Path) -> bool:
    return _own(place) if os.path.lexists(place) else os.access(place.parent, os.W_OK | os.X_OK)


def _own(place: Path) -> bool:
    status = place.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
