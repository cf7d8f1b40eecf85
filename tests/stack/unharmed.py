"""What a fault must leave as it was: everything finished is there, once, and all of it comes to its digests."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dev.stack.compose import Stack
from dev.stack.docker_engine import docker
from tests.stack.database import Database, until

TABLES = (
    *("run", "phase", "attempt", "attempt_evidence", "measurement", "evidence", "baseline"),
    *("changed_files", "changed_file", "test_function", "finding", "decision", "reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many rows there are by table, and how many mutations by method."""

    rows: Counter[str]
    requests: Counter[str]

    @classmethod
    def to(cls, database: Database) -> "Written":
        """All that was written to ``database`` so far."""
        rows = database.values(" UNION ALL ".join(f"SELECT '{name} ' || count(*) FROM {name}" for name in TABLES))
        requests = database.values("SELECT method || ' ' || count(*) FROM request GROUP BY method")
        return cls(rows=_counted(rows), requests=_counted(requests))

    @property
    def once(self) -> dict[str, int]:
        """What each gate writes once, however its tests come out: how many rows, and how many requests."""
        rows = {name: self.rows[name] for name in ("run", "phase", "attempt", "changed_files", "decision")}
        return rows | {name: count for name, count in self.requests.items() if name != "UploadEvidence"}

    def since(self, earlier: "Written") -> "Written":
        """What came to be after ``earlier``."""
        return Written(rows=self.rows - earlier.rows, requests=self.requests - earlier.requests)


def _counted(rows: list[str]) -> Counter[str]:
    return Counter({name: int(count) for name, _, count in (row.partition(" ") for row in rows)})


@contextlib.contextmanager
def unharmed(stack: Stack) -> Iterator[Database]:
    """Whatever becomes of the stack in the block: afterwards it is healthy again, every run has ended, no request is
    without its answer, no upload lies around, nothing that was finished is gone, and schema and digests are right.
    """
    database = Database(stack=stack)
    before = database.finished()
    yield database
    stack.wait_until_healthy()
    until(lambda: database.count("run", "finished_at_ms IS NULL") == 0, "every run has ended")
    assert [] == sorted(before - database.finished())
    assert (0, 0) == (database.count("request", "answer IS NULL"), database.count("upload_chunk"))
    assert said(stack, "db check").endswith(" (current)")
    assert said(stack, "verify").endswith(": 0 damaged")


def said(stack: Stack, arguments: str) -> str:
    """What a command of the store's own says in its container."""
    return docker("exec", stack.container("store"), "sh", "-c", f"autopack-store {arguments} 2>&1 || true")
