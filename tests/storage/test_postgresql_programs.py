"""The PostgreSQL that the tests start also starts where only root can read the checkout."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.postgresql import Programs, packaged_programs, unprivileged_account


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs PostgreSQL as another user")
def test_programs_in_a_private_folder_are_copied_with_their_libraries(tmp_path: Path) -> None:
    """An account that cannot reach the package runs a copy of the programs, which finds its libraries, also again."""
    programs = packaged_programs()
    assert programs is not None, "make venv installs the package with PostgreSQL"
    package = programs.parent
    tmp_path.chmod(0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        (tmp_path / folder.name).symlink_to(folder)
    workspace = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        private = tmp_path / package.name / programs.name
        run = Programs.of(private, workspace, unprivileged_account())
        assert (workspace / "programs" / package.name / programs.name / "bin" / "initdb").is_file()
        run("initdb", f"--pgdata={workspace / 'data'}", "--auth=trust", "--no-sync")
        Programs.of(private, workspace, unprivileged_account())("postgres", "--version")
    finally:
        shutil.rmtree(workspace)
