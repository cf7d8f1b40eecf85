"""Bundles that say what is not so, and URLs that lead elsewhere: refused, with nothing of them left."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autopack_executor.errors import BundleMissing, CloneNotAllowed
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.sources import RepositorySources, SourceLimits
from autopack_git.errors import BundleRefused, CloneFailed, UnknownRevision
from autopack_git.repository import GitRepository
from autopack_model.bundle.value import BundleUpload
from autopack_model.errors import AutopackError, Cancelled
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from tests.builders import GitSandbox

NEVER = threading.Event()
DAY_S = 86_400.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A state directory."""
    return Home(tmp_path / "home")


@pytest.fixture
def sources(home: Home, tmp_path: Path) -> RepositorySources:
    """Sources that may clone what lies below the folder ``served``."""
    limits = SourceLimits(clone_allow=(f"file://{tmp_path}/served",), max_bundle_bytes=1_000_000)
    return RepositorySources(home, limits)


@pytest.fixture
def origin(tmp_path: Path) -> GitSandbox:
    """A repository with two commits."""
    origin = GitSandbox(tmp_path / "served" / "origin")
    origin.commit({"a.txt": "a"})
    origin.git("tag", "v1")
    origin.commit({"b.txt": "b"})
    return origin


def bundle_of(sandbox: GitSandbox, *revisions: str) -> bytes:
    """A bundle, as git makes it."""
    return sandbox.git_bytes("bundle", "create", "--quiet", "-", *revisions)


def digest_of(data: bytes) -> str:
    """The digest of a bundle."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def send(sources: RepositorySources, data: bytes, *, digest: str = "", size: int = 0) -> bool:
    """Send a bundle in small parts, and say of it what is true unless told otherwise."""
    upload = BundleUpload(digest=digest or digest_of(data), size_bytes=size or len(data))
    parts = (data[start : start + 1000] for start in range(0, len(data), 1000))
    return sources.receive(upload, parts, cancel=NEVER)


def request(*, bundle: str | None = None, url: str | None = None) -> GateRequest:
    """A request for a source."""
    return GateRequest(
        run_id=None,
        repository=Path("/sent") if url is None else None,
        base=None,
        candidate=CommitCandidate(revision="HEAD"),
        options=TestOptions(interpreter=None, arguments=(), setup=None, timeout_ms=1000),
        no_baseline=False,
        bundle_digest=bundle,
        clone_url=url,
    )


def identity_of(sources: RepositorySources, asked: GateRequest) -> str:
    """The identity of a source."""
    with sources.open(asked, cancel=NEVER) as source:
        return source.identity


def test_repositories_of_two_machines_at_one_path_are_two(
    sources: RepositorySources, origin: GitSandbox, tmp_path: Path
) -> None:
    """What is kept for a sent repository belongs to its history, whatever its sender calls it; a later bundle of the
    same history is the same repository.
    """
    other = GitSandbox(tmp_path / "other")
    other.commit({"a.txt": "another"})
    bundles = [bundle_of(origin, "main~1", "v1"), bundle_of(origin, "main"), bundle_of(other, "main")]
    for data in bundles:
        send(sources, data)
    first, later, elsewhere = (identity_of(sources, request(bundle=digest_of(data))) for data in bundles)
    assert (True, False) == (first == later, first == elsewhere)


def assert_refused(sources: RepositorySources, home: Home, data: bytes, message: str, **said: str | int) -> None:
    """The bundle is refused, and nothing of it stays."""
    before = sorted(home.sources.iterdir())
    with pytest.raises(BundleRefused, match=message):
        send(sources, data, digest=str(said.get("digest", "")), size=int(said.get("size", 0)))
    assert before == sorted(home.sources.iterdir())
    assert [] == list(home.trash.iterdir())


def test_a_bundle_is_kept_once(sources: RepositorySources, origin: GitSandbox) -> None:
    """A bundle's commits and names are there; the same bundle again is not taken, however little of it comes."""
    data = bundle_of(origin, "--all", "HEAD")

    assert not send(sources, data)
    assert sources.receive(BundleUpload(digest=digest_of(data), size_bytes=len(data)), iter(()), cancel=NEVER)
    with sources.open(request(bundle=digest_of(data)), cancel=NEVER) as source:
        assert "/sent" == source.name
        named = [source.repository.resolve(name).revision for name in ("main", "HEAD", "v1")]
    assert [origin.git("rev-parse", name) for name in ("main", "HEAD", "v1")] == named


