"""The tables. They are made by the migrations alone; this is what queries are written against."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from autopack_store.storage.columns import DIGEST, NAME, SERIAL, ExactText, OrderedText, short_text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

run = Table(
    "run",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("repository", ExactText, nullable=False),
    Column("base_revision", short_text(64)),
    Column("base_tree", short_text(64)),
    Column("head_revision", short_text(64), nullable=False),
    Column("head_tree", short_text(64), nullable=False),
    Column("candidate", SmallInteger, nullable=False),
    Column("interpreter", ExactText, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("setup", ExactText),
    Column("timeout_ms", BigInteger, nullable=False),
    Column("run_type", SmallInteger, nullable=False, server_default="1"),
    Column("allowed_paths", JSON, nullable=False, server_default="[]"),
    Column("state", SmallInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger),
    Column("failure_code", short_text(64)),
    Column("failure_message", ExactText),
    PrimaryKeyConstraint("run_id"),
    Index(None, "created_at_ms", "run_id"),
    # By hash on PostgreSQL, since a path may be longer than what an ordinary index takes there. Saying so here would
    # load SQLAlchemy's dialect for it into every store.
    Index(None, "repository"),
)

phase = Table(
    "phase",
    metadata,
    Column("run_id", NAME, ForeignKey("run.run_id"), nullable=False),
    Column("phase", NAME, nullable=False),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "phase"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="1"),
    PrimaryKeyConstraint("run_id", "phase", "attempt"),
    ForeignKeyConstraint(["run_id", "phase"], ["phase.run_id", "phase.phase"]),
)

test_set = Table(
    "test_set",
    metadata,
    Column("test_set_digest", DIGEST, nullable=False),
    Column("test_count", Integer, nullable=False),
    # zstd over the very bytes that the digest covers.
    Column("test_ids", LargeBinary, nullable=False),
    PrimaryKeyConstraint("test_set_digest"),
)

# The same ids again, in pieces, so that one can be looked for without reading all. Older test sets have none.
test_set_block = Table(
    "test_set_block",
    metadata,
    Column("test_set_digest", DIGEST, ForeignKey("test_set.test_set_digest"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("first_index", Integer, nullable=False),
    Column("first_id", OrderedText, nullable=False),
    Column("test_ids", LargeBinary, nullable=False),
    PrimaryKeyConstraint("test_set_digest", "position"),
)

# The lists and the header are stored as messages of autopack.results.v1, not as JSON: one reader validates what comes
# from the wire and what comes from the disk, and ``buf breaking`` keeps old rows readable. All blobs are zstd frames.
evidence = Table(
    "evidence",
    metadata,
    Column("evidence_digest", DIGEST, nullable=False),
    Column("facts_digest", DIGEST, nullable=False),
    Column("test_set_digest", DIGEST, ForeignKey("test_set.test_set_digest"), nullable=False),
    Column("suite_run", LargeBinary, nullable=False),
    Column("collectors", LargeBinary, nullable=False),
    Column("states", LargeBinary, nullable=False),
    Column("durations", LargeBinary, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("evidence_digest"),
    Index(None, "test_set_digest"),
)

attempt_evidence = Table(
    "attempt_evidence",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("side", SmallInteger, nullable=False),
    Column("evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("reused", Boolean, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt", "side"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["attempt.run_id", "attempt.phase", "attempt.attempt"]),
    Index(None, "evidence_digest"),
)

# The suite runs that were made for an attempt, in the order in which they were attached. A baseline that was reused is
# none. The key stands for the repository's path, which no index takes.
measurement = Table(
    "measurement",
    metadata,
    Column("measurement_id", SERIAL, Identity(), nullable=False),
    Column("repository_key", BigInteger, nullable=False),
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("side", SmallInteger, nullable=False),
    Column("tree", short_text(64), nullable=False),
    PrimaryKeyConstraint("measurement_id"),
    ForeignKeyConstraint(
        ["run_id", "phase", "attempt", "side"],
        ["attempt_evidence.run_id", "attempt_evidence.phase", "attempt_evidence.attempt", "attempt_evidence.side"],
    ),
    UniqueConstraint("run_id", "phase", "attempt", "side"),
    Index(None, "repository_key", "measurement_id"),
)

# A row for each test that did not simply pass, and for each collector that gave no tests. Nothing refers to it, and it
# refers to a measurement without a foreign key: it is by far the largest table, and can be made again from evidence.
outcome = Table(
    "outcome",
    metadata,
    Column("outcome_key", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("measurement_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("outcome_key", "state", "measurement_id"),
    sqlite_with_rowid=False,
)

baseline = Table(
    "baseline",
    metadata,
    Column("tree", short_text(64), nullable=False),
    Column("environment_fingerprint", DIGEST, nullable=False),
    Column("command_digest", DIGEST, nullable=False),
    Column("recorder_version", short_text(64), nullable=False),
    Column("evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("tree", "environment_fingerprint", "command_digest", "recorder_version"),
    Index(None, "evidence_digest"),
)

changed_files = Table(
    "changed_files",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("problem", ExactText, nullable=False),
    Column("changed_files_digest", DIGEST, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["attempt.run_id", "attempt.phase", "attempt.attempt"]),
)

# Keyed by position, not by path: a path may be longer than what an index of PostgreSQL takes.
changed_file = Table(
    "changed_file",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("path", ExactText, nullable=False),
    Column("old_path", ExactText),
    Column("kind", SmallInteger, nullable=False),
    Column("lines_added", BigInteger),
    Column("lines_removed", BigInteger),
    Column("is_binary", Boolean, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt", "position"),
    ForeignKeyConstraint(
        ["run_id", "phase", "attempt"],
        ["changed_files.run_id", "changed_files.phase", "changed_files.attempt"],
    ),
)

decision = Table(
    "decision",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("decision_digest", DIGEST, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("base_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest")),
    Column("head_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    # zstd over the decision's chunks, each behind its length in four big-endian bytes.
    Column("record", LargeBinary, nullable=False),
    # Digest of the uncompressed record: the decision's own digest leaves the evidence digests out.
    Column("record_digest", DIGEST, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["attempt.run_id", "attempt.phase", "attempt.attempt"]),
    Index(None, "base_evidence_digest"),
    Index(None, "head_evidence_digest"),
)

# What can be asked across runs; the sentences and subjects are in the decision's record.
reason = Table(
    "reason",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("code", short_text(64), nullable=False),
    Column("effect", SmallInteger, nullable=False),
    Column("subject_count", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt", "position"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["decision.run_id", "decision.phase", "decision.attempt"]),
    Index(None, "code"),
)

# Beside the record, what can be asked across runs. Records are kept as a decision's.
builder_result = Table(
    "builder_result",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("result_digest", DIGEST, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["attempt.run_id", "attempt.phase", "attempt.attempt"]),
)

auditor_result = Table(
    "auditor_result",
    metadata,
    Column("run_id", NAME, nullable=False),
    Column("phase", NAME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("result_digest", DIGEST, nullable=False),
    Column("recommendation", SmallInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "attempt"),
    ForeignKeyConstraint(["run_id", "phase", "attempt"], ["attempt.run_id", "attempt.phase", "attempt.attempt"]),
)

request = Table(
    "request",
    metadata,
    Column("request_id", short_text(64), nullable=False),
    Column("method", short_text(64), nullable=False),
    Column("fingerprint", DIGEST, nullable=False),
    # Null only inside the transaction that does the work.
    Column("answer", short_text(80)),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("request_id"),
)

# The leading chunks of an upload that is under way or whose stream broke. They go with its end.
upload_chunk = Table(
    "upload_chunk",
    metadata,
    Column("request_id", short_text(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("evidence_digest", DIGEST, nullable=False),
    Column("chunk", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("request_id", "position"),
)

# One row: what tells this database from every other.
database_identity = Table(
    "database_identity",
    metadata,
    Column("identity", short_text(36), nullable=False),
    PrimaryKeyConstraint("identity"),
)

# A row for each transaction in which retention let something go. While it is ``unfinished``, and only then, and only in
# its own transaction, rows that are finished may go; it refers to a row that there never is, so it cannot stay so.
retention = Table(
    "retention",
    metadata,
    Column("retention_id", short_text(64), nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger),
    Column("cutoff_ms", BigInteger, nullable=False),
    Column("keep_runs", Integer, nullable=False),
    Column("removed", JSON, nullable=False),
    Column(
        "unfinished",
        short_text(64),
        ForeignKey("retention.retention_id", deferrable=True, initially="DEFERRED"),
    ),
    PrimaryKeyConstraint("retention_id"),
    CheckConstraint("retention_id <> 'unfinished'", name="id"),
    CheckConstraint("unfinished = 'unfinished'", name="unfinished"),
    Index(None, "unfinished"),
)
