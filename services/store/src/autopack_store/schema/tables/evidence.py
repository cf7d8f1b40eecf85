"""The tables of evidence: test sets, suite runs, what became of each test, and baselines."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from autopack_store.schema.columns import DIGEST, SERIAL, OrderedText, short_text
from autopack_store.schema.tables.metadata import attempt_columns, metadata, reference_to

test_set = Table(
    "test_set",
    metadata,
    Column("test_set_digest", DIGEST, primary_key=True),
    Column("test_count", Integer, nullable=False),
)

# The ids of a test set, in pieces, so that one can be looked for without reading all (evidence/blocks.py).
test_set_block = Table(
    "test_set_block",
    metadata,
    Column("test_set_digest", DIGEST, ForeignKey("test_set.test_set_digest"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("first_index", Integer, nullable=False),
    Column("first_id", OrderedText, nullable=False),
    Column("test_ids", LargeBinary, nullable=False),
)

# The lists and the header are stored as messages of autopack.results.v1, not as JSON: one reader validates what comes
# from the wire and what comes from the disk, and ``buf breaking`` keeps old rows readable. All blobs are zstd frames.
evidence = Table(
    "evidence",
    metadata,
    Column("evidence_digest", DIGEST, primary_key=True),
    Column("facts_digest", DIGEST, nullable=False),
    Column("test_set_digest", DIGEST, ForeignKey("test_set.test_set_digest"), nullable=False),
    Column("suite_run", LargeBinary, nullable=False),
    Column("collectors", LargeBinary, nullable=False),
    Column("states", LargeBinary, nullable=False),
    Column("durations", LargeBinary, nullable=False),
    Column("reruns", LargeBinary, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index(None, "test_set_digest"),
)

attempt_evidence = Table(
    "attempt_evidence",
    metadata,
    *attempt_columns(),
    Column("side", SmallInteger, primary_key=True),
    Column("retry", SmallInteger, primary_key=True),
    Column("evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("reused", Boolean, nullable=False),
    reference_to("attempt"),
    Index(None, "evidence_digest"),
)

# The suite runs that were made for an attempt, in the order in which they were attached. A baseline that was reused is
# none. The key stands for the repository's path, which no index takes.
measurement = Table(
    "measurement",
    metadata,
    Column("measurement_id", SERIAL, Identity(), primary_key=True),
    Column("repository_key", BigInteger, nullable=False),
    *attempt_columns(primary_key=False),
    Column("side", SmallInteger, nullable=False),
    Column("retry", SmallInteger, nullable=False),
    Column("tree", short_text(64), nullable=False),
    reference_to("attempt_evidence", "side", "retry"),
    UniqueConstraint("run_id", "phase", "attempt", "side", "retry"),
    Index(None, "repository_key", "measurement_id"),
)

# A row for each test that did not simply pass, and for each collector that gave no tests. Nothing refers to it, and it
# refers to a measurement without a foreign key: it is by far the largest table, and can be made again from evidence.
outcome = Table(
    "outcome",
    metadata,
    Column("outcome_key", BigInteger, primary_key=True),
    Column("state", SmallInteger, primary_key=True),
    Column("measurement_id", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

# The baselines that a key had, numbered from 1 on. The one with the highest number holds.
baseline = Table(
    "baseline",
    metadata,
    Column("tree", short_text(64), primary_key=True),
    Column("environment_fingerprint", DIGEST, primary_key=True),
    Column("command_digest", DIGEST, primary_key=True),
    Column("recorder_version", short_text(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index(None, "evidence_digest"),
)