@pytest.mark.parametrize("cut", [1, 50, 150])
def test_a_truncated_bundle_is_refused(sources: RepositorySources, home: Home, origin: GitSandbox, cut: int) -> None:
    """Less than was announced is refused; so is a part of a bundle that was announced as it is."""
    data = bundle_of(origin, "main")

    assert_refused(sources, home, data[:-cut], "announced bytes came", size=len(data), digest=digest_of(data))
    assert_refused(sources, home, data[:-cut], "git refuses its objects|header holds|is no git bundle")


def test_a_bundle_that_lies_is_refused(sources: RepositorySources, home: Home, origin: GitSandbox) -> None:
    """Another digest, more bytes than announced, or more than the operator allows: refused."""
    data = bundle_of(origin, "main")

    assert_refused(sources, home, data, "has the digest", digest=digest_of(b"other"))
    assert_refused(sources, home, data, "more than .* announced bytes came", size=len(data) - 1)
    assert_refused(sources, home, b"x", r"AUTOPACK_MAX_BUNDLE_MB", size=1_000_001)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"#!/bin/sh\n", "is not a git bundle"),
        (b"# v2 git bundle\n\n", "git refuses its objects"),
        (b"# v2 git bundle\n" + b"x" * 100_000, "header holds"),
        (b"# v3 git bundle\n@filter=blob:none\n\n", "header holds"),
        (b"# v2 git bundle\n" + b"-" + b"a" * 40 + b" x\n\n", "builds on commits that it does not hold"),
        (b"# v2 git bundle\n" + b"a" * 40 + b" --upload-pack=touch\n\n", "header holds"),
        (b"# v2 git bundle\n", "header holds"),
    ],
)
def test_what_is_no_bundle_is_refused(sources: RepositorySources, home: Home, data: bytes, message: str) -> None:
    """Anything else than a whole bundle is refused."""
    assert_refused(sources, home, data, message)


def renamed(data: bytes, name: bytes) -> bytes:
    """The bundle with another name in the place of its only one."""
    header, pack = data.split(b"\n\n", 1)
    signature, reference = header.split(b"\n")
    return signature + b"\n" + reference[:41] + name + b"\n\n" + pack


@pytest.mark.parametrize(
    "name", [b"refs/heads/../../hooks/x", b"refs/heads/a..b", b"refs/heads/x.lock", b"refs/heads/-", b"refs/heads//x"]
)
def test_a_bundle_with_a_bad_name_is_refused(
    sources: RepositorySources, home: Home, origin: GitSandbox, name: bytes
) -> None:
    """A name that git would not make is not made here either. A dash is fine for git, and never an option."""
    data = renamed(bundle_of(origin, "main"), name)
    if name.endswith(b"-"):
        assert not send(sources, data)
        return
    assert_refused(sources, home, data, "git refuses its names")


def test_names_that_mean_something_to_git_are_left_out(sources: RepositorySources, origin: GitSandbox) -> None:
    """A replacement of objects, or a stash, does not come along."""
    data = renamed(bundle_of(origin, "main"), b"refs/replace/" + b"a" * 40)
    send(sources, data)
    with sources.open(request(bundle=digest_of(data)), cancel=NEVER) as source:
        listed = subprocess.run(
            ["git", "for-each-ref"], cwd=source.repository.root, capture_output=True, check=True
        ).stdout
    assert b"" == listed


