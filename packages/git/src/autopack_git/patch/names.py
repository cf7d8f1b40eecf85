"""The names of files in a patch: quoted or not, and with a prefix for each side."""

import re

from autopack_git.errors import PatchUnreadable
from autopack_git.paths import text_of

NOWHERE = b"/dev/null"
NO_PREFIX = (
    "git would strip the first folder instead; make it with prefixes: `git -c diff.noprefix=false "
    "-c diff.mnemonicPrefix=false diff --binary`"
)
_SIDES = frozenset({b"a", b"b", b"c", b"i", b"o", b"w", b"1", b"2", b"old", b"new"})
"""First folders that stand for a side where the other side has no file: git's own, and those of ``diff -r old new``."""

_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb'\\([0-3][0-7]{2}|[abtnvfr"\\])')


def unquoted(name: bytes, number: int) -> bytes:
    """The name that stands in line ``number``, without git's quotes, if it has any. Raises PatchUnreadable."""
    if not name.startswith(b'"'):
        return name
    found = _QUOTED.fullmatch(name)
    if found is None or b"\\" in _ESCAPE.sub(b"", found[1]):
        raise PatchUnreadable(f"the quoted name in line {number} is damaged")
    return _ESCAPE.sub(lambda escape: bytes([_value(escape[1])]), found[1])


def side_name(text: bytes, number: int) -> bytes:
    """The name behind ``---`` or ``+++``, without quotes and what a tab separates from it."""
    if text.startswith(b'"'):
        return unquoted(text.rstrip(b"\t"), number)
    return text.partition(b"\t")[0]


def common_name(old: bytes, new: bytes, number: int) -> bytes:
    """The name that ``old`` and ``new`` have without their prefixes, which differ. Raises PatchUnreadable."""
    (before, _, name), (after, _, other) = old.partition(b"/"), new.partition(b"/")
    if before == after or not name or not other:
        raise PatchUnreadable(
            f"the names in line {number} have no prefix such as a/ and b/ ({text_of(new[:200])})", cure=NO_PREFIX
        )
    if name != other:
        raise PatchUnreadable(
            f"line {number} names two files, {text_of(name[:200])} and {text_of(other[:200])}, and no rename",
            cure="make it anew with `git diff --binary`",
        )
    return name


def single_name(name: bytes, number: int) -> bytes:
    """``name`` without its prefix, where the other side has no file. Raises PatchUnreadable."""
    prefix, _, rest = name.partition(b"/")
    if prefix not in _SIDES or not rest:
        raise PatchUnreadable(
            f"the name in line {number} has no prefix such as a/ or b/ ({text_of(name[:200])})", cure=NO_PREFIX
        )
    return rest


def described_name(rest: bytes, number: int) -> bytes:
    """The name that both sides of ``diff --git`` in line ``number`` have without their prefixes."""
    if rest.startswith(b'"'):
        first = _QUOTED.match(rest)
        if first is None or rest[first.end() : first.end() + 1] != b" ":
            raise PatchUnreadable(f"the quoted name in line {number} is damaged")
        return common_name(unquoted(first[0], number), unquoted(rest[first.end() + 1 :], number), number)
    if rest.endswith(b'"') and (start := rest.find(b' "')) > 0:
        return common_name(rest[:start], unquoted(rest[start + 1 :], number), number)
    # Without quotes a name may hold spaces: both halves are the same but for a prefix, so only one cut can be right.
    for cut in (found.start() for found in re.finditer(b" ", rest)):
        (before, _, old), (after, _, new) = rest[:cut].partition(b"/"), rest[cut + 1 :].partition(b"/")
        if old and old == new and before != after:
            return old
    middle = len(rest) // 2
    if rest[:middle] == rest[middle + 1 :]:
        return common_name(rest[:middle], rest[middle + 1 :], number)
    before, _, after = rest.partition(b" ")
    return common_name(before, after, number)


def describes(rest: bytes, old: bytes, new: bytes, number: int) -> bool:
    """Whether the line ``diff --git`` names ``old`` and ``new``, each with a prefix; the two are of a rename."""
    if rest.startswith(b'"'):
        first = _QUOTED.match(rest)
        if first is None:
            return False
        pairs = [(unquoted(first[0], number), rest[first.end() + 1 :])]
    else:
        pairs = [(rest[: found.start()], rest[found.end() :]) for found in re.finditer(b" ", rest)]
    for before, after in pairs:
        if after.startswith(b'"') and not _QUOTED.fullmatch(after):
            continue
        prefixes = [
            (prefix, name) for prefix, _, name in (before.partition(b"/"), unquoted(after, number).partition(b"/"))
        ]
        if [name for _, name in prefixes] == [old, new] and prefixes[0][0] != prefixes[1][0]:
            return True
    return False


def _value(escape: bytes) -> int:
    return int(escape, 8) if escape[:1].isdigit() else _ESCAPES[escape]
