"""A stack whose database has a small disk, which is full for a while."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.stack.compose import Stack
from dev.stack.docker_engine import DockerFailed, docker
from tests.e2e.command import Command
from tests.stack.database import Database, until
from tests.stack.gating import Gating, ended
from tests.stack.stacks import running_stack
from tests.stack.suites import HeldSuite, held_suite_in
from tests.stack.unharmed import Written, unharmed

SMALL_DISK = Path(__file__).with_name("small_disk.yaml")
FILLING = "/var/lib/postgresql/data/filling"
REVISIONS = ("--base", "main", "--head", "candidate")


@pytest.fixture(scope="module")
def small(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack on a small disk, of the images that were made for ``stack``."""
    with running_stack(tmp_path_factory.mktemp("small"), SMALL_DISK, build=False) as found:
        yield found


@pytest.fixture(scope="module")
def gating(small: Stack, command: Command) -> Gating:
    """Gates on the stack with the small disk."""
    return Gating.on(small, command)


@pytest.fixture
def held_suite(small: Stack, tmp_path: Path) -> Iterator[HeldSuite]:
    """A suite whose evidence takes more space than pages that are there already have."""
    with held_suite_in(tmp_path, small, tests=1500) as suite:
        yield suite


@contextlib.contextmanager
def full_disk(stack: Stack) -> Iterator[None]:
    """Not a byte is free on the database's disk inside of the block."""
    filler = stack.container("filler")
    docker("exec", filler, "sh", "-c", f"dd if=/dev/zero of={FILLING} bs=1M 2>/dev/null || true")
    try:
        assert "0" == docker("exec", filler, "sh", "-c", f"df --output=avail {FILLING} | tail -n 1 | tr -d ' '")
        yield
    finally:
        docker("exec", filler, "rm", FILLING)


def test_a_full_disk_is_no_verdict(small: Stack, gating: Gating, held_suite: HeldSuite) -> None:
    """A gate whose evidence finds no space is INCONCLUSIVE and says why; what had been recorded stays, and with some
    space the next gate comes to its verdict.
    """
    with unharmed(small) as database:
        before = Written.to(database)
        running = gating.start(held_suite.repository, *REVISIONS, patience_s=3)
        held_suite.wait_until_held()
        with full_disk(small):
            held_suite.let_go()
            end = ended(running)
        until(lambda: database.count("run", "finished_at_ms IS NULL") == 0, "the run's end is recorded")
        left = Written.to(database).since(before)

        assert (3, "INCONCLUSIVE", "STORAGE_FULL") == end
        assert (1, 1, 0) == tuple(left.rows[name] for name in ("run", "evidence", "decision"))
        assert_allowed(gating, held_suite)
        assert 1 == Written.to(database).since(before).rows["decision"]


def test_a_server_that_dies_of_a_full_disk(small: Stack, gating: Gating, held_suite: HeldSuite) -> None:
    """PostgreSQL that finds no space for its log stops at once, and cannot come back before there is some; a gate is
    INCONCLUSIVE and says so, and nothing that was recorded before is lost.
    """
    with unharmed(small) as database:
        before = Written.to(database)
        running = gating.start(held_suite.repository, *REVISIONS, patience_s=3)
        held_suite.wait_until_held()
        with full_disk(small):
            until(lambda: dies_of_its_log(database), "PostgreSQL needs more space for its log than there is")
            held_suite.let_go()
            end = ended(running)
        # Its own restarts come more and more seldom.
        docker("restart", small.container("postgres"))
        small.wait_until_healthy()
        until(lambda: database.count("run", "finished_at_ms IS NULL") == 0, "the run's end is recorded")

        assert (3, "INCONCLUSIVE", "STORE_UNAVAILABLE") == end
        assert 0 == Written.to(database).since(before).rows["decision"]
        assert_allowed(gating, held_suite)


def dies_of_its_log(database: Database) -> bool:
    """Whether a further file of its log was too much for the server."""
    try:
        database.values("SELECT pg_logical_emit_message(false, 'full', 'disk'); SELECT pg_switch_wal()")
    except DockerFailed:
        return True
    return False


def assert_allowed(gating: Gating, suite: HeldSuite) -> None:
    """Gate again, without being held."""
    suite.let_go()
    assert (0, "ALLOW", None) == ended(gating.start(suite.repository, *REVISIONS))
