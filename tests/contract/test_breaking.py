"""``make check ARGS=breaking``: the contracts do not break those of the last release."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.contracts import breaking as check_breaking
from dev.contracts.generate import ROOT
from tests.builders import GitSandbox

PROGRESS = "proto/autopack/executor/v1/progress.proto"
BIRD = "\n// A bird.\nmessage Bird {}\n"
NO_RELEASE = "there is no release yet, so there is nothing that the contracts could break\n"


@pytest.fixture
def checkout(tmp_path: Path) -> GitSandbox:
    """A repository with this checkout's contracts and the check."""
    sandbox = GitSandbox(tmp_path / "checkout")
    files = [ROOT / "buf.yaml", *(ROOT / "proto/autopack").rglob("*.proto")]
    files += Path(check_breaking.__file__).parent.glob("*.py")
    sandbox.commit({str(path.relative_to(ROOT)): path.read_bytes() for path in files})
    return sandbox


def _compare(checkout: GitSandbox) -> tuple[int, str]:
    """The exit code of the check, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", check_breaking.__name__],
        cwd=checkout.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_that_there_is_no_release_is_said(checkout: GitSandbox) -> None:
    """Without a tag of a release there is nothing to break, and the check says so; other tags are none."""
    checkout.git("tag", "version-1")

    assert (0, NO_RELEASE) == _compare(checkout)


def test_the_newest_release_is_compared_with(checkout: GitSandbox) -> None:
    """A message that came after a release may go again; one that a release had may not, and the check names it."""
    checkout.git("tag", "v0.1.0")
    checkout.git("tag", "v0.9.0")
    released = (checkout.root / PROGRESS).read_text()
    checkout.commit({PROGRESS: released + BIRD})
    checkout.commit({PROGRESS: released + BIRD.replace("Bird", "Fish")})
    assert (0, "comparing the contracts with the release v0.9.0\n") == _compare(checkout)

    checkout.git("tag", "v0.10.0")
    checkout.commit({PROGRESS: released + BIRD})
    code, said = _compare(checkout)

    assert 1 == code
    assert said.startswith("comparing the contracts with the release v0.10.0\n")
    assert f'{PROGRESS}:1:1:Previously present message "Fish" was deleted from file.' in said
    assert "the contracts break those of the release v0.10.0" in said


def test_a_history_without_its_tags_is_not_one_without_a_release(checkout: GitSandbox, tmp_path: Path) -> None:
    """In a clone that may lack the release's tag, and without git, the check fails and says what to do."""
    checkout.git("tag", "v0.1.0")
    checkout.commit({"README.md": "nothing"})
    shallow = GitSandbox.clone(checkout.root, tmp_path / "shallow", "--depth=1", "--no-tags")
    code, said = _compare(shallow)
    assert 1 == code
    assert "run 'git fetch --unshallow --tags'" in said

    (shallow.root / ".git").rename(tmp_path / "elsewhere")
    code, said = _compare(shallow)
    assert 1 == code
    assert "run this in a git checkout" in said
