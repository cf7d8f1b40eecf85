"""The stack's database, from inside of its container: what it holds, and locks that keep calls in flight."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dev.stack.compose import Stack
from dev.stack.docker_engine import DockerFailed, docker

PATIENCE_S = 60.0
LOOK_S = 0.1
STORE = "autopack-store"
"""The name under which the store's connections run."""

_PSQL = (
    "sh",
    "-c",
    'PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") exec psql --no-psqlrc --quiet --tuples-only --no-align '
    '--set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"',
    "psql",
)
_WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE relation = '{table}'::regclass AND NOT granted AND application_name = '{application}'
"""
# All that nobody may lose any more, once it is there. What follows from it (rows of outcomes) ``verify`` compares.
_FINISHED = """
    SELECT 'run ' || run_id || ' ' || state FROM run WHERE finished_at_ms IS NOT NULL
    UNION ALL SELECT 'attempt ' || attempt.run_id || ' ' || phase || ' ' || attempt || ' ' || attempt.state
        FROM attempt JOIN run USING (run_id) WHERE finished_at_ms IS NOT NULL
    UNION ALL SELECT 'evidence ' || evidence_digest || ' ' || facts_digest FROM evidence
    UNION ALL SELECT 'attached ' || run_id || ' ' || phase || ' ' || attempt || ' ' || side || ' ' || evidence_digest
        FROM attempt_evidence
    UNION ALL SELECT 'baseline ' || tree || ' ' || evidence_digest FROM baseline
    UNION ALL SELECT 'changed files ' || run_id || ' ' || phase || ' ' || attempt || ' ' || changed_files_digest
        FROM changed_files
    UNION ALL SELECT 'decision ' || run_id || ' ' || phase || ' ' || attempt || ' ' || record_digest FROM decision
    UNION ALL SELECT 'request ' || request_id || ' ' || fingerprint || ' ' || answer FROM request
"""


class Lock:
    """A table that a session of ours has locked, or waits to lock."""

    def __init__(self, session: "subprocess.Popen[str]") -> None:
        self._session = session

    def release(self) -> None:
        """Let the table go; nothing is left to do when the database went before."""
        with contextlib.suppress(BrokenPipeError):
            self._session.communicate()

    def wait(self) -> None:
        """Wait until the table is locked."""
        assert self._session.stdout is not None
        assert "locked\n" == self._session.stdout.readline()


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The database of ``stack``."""

    stack: Stack

    def values(self, query: str) -> list[str]:
        """The only column of the rows of ``query``. Raises DockerFailed while the database does not answer."""
        return docker("exec", self.stack.container("postgres"), *_PSQL, "--command", query).splitlines()

    def count(self, table: str, condition: str = "true") -> int:
        """How many rows of ``table`` meet ``condition``."""
        return int(self.values(f"SELECT count(*) FROM {table} WHERE {condition}")[0])

    def finished(self) -> set[str]:
        """All that was finished: each thing with what must not change about it."""
        return set(self.values(_FINISHED))

    @contextlib.contextmanager
    def locking(self, table: str, mode: str) -> Iterator[Lock]:
        """Ask for a lock of ``table`` in a session of its own, which ends with the block."""
        command = ["docker", "exec", "--interactive", self.stack.container("postgres"), *_PSQL]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as session:
            assert session.stdin is not None
            lock = Lock(session)
            try:
                session.stdin.write(f"SET lock_timeout = '{PATIENCE_S:.0f}s';\n")
                session.stdin.write(f"BEGIN; LOCK TABLE {table} IN {mode} MODE; SELECT 'locked';\n")
                session.stdin.flush()
                yield lock
            finally:
                if session.returncode is None:
                    lock.release()

    @contextlib.contextmanager
    def locked(self, table: str, mode: str = "SHARE ROW EXCLUSIVE") -> Iterator[Lock]:
        """Hold ``table``: by default against everyone who writes to it, but not against readers."""
        with self.locking(table, mode) as lock:
            lock.wait()
            yield lock

    def wait_for_waiting(self, table: str, application: str = STORE) -> None:
        """Wait until a session of ``application`` waits for ``table``: its call is in flight then, and stays so."""
        query = _WAITING.format(table=table, application=application)
        until(lambda: self.values(query) != ["0"], f"{application} waits for the table {table}")

    def wait_for_answers(self) -> None:
        """Wait until the database answers queries again."""

        def answers() -> bool:
            try:
                return self.values("SELECT 1") == ["1"]
            except DockerFailed:
                return False

        until(answers, "the database answers")


def until(happens: Callable[[], bool], what: str) -> None:
    """Wait until ``happens()``. Raises AssertionError, which says ``what`` did not, after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, f"it never came to this within {PATIENCE_S:.0f} s: {what}"
        time.sleep(LOOK_S)
