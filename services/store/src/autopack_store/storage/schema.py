"""The tables. They are made by the migrations alone; this is what queries are written against."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)

from autopack_store.storage.columns import DIGEST, NAME, ExactText, short_text

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