def test_a_bundle_without_an_object_is_refused(
    sources: RepositorySources, home: Home, origin: GitSandbox, tmp_path: Path
) -> None:
    """A pack in which a file's content is missing is refused, though its digest is right."""
    header = bundle_of(origin, "main").split(b"\n\n", 1)[0]
    commit, tree = origin.git("rev-parse", "HEAD"), origin.git("rev-parse", "HEAD^{tree}")
    pack = origin.git_bytes("pack-objects", "--stdout", stdin=f"{commit}\n{tree}\n".encode())

    assert_refused(sources, home, header + b"\n\n" + pack, "git refuses its objects")


def commit_evil(origin: GitSandbox) -> None:
    """Make a branch with a tree that holds ``.git/config``."""
    blob = origin.git("hash-object", "-w", "--stdin", stdin=b"[core]\n")
    entry = b"100644 config\0" + bytes.fromhex(blob)
    inner = origin.git("hash-object", "-w", "-t", "tree", "--stdin", "--literally", stdin=entry)
    outer = b"40000 .git\0" + bytes.fromhex(inner)
    tree = origin.git("hash-object", "-w", "-t", "tree", "--stdin", "--literally", stdin=outer)
    origin.git("update-ref", "refs/heads/evil", origin.git("commit-tree", "-m", "evil", tree))


def test_a_tree_that_leads_into_git_is_refused(sources: RepositorySources, home: Home, origin: GitSandbox) -> None:
    """A folder called .git in a tree, which a checkout must never write, is found when the bundle comes."""
    commit_evil(origin)

    assert_refused(sources, home, bundle_of(origin, "evil"), "hasDotgit")


def test_a_clone_of_such_a_tree_is_refused_too(sources: RepositorySources, origin: GitSandbox) -> None:
    """What is fetched is examined as what is sent."""
    commit_evil(origin)
    with (
        pytest.raises(CloneFailed, match="hasDotgit"),
        sources.open(request(url=f"file://{origin.root}"), cancel=NEVER),
    ):
        pass


def test_one_bundle_sent_twice_at_once(sources: RepositorySources, home: Home, origin: GitSandbox) -> None:
    """Two senders of one bundle both succeed, and it is there once."""
    data = bundle_of(origin, "main")
    together = threading.Barrier(2)

    def parts() -> Iterator[bytes]:
        together.wait(30)
        yield data

    upload = BundleUpload(digest=digest_of(data), size_bytes=len(data))
    with ThreadPoolExecutor() as pool:
        sent = [pool.submit(sources.receive, upload, parts(), cancel=NEVER) for _ in range(2)]
        answers = sorted(answer.result(60) for answer in sent)

    assert answers in ([False, False], [False, True])
    assert [f"bundle-{upload.digest[7:]}"] == [path.name for path in home.sources.iterdir()]


def test_bundles_know_nothing_of_each_other(sources: RepositorySources, tmp_path: Path, origin: GitSandbox) -> None:
    """The commits of one bundle cannot be named in a run of another, and its names stay its own."""
    other = GitSandbox(tmp_path / "other")
    other.commit({"c.txt": "c"}, message="other")
    first, second = bundle_of(origin, "main"), bundle_of(other, "main")
    send(sources, first)
    send(sources, second)

    with sources.open(request(bundle=digest_of(first)), cancel=NEVER) as source:
        assert origin.git("rev-parse", "main") == source.repository.resolve("main").revision
        with pytest.raises(UnknownRevision):
            source.repository.resolve(other.git("rev-parse", "main"))


def test_a_bundle_that_was_not_sent(sources: RepositorySources) -> None:
    """A run cannot name a bundle that is not there."""
    with (
        pytest.raises(BundleMissing, match="send it again"),
        sources.open(request(bundle=digest_of(b"nothing")), cancel=NEVER),
    ):
        pass


