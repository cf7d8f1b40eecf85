"""What the store is compared with: a table that has a row per test, filled by COPY and by SQLAlchemy's ORM."""

import time
from collections.abc import Iterator

import psycopg
from sqlalchemy import URL, BigInteger, SmallInteger, Text, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.storage.databases import full_address

TABLE = "test_outcome"
ROWS_PER_PIECE = 10_000


class Base(DeclarativeBase):
    """The ORM's registry."""


class TestOutcome(Base):
    """A test of a suite run. One index, in the order in which the rows come: the least that a lookup needs."""

    __test__ = False
    __tablename__ = TABLE
    suite_run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    test_id: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    state: Mapped[int] = mapped_column(SmallInteger)
    duration_ms: Mapped[int]
    stage: Mapped[int | None] = mapped_column(SmallInteger)
    message: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[str | None] = mapped_column(Text)


def make_table(database: URL) -> None:
    """Make the empty table. COPY may not leave the log out for it, since it was made in an earlier transaction."""
    engine = create_engine(database)
    Base.metadata.create_all(engine)
    engine.dispose()


def copy_data(suite_run_id: int, evidence: Evidence) -> list[bytes]:
    """What COPY is given, in its text format: made beforehand, so that the clock sees the server's work alone."""
    lines = [
        "\t".join(
            r"\N" if value is None else str(value).replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t")
            for value in row
        )
        for row in _rows(suite_run_id, evidence)
    ]
    return [
        ("\n".join(lines[start : start + ROWS_PER_PIECE]) + "\n").encode()
        for start in range(0, len(lines), ROWS_PER_PIECE)
    ]


def copy(database: URL, data: list[bytes]) -> float:
    """COPY ``data`` into the table and commit: seconds."""
    address = full_address(database.set(drivername="postgresql"))
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy(f"COPY {TABLE} FROM STDIN") as stream:
            for piece in data:
                stream.write(piece)
        connection.commit()
        return time.perf_counter() - started


def add_all(database: URL, suite_run_id: int, evidence: Evidence) -> float:
    """Make an object per test, ``Session.add_all`` and commit: seconds."""
    engine = create_engine(database)
    rows = list(_rows(suite_run_id, evidence))
    started = time.perf_counter()
    with Session(engine) as session:
        session.add_all(
            TestOutcome(
                suite_run_id=suite_run,
                test_id=test_id,
                state=state,
                duration_ms=duration,
                stage=stage,
                message=message,
                signature=signature,
            )
            for suite_run, test_id, state, duration, stage, message, signature in rows
        )
        session.commit()
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds


def _rows(
    suite_run_id: int, evidence: Evidence
) -> Iterator[tuple[int, str, int, int, int | None, str | None, str | None]]:
    durations = memoryview(evidence.durations).cast("I")
    details = iter(evidence.details)
    for index, (test_id, state) in enumerate(zip(evidence.test_ids, evidence.states, strict=True)):
        detail = None if state == TestState.PASSED else next(details)
        if detail is None:
            yield suite_run_id, test_id, state, durations[index], None, None, None
        else:
            yield suite_run_id, test_id, state, durations[index], detail.stage, detail.message, detail.signature
