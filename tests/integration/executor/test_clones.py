"""URLs that cannot be cloned: refused with what is wrong there, where it is not the executor's own failure."""

import os
import socket
import threading
from pathlib import Path

import pytest

from autopack_executor.workspace.home import Home
from autopack_executor.workspace.sources import RepositorySources, SourceLimits
from autopack_git.errors import CloneFailed, GitFailed
from autopack_git.mirror import update_mirror
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from tests.builders import GitSandbox
from tests.e2e.small_disk import may_mount, small_disk

NEVER = threading.Event()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A state directory."""
    return Home(tmp_path / "home")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy answers for the hosts of these tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def origin(tmp_path: Path) -> GitSandbox:
    """A repository with a commit."""
    origin = GitSandbox(tmp_path / "origin")
    origin.commit({"a.txt": "a"})
    return origin


def clone(home: Home, url: str, *names: str) -> list[str]:
    """Have the URL cloned where everything may be; the commits that ``names`` name there."""
    sources = RepositorySources(home, SourceLimits(clone_allow=(url,)))
    request = GateRequest(
        run_id=None,
        repository=None,
        base=None,
        candidate=CommitCandidate(revision="HEAD"),
        options=TestOptions(interpreter=None, arguments=(), setup=None, timeout_ms=1000),
        no_baseline=False,
        clone_url=url,
    )
    with sources.open(request, cancel=NEVER) as source:
        return [source.repository.resolve(name).revision for name in names]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("git://127.0.0.1:1/x", "Connection refused"),
        ("ssh://git@127.0.0.1:1/x", "Connection refused"),
        ("https://127.0.0.1:1/x", "Failed to connect"),
        ("https://nowhere.invalid/x", "Could not resolve host"),
        ("git://nowhere.invalid/x", "unable to look up nowhere.invalid"),
        ("file:///nowhere", "does not appear to be a git repository"),
    ],
)
def test_a_host_that_does_not_answer(home: Home, url: str, said: str) -> None:
    """Nothing behind a URL is the caller's mistake, or the network's: the refusal says where, why and what to do."""
    with pytest.raises(CloneFailed) as caught:
        clone(home, url)

    assert isinstance(caught.value, BadRequest)
    assert caught.value.message.startswith(f"{url} cannot be cloned: ")
    assert said in caught.value.message
    assert caught.value.message.endswith("that the executor's machine reaches its host and may read it")


def test_a_host_that_is_silent(tmp_path: Path) -> None:
    """A host that takes the connection and says nothing is given up in time, as one that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"git://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(CloneFailed, match=r"cannot be cloned: it did not answer within 0\.5 s; check the URL"):
            update_mirror(tmp_path / "mirror", url, NEVER, timeout_s=0.5)


def test_no_credential_is_told(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the executor's machine puts into a URL to be let in is in no message."""
    (tmp_path / ".gitconfig").write_text(
        '[url "https://me:secret@127.0.0.1:1/"]\n  insteadOf = https://nice.example/\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CloneFailed, match="Failed to connect") as caught:
        clone(home, "https://nice.example/x")

    assert "secret" not in f"{caught.value.message} {caught.value.subject}"


@may_mount
def test_an_executor_without_disk_space_to_clone(tmp_path: Path) -> None:
    """A disk that is full is not a fault of the URL: that is a failure of the executor's, and nobody is told to mend
    the input.
    """
    origin = GitSandbox(tmp_path / "origin")
    origin.commit({"large": os.urandom(4_000_000)})
    with small_disk(tmp_path / "home", 2):
        with pytest.raises(GitFailed, match=r"(?s)No space left on device.*; check the executor's machine$") as caught:
            clone(Home(tmp_path / "home"), f"file://{origin.root}")
        assert not isinstance(caught.value, BadRequest)


def test_a_default_branch_whose_name_is_not_utf_8(home: Home, origin: GitSandbox) -> None:
    """Such a repository is refused by the name of the branch; other branches may have such names."""
    strange = os.fsdecode(b"gr\xf6sse")
    origin.git("branch", strange)
    url = f"file://{origin.root}"
    assert [origin.git("rev-parse", "main")] == clone(home, url, "main")

    origin.git("switch", "--quiet", strange)
    with pytest.raises(CloneFailed, match=r"default branch, gr\\xf6sse, is not UTF-8; give it another name there"):
        clone(home, url)


@pytest.mark.parametrize("name", ["größe", "a\u3000b", "a\u2028b", "a\x85b", "ref/heads/x"])
def test_a_default_branch_of_any_other_name(home: Home, origin: GitSandbox, name: str) -> None:
    """A default branch is followed whatever letters its name has, those that end lines elsewhere included."""
    origin.git("switch", "--quiet", "--create", name)
    moved = origin.commit({"b.txt": "b"})

    assert [moved] * 2 == clone(home, f"file://{origin.root}", "HEAD", "origin/HEAD")