def test_what_nobody_uses_is_dropped(home: Home, origin: GitSandbox, tmp_path: Path) -> None:
    """A source goes when it was not used for long, but not while somebody uses it."""
    now = [0.0]
    sources = RepositorySources(home, SourceLimits(keep_s=3 * DAY_S), clock_s=lambda: now[0])
    data = bundle_of(origin, "main")
    send(sources, data)
    name = f"bundle-{digest_of(data)[7:]}"
    used_s = (home.sources / name / "used").stat().st_mtime

    now[0] = used_s + 2 * DAY_S
    assert () == sources.drop_unused()
    now[0] = used_s + 9 * DAY_S
    with sources.open(request(bundle=digest_of(data)), cancel=NEVER):
        now[0] = (home.sources / name / "used").stat().st_mtime + 4 * DAY_S
        assert () == sources.drop_unused()
    assert (name,) == sources.drop_unused()
    assert [] == list(home.sources.iterdir())


def test_what_was_used_last_stays_when_room_is_short(home: Home, origin: GitSandbox) -> None:
    """When all sources take more than they may, the one that was not used for the longest time goes first."""
    sources = RepositorySources(home, SourceLimits())
    names = []
    for revision in ("v1", "main"):
        data = bundle_of(origin, revision)
        send(sources, data)
        names.append(f"bundle-{digest_of(data)[7:]}")
    for when, name in enumerate(names):
        os.utime(home.sources / name / "used", (when, when))
    sizes = [sum(path.lstat().st_size for path in (home.sources / name).rglob("*") if path.is_file()) for name in names]

    def dropped(most_bytes: int) -> tuple[str, ...]:
        return RepositorySources(home, SourceLimits(most_bytes=most_bytes), clock_s=lambda: 3.0).drop_unused()

    assert () == dropped(sum(sizes))
    assert (names[0],) == dropped(sum(sizes) - 1)
    assert [names[1]] == [path.name for path in home.sources.iterdir()]


def test_what_a_killed_executor_half_made_is_dropped(home: Home) -> None:
    """The folder of a bundle that never became one goes with the time."""
    now = [0.0]
    sources = RepositorySources(home, SourceLimits(), clock_s=lambda: now[0])
    half = home.sources / "new-0123"
    half.mkdir()
    now[0] = half.stat().st_mtime + 60
    assert () == sources.drop_unused()
    now[0] = half.stat().st_mtime + 2 * 3600
    assert ("new-0123",) == sources.drop_unused()


def test_a_cancelled_upload_leaves_nothing(sources: RepositorySources, home: Home, origin: GitSandbox) -> None:
    """A bundle whose sender has gone is not unpacked."""
    data, gone = bundle_of(origin, "main"), threading.Event()
    gone.set()
    with pytest.raises(Cancelled):
        sources.receive(BundleUpload(digest=digest_of(data), size_bytes=len(data)), iter([data]), cancel=gone)

    assert [] == list(home.sources.iterdir())


def test_a_clone_follows_its_origin(sources: RepositorySources, origin: GitSandbox) -> None:
    """Branches of the remote are known by both names, follow it, and go with it; branches of runs stay."""
    url = f"file://{origin.root}"
    origin.git("branch", "old/one")
    with sources.open(request(url=url), cancel=NEVER) as source:
        assert url == source.name
        repository = GitSandbox.at(source.repository.root)
        repository.git("branch", "autopack/run/gate/1", "main")
        assert source.repository.resolve("old/one") == source.repository.resolve("origin/old/one")
        assert origin.git("rev-parse", "v1") == source.repository.default_base("HEAD").revision

    origin.git("branch", "-D", "old/one")
    origin.git("branch", "old")
    moved = origin.commit({"c.txt": "c"})
    with sources.open(request(url=url), cancel=NEVER) as source:
        names = ("HEAD", "main", "origin/main", "origin/HEAD")
        assert [moved] * 4 == [source.repository.resolve(name).revision for name in names]
        assert "autopack/run/gate/1" in repository.git("branch", "--list", "autopack/*")
        assert origin.git("rev-parse", "old") == source.repository.resolve("old").revision
        with pytest.raises(UnknownRevision):
            source.repository.resolve("old/one")


