"""Bundles: a repository's commits in one file, made on one machine and unpacked, with every object checked, on another.

What a bundle says is not believed: git's own ``index-pack --strict`` checks each object, and that none is missing.
"""

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from autopack_git.command import Git, Output
from autopack_git.errors import BundleRefused, GitFailed, ShallowHistory
from autopack_git.layout import Layout
from autopack_git.paths import text_of
from autopack_git.scratch import scratch_directory
from autopack_model.suite_run.value import Tree

MAX_HEADER_LINE = 65_536
MAX_HEADER_BYTES = 16 * 1024 * 1024
KEPT_REFS = (b"refs/heads/", b"refs/tags/", b"refs/remotes/", b"refs/autopack/")
"""Other names of a bundle mean something to git, and are left out."""

# What old programs wrote into commits and trees of good repositories. It harms nobody.
HARMLESS = (
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badTimezone",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
)

_SIGNATURE = re.compile(rb"# v[23] git bundle\n")
_REFERENCE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) (HEAD|refs/[^\x00-\x20\x7f]+)\n")
_FORMAT = re.compile(rb"@object-format=(sha1|sha256)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHeader:
    """What stands before the pack of a bundle: ``references`` as object and name; the pack begins at ``offset``."""

    object_format: str
    references: tuple[tuple[str, bytes], ...]
    offset: int


def write_bundle(layout: Layout, state: Path, commits: tuple[Tree, ...], path: Path) -> None:
    """Write the whole history of ``commits``, at least one, as a bundle to ``path``, with the tags that point into it:
    ``git describe`` says the same where the bundle is unpacked. The repository is read only: the names that a bundle
    needs are made in a temporary repository that borrows its objects.

    Raises ShallowHistory, GitFailed.
    """
    own = Git(directory=layout.root)
    if own.run("rev-parse", "--is-shallow-repository").line == "true":
        raise ShallowHistory(
            "this clone is shallow, and a history with an end cannot be sent; run `git fetch --unshallow`, or let the "
            "executor clone the repository from its URL",
            subject=str(layout.root),
        )
    with scratch_directory(state) as scratch:
        form = own.run("rev-parse", "--show-object-format").line
        init_repository(scratch / "bare", object_format=form, bare=True)
        objects = own.run("rev-parse", "--path-format=absolute", "--git-path", "objects").line
        (scratch / "bare" / "objects" / "info" / "alternates").write_text(f"{_alternate(objects)}\n")
        borrowing = Git(directory=scratch / "bare")
        names = [(b"refs/autopack/%d" % number, commit.revision) for number, commit in enumerate(commits)]
        names += _tags(own, commits)
        commands = b"".join(b"create %b\0%b\0" % (name, object_name.encode()) for name, object_name in names)
        borrowing.run("update-ref", "-z", "--stdin", stdin=commands)
        borrowing.run("bundle", "create", "--quiet", str(path), "--all")


def _tags(git: Git, commits: tuple[Tree, ...]) -> list[tuple[bytes, str]]:
    """Name and object of each tag, annotated or not, that points to one of ``commits`` or to what they come from."""
    merged = [f"--merged={commit.revision}" for commit in commits]
    listed = git.run("for-each-ref", "--format=%(objectname) %(refname)", *merged, "refs/tags/").stdout
    pairs = (line.split(b" ", 1) for line in listed.splitlines())
    return [(name, object_name.decode()) for object_name, name in pairs]


def unpack_bundle(bundle: Path, root: Path, cancel: threading.Event) -> None:
    """Make a repository at ``root``, which must not exist, from the file ``bundle``. Nothing is checked out.

    Raises BundleRefused, GitFailed, Cancelled.
    """
    header = read_header(bundle)
    init_repository(root, object_format=header.object_format)
    git = Git(directory=root, cancel=cancel)
    tolerated = ",".join(f"{name}=ignore" for name in HARMLESS)
    with bundle.open("rb", buffering=0) as stream:
        stream.seek(header.offset)
        _accept(git.attempt("index-pack", f"--strict={tolerated}", "--stdin", stdin=stream), "its objects")
    # Names last, and all or none: each must be one that git allows, and the commit must be there.
    commands = b"".join(
        b"create %b\0%b\0" % (name, name_of.encode())
        for name_of, name in header.references
        if name.startswith(KEPT_REFS)
    )
    _accept(git.attempt("update-ref", "--no-deref", "-z", "--stdin", stdin=commands), "its names")
    for commit, name in header.references:
        if name == b"HEAD":
            _accept(git.attempt("update-ref", "--no-deref", "HEAD", commit), "its HEAD")


def read_header(bundle: Path) -> BundleHeader:
    """The header of the file ``bundle``. Raises BundleRefused."""
    references: list[tuple[str, bytes]] = []
    object_format = "sha1"
    with bundle.open("rb") as stream:
        if _SIGNATURE.fullmatch(stream.readline(MAX_HEADER_LINE)) is None:
            raise BundleRefused("it is not a git bundle; make one with `git bundle create`", subject="bundle")
        while (line := stream.readline(MAX_HEADER_LINE)) != b"\n":
            if line.startswith(b"-"):
                raise BundleRefused(
                    "the bundle builds on commits that it does not hold; send one with the whole history",
                    subject="bundle",
                )
            found, form = _REFERENCE.fullmatch(line), _FORMAT.fullmatch(line)
            if found is not None:
                references.append((found[1].decode(), found[2]))
            elif form is not None:
                object_format = form[1].decode()
            else:
                raise BundleRefused(f"the bundle's header holds {text_of(line[:80])!r}", subject="bundle")
            if stream.tell() > MAX_HEADER_BYTES:
                raise BundleRefused(f"the bundle's header is longer than {MAX_HEADER_BYTES} bytes", subject="bundle")
        return BundleHeader(object_format=object_format, references=tuple(references), offset=stream.tell())


def init_repository(root: Path, *, object_format: str, bare: bool = False) -> None:
    """A new repository at ``root`` without hooks, or the one that is there. Raises GitFailed."""
    root.mkdir(parents=True, exist_ok=True)
    options = ("--bare",) if bare else ()
    Git(directory=root).run(
        *("init", "--quiet", "--template=", f"--object-format={object_format}", "--initial-branch=main", *options, ".")
    )
    (root / (".git" if not bare else "") / "objects" / "info").mkdir(exist_ok=True)


def _alternate(path: str) -> str:
    # Quoted as git reads it: a path may begin with a quote or hold a newline.
    plain = not path.startswith('"') and "\n" not in path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return path if plain else f'"{escaped}"'


def _accept(output: Output, what: str) -> None:
    if output.code != 0:
        if output.broke_down:
            raise GitFailed(
                f"the bundle could not be unpacked: {output.complaint}; check the executor's machine", subject="bundle"
            )
        raise BundleRefused(f"git refuses {what}: {output.complaint}; make the bundle again", subject="bundle")
