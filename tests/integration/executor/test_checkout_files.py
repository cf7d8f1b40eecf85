"""Files that no commit holds are read and written where they are said to be, and never through a link."""

from pathlib import Path

import pytest

from autopack_executor.errors import ExecutorError
from autopack_executor.workspace.checkout_files import put_copies, read_checkout_file
from autopack_model.errors import BadRequest
from autopack_model.gate_request.test_command import KeyedFile


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a file, and links that lead out of it, back into it and nowhere."""
    checkout = tmp_path / "checkout"
    (checkout / "real" / "deep").mkdir(parents=True)
    (checkout / "real" / "deep" / ".env").write_text("inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / ".env").write_text("outside")
    for name, text in (
        ("out", "../outside"),
        ("back", "../checkout/real/deep"),
        ("absolute", str(tmp_path / "outside")),
        ("file", "../outside/.env"),
        ("nowhere", "missing"),
    ):
        (checkout / name).symlink_to(text)
    (checkout / "real" / "up").symlink_to("../../outside")
    return checkout


def test_a_file_is_read(checkout: Path) -> None:
    """A plain file below plain folders is what was meant."""
    assert b"inside" == read_checkout_file(checkout, "real/deep/.env", "--copy", most=10)


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("out/.env", "out"),
        ("back/.env", "back"),
        ("absolute/.env", "absolute"),
        ("real/up/.env", "real/up"),
        ("file", "file"),
        ("nowhere/.env", "nowhere"),
    ],
)
def test_nothing_is_read_through_a_link(checkout: Path, path: str, link: str) -> None:
    """Whatever the text of a link says, the refusal names the link and what to do."""
    with pytest.raises(BadRequest) as refused:
        read_checkout_file(checkout, path, "autopack.toml:2", most=10)
    assert (
        f"autopack.toml:2: {path} in {checkout} lies behind the link {checkout}/{link}, which is not followed; name "
        "the file itself"
    ) == refused.value.message


@pytest.mark.parametrize("path", ["out/new", "back/new", "real/up/new", "file", "nowhere/new"])
def test_nothing_is_written_through_a_link(checkout: Path, path: str) -> None:
    """A link in the tree of a side leads no copy out of it."""
    before = sorted(str(found) for found in checkout.parent.rglob("*"))
    with pytest.raises(ExecutorError, match="cannot be copied into the tree"):
        put_copies([KeyedFile(path=path, content=b"x", digest="hmac-sha256:" + "0" * 64)], checkout)
    assert before == sorted(str(found) for found in checkout.parent.rglob("*"))
    assert "outside" == (checkout.parent / "outside" / ".env").read_text()
