"""Paths of files inside a repository."""

from collections.abc import Iterable

from autopack_model.errors import InvalidValue
from autopack_model.text import check_ascending, check_count, check_text

MAX_PATH = 4096
MAX_LIST_BYTES = 256 * 1024


def check_file_path(value: str, path: str) -> str:
    """Return ``value`` when it names a place inside a repository, else raise InvalidValue for the field ``path``.

    It has 1 to 4,096 characters and no NUL, is relative, and none of its parts between ``/`` is empty, ``.`` or ``..``.
    """
    check_text(value, path, least=1, most=MAX_PATH)
    if value.startswith("/"):
        raise InvalidValue(path, f"{value[:200]!r} is absolute; give it relative to the repository root")
    if "\0" in value:
        raise InvalidValue(path, f"{value[:200]!r} holds a NUL character")
    if any(part in ("", ".", "..") for part in value.split("/")):
        raise InvalidValue(path, f"{value[:200]!r} has an empty part, '.' or '..'; give it as git names it")
    return value


def check_file_paths(values: tuple[str, ...], path: str, *, most: int) -> None:
    """Raise InvalidValue unless there are at most ``most`` paths, each as ``check_file_path`` says, strictly ascending,
    with 256 KiB of UTF-8 in all at the most.
    """
    check_count(values, path, most=most)
    for value in values:
        check_file_path(value, path)
    check_ascending(values, path)
    size = sum(len(value.encode()) for value in values)
    if size > MAX_LIST_BYTES:
        raise InvalidValue(path, f"has {size} bytes in all; at most {MAX_LIST_BYTES} are allowed")


def outside(paths: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """The ``paths`` that are neither one of the ``allowed`` files nor below one of the ``allowed`` folders, ascending.
    Nothing is outside when no path is named as allowed.
    """
    roots = tuple(allowed)
    if not roots:
        return ()
    return tuple(
        sorted(path for path in paths if not any(path == root or path.startswith(f"{root}/") for root in roots))
    )
