"""What is kept of the previous contract, and the check that no contract breaks those that were deployed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tools.pins import ROOT
from tools.previous_contract import FOLDER, BadArchiveError, check, pack, read_previous, unpack

NEEDED = ("buf.yaml", "proto/autopack", "tools/check_breaking.py", "tools/pins.py", "tools/previous_contract.py")
KEPT = (str(FOLDER / "SOURCE"), str(FOLDER / "code.tar.xz"))
PROGRESS = "proto/autopack/executor/v1/progress.proto"


@pytest.fixture
def checkout(tmp_path: Path) -> GitSandbox:
    """A repository on main with this checkout's contracts, what is kept of the previous one, and the check."""
    sandbox = GitSandbox(tmp_path / "checkout")
    for name in (*NEEDED, *KEPT):
        for path in sorted((ROOT / name).rglob("*.proto")) if (ROOT / name).is_dir() else [ROOT / name]:
            sandbox.write({str(path.relative_to(ROOT)): path.read_bytes()})
    sandbox.commit()
    return sandbox


def _compare(checkout: GitSandbox) -> tuple[int, str]:
    """The exit code of the check, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.check_breaking"],
        cwd=checkout.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _renumber(checkout: GitSandbox) -> None:
    """Give a field of a deployed message another number."""
    text = (checkout.root / PROGRESS).read_text()
    assert 1 == text.count("elapsed_ms = ")
    number = text.partition("elapsed_ms = ")[2].partition(";")[0]
    checkout.write({PROGRESS: text.replace(f"elapsed_ms = {number};", "elapsed_ms = 99;")})


def test_kept_code_is_intact() -> None:
    """The archive has the digest that goes with it, and is the code of its revision where the history says so."""
    assert "previous contract is" in check()


def test_main_is_compared_with_the_previous_contract(checkout: GitSandbox) -> None:
    """On main, without any history, the contracts break nothing that the previous one had."""
    code, said = _compare(checkout)

    assert (0, f"comparing the contracts with the previous contract, {read_previous().revision}\n") == (code, said)


def test_break_is_found_on_main(checkout: GitSandbox) -> None:
    """A renumbered field fails the check on main itself, naming the file and the field."""
    _renumber(checkout)
    checkout.commit()

    code, said = _compare(checkout)

    assert 1 == code
    assert PROGRESS in said
    assert "elapsed_ms" in said


def test_branch_is_compared_with_where_it_left_main(checkout: GitSandbox) -> None:
    """On a branch the last landed contracts are those of main, also when they are not the previous ones any more."""
    left = checkout.git("rev-parse", "HEAD")
    checkout.git("switch", "--quiet", "--create", "topic")
    checkout.commit({"README.md": "nothing"})
    assert (0, f"comparing the contracts with main as this branch left it, {left}\n") == _compare(checkout)

    _renumber(checkout)

    assert 1 == _compare(checkout)[0]


def test_release_is_compared_with_too(checkout: GitSandbox) -> None:
    """With a release tag the contracts are compared with it as well, and with the newest one only."""
    checkout.git("tag", "v0.1.0")
    checkout.commit({"README.md": "nothing"})
    checkout.git("tag", "v0.2.0")
    added = (checkout.root / PROGRESS).read_text() + "\n// A bird.\nmessage Bird {}\n"
    checkout.commit({PROGRESS: added})
    checkout.git("tag", "v0.3.0")
    checkout.commit({PROGRESS: added.replace("Bird", "Fish")})

    code, said = _compare(checkout)

    assert 1 == code
    assert ["the release v0.3.0", f"the previous contract, {read_previous().revision}"] == [
        line.removeprefix("comparing the contracts with ") for line in said.splitlines() if line.startswith("comparing")
    ]
    assert "the contracts break what spoke the release v0.3.0" in said
    assert "break what spoke the previous contract" not in said


def test_damaged_archive_is_no_reference(checkout: GitSandbox) -> None:
    """When what is kept is damaged, or gone, there is nothing to compare with, and the check fails."""
    checkout.write({KEPT[1]: b"damaged"})
    code, said = _compare(checkout)
    assert 1 == code
    assert "has the SHA-256" in said

    (checkout.root / KEPT[0]).unlink()
    code, said = _compare(checkout)
    assert 1 == code
    assert "cannot be read" in said


def test_other_code_than_its_revisions_is_found(tmp_path: Path) -> None:
    """What is kept can be packed anew, the same bytes each time; code that is not its revision's is found."""
    sandbox = GitSandbox(tmp_path)
    for name in ("migrations", "proto", *(f"services/{name}/src" for name in ("executor", "gatekeeper", "store"))):
        sandbox.write({f"{name}/a.py": name})
    first = sandbox.commit({"buf.yaml": "1", "tests/fakes/a.py": ""})
    second = sandbox.commit({"buf.yaml": "2"})

    assert first == pack(first[:12], tmp_path)
    before = (tmp_path / KEPT[1]).read_bytes()
    pack(first, tmp_path)
    assert before == (tmp_path / KEPT[1]).read_bytes()
    assert f"the previous contract is that of {first}" == check(tmp_path)
    assert "buf.yaml" in unpack(read_previous(tmp_path).code, tmp_path / "unpacked")
    assert "1" == (tmp_path / "unpacked/buf.yaml").read_text()

    source = (tmp_path / KEPT[0]).read_text()
    (tmp_path / KEPT[0]).write_text(source.replace(first, second))
    with pytest.raises(BadArchiveError, match="is not the code of"):
        check(tmp_path)
    with pytest.raises(BadArchiveError, match="there is no revision"):
        pack("nowhere", tmp_path)
