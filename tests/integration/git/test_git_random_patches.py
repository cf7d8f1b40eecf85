"""Random patches of real git are applied whole, and no random damage makes a candidate that the text does not say."""

from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.identity.value import AttemptRef
from tests.builders import GitSandbox

T = TypeVar("T")
ATTEMPT = AttemptRef(run_id="r1", phase="gate", attempt=1)
NAMES = ("a", "b c", "d/e.py", "d/ü", 'q"q', "t\tt", "- ", "b/a")
CONTENTS = st.one_of(
    st.tuples(
        st.lists(st.sampled_from(("", " ", "x", "y", "-- ", "-- a/a", "++ b/a", "@@ -1 +1 @@", "z\r")), max_size=12),
        st.booleans(),
    ).map(lambda made: ("\n".join(made[0]) + "\n" * made[1]).encode()),
    st.binary(max_size=40).map(lambda data: b"\0" + data),
)
FILES = st.dictionaries(st.sampled_from(NAMES), st.tuples(CONTENTS, st.booleans()), max_size=5)
Files = dict[str, tuple[bytes, bool]]
DAMAGES = 10


class Draw(Protocol):
    """``data.draw`` of hypothesis, for numbers and bytes."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """A value of the strategy."""


class Bench:
    """A repository in which trees are made and patches are applied."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = GitSandbox(folder / "project")
        self.repository = GitRepository(self.sandbox.root, state=folder)

    def commit(self, files: Files) -> str:
        """A commit of these files, each with whether it is executable; nothing is checked out."""
        git = self.sandbox.git
        listed = b""
        for name, (content, executable) in files.items():
            blob = git("hash-object", "-w", "--stdin", stdin=content)
            listed += f"{'100755' if executable else '100644'} {blob}\t{name}\0".encode()
        git("read-tree", "--empty")
        git("update-index", "-z", "--index-info", stdin=listed)
        return git("commit-tree", "-m", "x", git("write-tree"))

    def applied(self, base: str, patch: bytes) -> str | None:
        """The tree that the patch makes of ``base``; None when it is refused."""
        try:
            applied = self.repository.apply_patch(patch, self.repository.resolve(base), ATTEMPT, fix=False)
        except BadRequest:
            return None
        self.sandbox.git("update-ref", "-d", "refs/heads/autopack/r1/gate/1")
        return applied.tree.tree

    def tree(self, revision: str) -> str:
        """The name of the tree of ``revision``."""
        return self.sandbox.git("rev-parse", f"{revision}^{{tree}}")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """One repository for all examples."""
    return Bench(tmp_path_factory.mktemp("bench"))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(before=FILES, after=FILES, options=st.sampled_from(((), ("-M",), ("-M", "-C"), ("-U1",), ("--full-index",))))
def test_a_patch_of_git_is_applied_whole(bench: Bench, before: Files, after: Files, options: tuple[str, ...]) -> None:
    """The tree that the patch of two random trees makes of the first one is the second."""
    base, head = bench.commit(before), bench.commit(after)
    patch = bench.sandbox.git_bytes("diff", "--binary", *options, base, head)
    if patch:
        assert bench.tree(head) == bench.applied(base, patch)


def said(old: bytes, patch: bytes) -> bytes | None:
    """What all lines of a patch of one text file say of its content; None when they contradict it or each other."""
    lines = old.splitlines(keepends=True)
    made: list[bytes] = []
    at = 0
    # Blank lines behind the last hunk separate it from what follows; as context they change nothing.
    for line in patch.rstrip(b"\n").split(b"\n")[2:]:
        if line.startswith(b"@@ -"):
            start, _, count = line[4:].partition(b" ")[0].partition(b",")
            if not start.isdigit():
                return None
            first = int(start) - (count != b"0")
            made += lines[at:first]
            at = first
        elif line[:1] in (b" ", b"-", b""):
            if lines[at : at + 1] != [line[1:] + b"\n"]:
                return None
            made += [line[1:] + b"\n"] * (line[:1] != b"-")
            at += 1
        elif line[:1] == b"+":
            made.append(line[1:] + b"\n")
        else:
            return None
    return b"".join(made + lines[at:])


def dropped(lines: list[bytes], draw: Draw) -> bytes:
    """The patch without one line."""
    index = draw(st.integers(0, len(lines) - 1))
    return b"".join(lines[:index] + lines[index + 1 :])


def doubled(lines: list[bytes], draw: Draw) -> bytes:
    """The patch with one line twice."""
    index = draw(st.integers(0, len(lines) - 1))
    return b"".join(lines[: index + 1] + lines[index:])


def changed(lines: list[bytes], draw: Draw) -> bytes:
    """The patch with another byte in one line."""
    index = draw(st.integers(0, len(lines) - 1))
    where = draw(st.integers(0, len(lines[index]) - 1))
    put = draw(st.sampled_from((b" ", b"+", b"-", b"x", b"1", b"2", b"\\", b"@", b"\n")))
    line = lines[index][:where] + put + lines[index][where + 1 :]
    return b"".join([*lines[:index], line, *lines[index + 1 :]])


def cut(lines: list[bytes], draw: Draw) -> bytes:
    """The patch up to some byte."""
    patch = b"".join(lines)
    return patch[: draw(st.integers(1, len(patch)))]


LINES = st.lists(st.sampled_from(("", "x", "y", "z", "-- a/f", "++ b/f")), min_size=1, max_size=14).map(
    lambda lines: "".join(f"{line}\n" for line in lines).encode()
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(before=LINES, after=LINES, indexed=st.booleans(), data=st.data())
def test_a_damaged_patch_is_refused_or_says_it(
    bench: Bench, before: bytes, after: bytes, indexed: bool, data: st.DataObject
) -> None:
    """A line dropped, doubled or changed, or a cut at any byte: the patch is refused, or every line of it counts."""
    base, head = bench.commit({"f": (before, False)}), bench.commit({"f": (after, False)})
    patch = bench.sandbox.git_bytes("diff", "--full-index", base, head)
    if not patch:
        return
    whole = patch.splitlines(keepends=True)[0 if indexed else 2 :]
    for _ in range(DAMAGES):
        damaged = data.draw(st.sampled_from((dropped, doubled, changed, cut)))(whole, data.draw)
        tree = bench.applied(base, damaged)
        if tree is None:
            continue
        expected = said(before, damaged[damaged.find(b"--- ") :])
        assert expected is not None, damaged
        assert bench.tree(bench.commit({"f": (expected, False)})) == tree, damaged
        if damaged.startswith(b"diff --git") and b"\nindex " in damaged:
            assert bench.tree(head) == tree, damaged
