"""Files that no commit holds: read from the user's checkout, and put into the tree of a side."""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from autopack_executor.errors import ExecutorError
from autopack_model.errors import BadRequest
from autopack_model.gate_request.test_command import KeyedFile

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def read_checkout_file(checkout: Path, path: str, where: str, *, most: int) -> bytes:
    """The bytes of the file at ``path`` below ``checkout``, at most ``most``; ``where`` is what named it, for messages.

    Raises BadRequest for what is no regular file, lies behind a link, cannot be read or is too large.
    """

    def refusal(problem: str) -> BadRequest:
        return BadRequest(f"{where}: {path} in {checkout} {problem}", subject=path)

    *folders, name = path.split("/")
    try:
        with _opened(checkout, folders, make=False) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise refusal("is not a file; name files")
                data = stream.read(most + 1)
    except FileNotFoundError as error:
        raise refusal("does not exist; make it, or leave it out") from error
    except OSError as error:
        steps = (checkout.joinpath(*folders[: length + 1]) for length in range(len(folders)))
        link = next((step for step in (*steps, checkout / path) if step.is_symlink()), None)
        if link is not None:
            raise refusal(f"lies behind the link {link}, which is not followed; name the file itself") from error
        raise refusal(f"cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise refusal(f"is too large: at most {most} bytes can be copied in all")
    return data


def put_copies(copies: Iterable[KeyedFile], tree: Path) -> None:
    """Write the files into a fresh ``tree``, readable by this user alone. Raises ExecutorError when there is no place
    for one: the tree holds it already, or a part of its path is no folder.
    """
    for copy in copies:
        *folders, name = copy.path.split("/")
        try:
            with _opened(tree, folders, make=True) as folder:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as stream:
                    stream.write(copy.content)
        except OSError as error:
            raise ExecutorError(
                f"{copy.path} cannot be copied into the tree: {error.strerror}; take it out of the files to copy, or "
                "free disk space",
                subject=copy.path,
            ) from error


@contextlib.contextmanager
def _opened(top: Path, folders: list[str], *, make: bool) -> Iterator[int]:
    """A descriptor of the folder below ``top``, to which no link leads."""
    with contextlib.ExitStack() as stack:
        current = os.open(top, _FOLDER & ~os.O_NOFOLLOW)
        stack.callback(os.close, current)
        for name in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=current)
            current = os.open(name, _FOLDER, dir_fd=current)
            stack.callback(os.close, current)
        yield current
