"""The PATH of children is that of the machine, not of the shell that a gate was started from."""

import os
from pathlib import Path

import pytest

from autopack_executor.environment.search_path import programs_digest, search_path

HERE = Path(os.__file__).resolve().parent
FIRST = Path("/environment/bin")


def _entries(path: str, **environ: str) -> list[str]:
    """What children find on the PATH of a caller with this ``path``, behind the interpreter's own folder."""
    first, *rest = search_path({"PATH": path, **environ}, first=FIRST).split(os.pathsep)
    assert str(FIRST) == first
    return rest


def test_folders_come_in_the_callers_order_each_once() -> None:
    """Folders that exist stay in their order; what is relative, empty, missing or there before goes."""
    path = f"relative::{HERE}:/missing:{HERE.parent}:{HERE}/:{FIRST}:{HERE}/../{HERE.name}"
    assert [str(HERE), str(HERE.parent)] == _entries(path)


def test_a_link_counts_as_the_folder_that_it_leads_to(tmp_path: Path) -> None:
    """The folder of a shell, which leads to that of a version, is named by the version's own path."""
    (tmp_path / "of-this-shell").symlink_to(HERE)
    assert [str(HERE)] == _entries(str(tmp_path / "of-this-shell"))


@pytest.mark.parametrize("folder", ["venv/bin", "node_modules/.bin", ".vscode-server/bin"])
def test_programs_of_a_shell_or_a_checkout_are_not_found(tmp_path: Path, folder: str) -> None:
    """Virtual environments, active or not, packages of a checkout and an editor's terminal are left out."""
    place = tmp_path / folder
    place.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").parent.mkdir(exist_ok=True)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    assert [] == _entries(str(place))


def test_temporary_folders_are_not_looked_in() -> None:
    """What lies below the folders for temporary files, the caller's own one among them, is gone tomorrow."""
    assert [] == _entries(f"/tmp:{HERE}", TMPDIR=str(HERE.parent))
    assert [str(HERE)] == _entries(f"/tmp:{HERE}", TMPDIR="/")


def test_only_the_programs_that_are_found_count(tmp_path: Path) -> None:
    """An order that changes nothing, an empty folder and one that is hidden give no other digest; a program does."""
    one, two, empty, hidden = (tmp_path / name for name in ("one", "two", "empty", "hidden"))
    for folder, names in ((one, "a"), (two, "bc"), (empty, ""), (hidden, "ab")):
        folder.mkdir()
        for name in names:
            (folder / name).touch()

    def digest(*folders: Path) -> str:
        return programs_digest(os.pathsep.join(map(str, folders)))

    assert digest(one, two) == digest(two, empty, one, hidden, tmp_path / "missing")
    assert 3 == len({digest(one, two), digest(one, two, hidden, tmp_path), digest(hidden, one, two)})
