"""Paths as git gives them (bytes) and as the contract wants them (text)."""


def text_of(raw: bytes) -> str:
    r"""``raw`` as text: UTF-8, and what is not UTF-8 as ``\xNN`` escapes."""
    return raw.decode("utf-8", "backslashreplace")


def distinct_texts(paths: frozenset[bytes]) -> dict[bytes, str]:
    r"""The text of each path, no two alike.

    A file may be called, literally, what another one's escapes look like. The literal one keeps its name; the other
    one gets ``\x00`` appended, which no path can contain, until it is distinct.
    """
    texts = {path: text_of(path) for path in paths}
    taken = {text for path, text in texts.items() if _is_utf8(path)}
    for path in sorted(path for path in paths if not _is_utf8(path)):
        while texts[path] in taken:
            texts[path] += "\\x00"
        taken.add(texts[path])
    return texts


def fields(stdout: bytes) -> list[bytes]:
    """The NUL-terminated fields of ``stdout``."""
    return stdout.split(b"\0")[:-1]


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
