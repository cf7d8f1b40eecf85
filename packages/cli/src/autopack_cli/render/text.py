"""Text from suites and repositories, made safe to print."""

_ESCAPES = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)]}
# These turn the direction of a line, or end it, so that one name could look like another one.
_ESCAPES |= {code: f"\\u{code:04x}" for code in [*range(0x2028, 0x202F), *range(0x2066, 0x206A)]}
_ESCAPES |= {ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}
_LINE_ESCAPES = {code: text for code, text in _ESCAPES.items() if code not in (ord("\n"), ord("\t"))}


def one_line(text: str, limit: int = 200) -> str:
    """``text`` on one line with control characters escaped, shortened in its middle to ``limit`` characters."""
    if len(text) > limit:
        half = (limit - 3) // 2
        text = f"{text[:half]}...{text[-half:]}"
    return text.translate(_ESCAPES)


def is_utf8(text: str) -> bool:
    """Whether ``text`` can be written as UTF-8. An argument that is not UTF-8 comes with surrogates in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def lines(text: str, limit: int = 12) -> list[str]:
    """The last ``limit`` lines of ``text`` with control characters escaped: an error says most at its end."""
    found = text.translate(_LINE_ESCAPES).splitlines()
    return found if len(found) <= limit else ["...", *found[-limit:]]


def printable_lines(text: str) -> str:
    """``text`` with control characters escaped but for line feeds and tabs; a carriage return before a line feed goes,
    as far as both are in ``text``.
    """
    return text.replace("\r\n", "\n").translate(_LINE_ESCAPES)
