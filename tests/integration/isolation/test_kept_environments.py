"""What is kept of environments has limits, and what a run uses stays."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_executor.environment.kept import Completed, EnvironmentLimits, KeptEnvironments
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.worktree_content import WorktreeChanges

NOW_S = 1_000_000.0
KEYS = [f"{number:024x}" for number in range(5)]

Make = Callable[..., None]


@pytest.fixture
def kept(home: Home) -> KeptEnvironments:
    """Environments of which two are kept for each repository, for 100 seconds."""
    return KeptEnvironments(home, EnvironmentLimits(most=2, keep_s=100), lambda: NOW_S)


@pytest.fixture
def make(home: Home, kept: KeptEnvironments, tmp_path: Path) -> Make:
    """Make an environment in a run that is over, last used some seconds ago, and have it serve its own name."""

    def made(key: str, repository: str, ago_s: int, *, complete: bool = True) -> None:
        with home.open_run(f"run-{key}", tmp_path) as workspace:
            kept.begin(key, workspace)
            if complete:
                changes = WorktreeChanges(written=(), deleted=())
                kept.complete(key, Completed(repository=repository, changes=changes, evidence=(), pinned=False))
                kept.point(f"shared-{key}", key)
        os.utime(kept.directory(key) / "used", (NOW_S - ago_s, NOW_S - ago_s))

    return made


def test_the_least_recently_used_of_a_repository_go(kept: KeptEnvironments, make: Make, home: Home) -> None:
    """Of each repository as many stay as the limit says, and what pointed to the others is gone with them."""
    for key, repository, ago_s in zip(KEYS, ("one", "one", "one", "two", "two"), (30, 10, 20, 50, 60), strict=True):
        make(key, repository, ago_s)

    assert (KEYS[0],) == kept.drop_unused()
    names = sorted(path.name for path in home.environments.iterdir())
    assert sorted([*KEYS[1:], *(f"shared-{key}.json" for key in KEYS[1:])]) == names
    assert () == kept.drop_unused()


def test_what_nobody_used_for_long_goes(kept: KeptEnvironments, make: Make) -> None:
    """Of a repository that is gated no more nothing stays."""
    make(KEYS[0], "one", 101)
    make(KEYS[1], "one", 99)

    assert (KEYS[0],) == kept.drop_unused()


def test_what_is_half_made_goes_with_its_run(kept: KeptEnvironments, make: Make, home: Home, tmp_path: Path) -> None:
    """What a killed executor left half made is dropped, and what is just being made is not."""
    make(KEYS[0], "one", 1, complete=False)
    with home.open_run("running", tmp_path) as workspace:
        kept.begin(KEYS[1], workspace)

        assert (KEYS[0],) == kept.drop_unused()

    assert (KEYS[1],) == kept.drop_unused()


def test_what_a_run_uses_stays(kept: KeptEnvironments, make: Make, home: Home, tmp_path: Path) -> None:
    """However old it is and however many there are, an environment stays until the runs that use it are over."""
    for number, key in enumerate(KEYS):
        make(key, "one", 200 + number)
    with home.open_run("running", tmp_path) as workspace, home.open_run("beside", tmp_path) as beside:
        assert [True, True] == [kept.hold(KEYS[4], user) for user in (workspace, beside)]

        assert tuple(KEYS[:4]) == kept.drop_unused()
        assert not kept.hold(KEYS[0], workspace)

    os.utime(kept.directory(KEYS[4]) / "used", (0, 0))
    assert (KEYS[4],) == kept.drop_unused()