def test_a_clone_survives_a_killed_git(sources: RepositorySources, origin: GitSandbox, home: Home) -> None:
    """Locks that a killed git left do not keep the next update away."""
    url = f"file://{origin.root}"
    with sources.open(request(url=url), cancel=NEVER) as source:
        git_dir = source.repository.root / ".git"
    for name in ("HEAD.lock", "packed-refs.lock", "refs/heads/main.lock", "refs/remotes/origin/main.lock"):
        (git_dir / name).touch()
    moved = origin.commit({"c.txt": "c"})
    with sources.open(request(url=url), cancel=NEVER) as source:
        assert moved == source.repository.resolve("main").revision


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("file:///etc", CloneNotAllowed),
        ("https://nowhere.example/served/origin", CloneNotAllowed),
        ("file://{folder}/served-elsewhere/origin", CloneNotAllowed),
        ("file://{folder}/served/nothing", CloneFailed),
    ],
)
def test_what_is_not_allowed_is_not_cloned(
    sources: RepositorySources, tmp_path: Path, url: str, error: type[AutopackError]
) -> None:
    """Only what lies below an allowed prefix, by whole parts of the path, is asked for at all."""
    with pytest.raises(error), sources.open(request(url=url.format(folder=tmp_path)), cancel=NEVER):
        pass


def test_nothing_is_cloned_by_default(home: Home) -> None:
    """An operator who allowed nothing is named as the one who can."""
    with (
        pytest.raises(CloneNotAllowed, match="AUTOPACK_CLONE_ALLOW"),
        RepositorySources(home, SourceLimits()).open(request(url="https://host/x"), cancel=NEVER),
    ):
        pass


def test_hooks_of_the_origin_do_not_come_along(sources: RepositorySources, origin: GitSandbox) -> None:
    """A clone has no hooks, and what it checks out is what git names."""
    hook = origin.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with sources.open(request(url=f"file://{origin.root}"), cancel=NEVER) as source:
        hooks = source.repository.root / ".git" / "hooks"
        assert [] == (list(hooks.iterdir()) if hooks.exists() else [])


def test_the_tags_of_the_history_are_sent(sources: RepositorySources, origin: GitSandbox, tmp_path: Path) -> None:
    """A bundle carries the tags, plain and annotated, that point into its history: git describes it the same."""
    origin.git("tag", "-a", "v2", "-m", "text", "main")
    origin.git("switch", "--quiet", "--create", "other", "v1")
    origin.commit({"other.txt": "other"})
    origin.git("tag", "v9")
    repository = GitRepository(origin.root, state=tmp_path / "state")
    repository.write_bundle((repository.resolve("v1"), repository.resolve("main")), tmp_path / "bundle")
    bundle = (tmp_path / "bundle").read_bytes()
    send(sources, bundle)

    with sources.open(request(bundle=digest_of(bundle)), cancel=NEVER) as source:
        sent = GitSandbox.at(source.repository.root)
        assert "v1\nv2" == sent.git("tag", "--list")
        assert "v2" == sent.git("describe", origin.git("rev-parse", "main"))
        assert origin.git("rev-parse", "v2") == sent.git("rev-parse", "v2")


def test_a_clone_has_the_tags_of_its_origin(sources: RepositorySources, origin: GitSandbox) -> None:
    """Git describes a commit of a clone as it does in its origin."""
    with sources.open(request(url=f"file://{origin.root}"), cancel=NEVER) as source:
        assert origin.git("describe", "--tags") == GitSandbox.at(source.repository.root).git("describe", "--tags")


def test_sending_changes_nothing(origin: GitSandbox, tmp_path: Path) -> None:
    """To make a bundle adds no name and no object to the user's repository."""
    before = origin.state()
    repository = GitRepository(origin.root, state=tmp_path / "state")
    repository.write_bundle((repository.resolve("v1"), repository.resolve("main")), tmp_path / "bundle")

    assert before == origin.state()
    assert b"# v2 git bundle\n" == (tmp_path / "bundle").read_bytes()[:16]
