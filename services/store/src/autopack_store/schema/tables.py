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
    SmallInteger,
    Table,
    UniqueConstraint,
)

from autopack_store.schema.columns import DIGEST, NAME, SERIAL, ExactText, OrderedText, short_text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _attempt(*, primary_key: bool = True) -> list[Column[str] | Column[int]]:
    """The columns that name an attempt."""
    return [
        Column("run_id", NAME, nullable=False, primary_key=primary_key),
        Column("phase", NAME, nullable=False, primary_key=primary_key),
        Column("attempt", Integer, nullable=False, primary_key=primary_key),
    ]


def _of(table: str, *more: str) -> ForeignKeyConstraint:
    """The reference to a row of ``table`` of the same attempt."""
    names = ("run_id", "phase", "attempt", *more)
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names])


run = Table(
    "run",
    metadata,
    Column("run_id", NAME, primary_key=True),
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
    Column("run_type", SmallInteger, nullable=False),
    Column("allowed_paths", JSON, nullable=False),
    Column("patch_fixes", JSON, nullable=False),
    Column("folder", ExactText, nullable=False),
    Column("variables", JSON, nullable=False),
    Column("setup_variables", JSON, nullable=False),
    Column("copies", JSON, nullable=False),
    Column("before_side", ExactText),
    Column("after_side", ExactText),
    Column("state", SmallInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger),
    Column("failure_code", short_text(64)),
    Column("failure_message", ExactText),
    Index(None, "created_at_ms", "run_id"),
    # By hash on PostgreSQL, since a path may be longer than what an ordinary index takes there. Saying so here would
    # load SQLAlchemy's dialect for it into every store.
    Index(None, "repository"),
)

phase = Table(
    "phase",
    metadata,
    Column("run_id", NAME, ForeignKey("run.run_id"), primary_key=True),
    Column("phase", NAME, primary_key=True),
    Column("position", Integer, nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    *_attempt(),
    Column("state", SmallInteger, nullable=False),
    ForeignKeyConstraint(["run_id", "phase"], ["phase.run_id", "phase.phase"]),
)

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
    Column("details", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index(None, "test_set_digest"),
)

attempt_evidence = Table(
    "attempt_evidence",
    metadata,
    *_attempt(),
    Column("side", SmallInteger, primary_key=True),
    Column("retry", SmallInteger, primary_key=True),
    Column("evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("reused", Boolean, nullable=False),
    _of("attempt"),
    Index(None, "evidence_digest"),
)

# The suite runs that were made for an attempt, in the order in which they were attached. A baseline that was reused is
# none. The key stands for the repository's path, which no index takes.
measurement = Table(
    "measurement",
    metadata,
    Column("measurement_id", SERIAL, Identity(), primary_key=True),
    Column("repository_key", BigInteger, nullable=False),
    *_attempt(primary_key=False),
    Column("side", SmallInteger, nullable=False),
    Column("retry", SmallInteger, nullable=False),
    Column("tree", short_text(64), nullable=False),
    _of("attempt_evidence", "side", "retry"),
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

changed_files = Table(
    "changed_files",
    metadata,
    *_attempt(),
    Column("status", SmallInteger, nullable=False),
    Column("problem", ExactText, nullable=False),
    Column("changed_files_digest", DIGEST, nullable=False),
    _of("attempt"),
)

# Keyed by position, not by path: a path may be longer than what an index of PostgreSQL takes.
changed_file = Table(
    "changed_file",
    metadata,
    *_attempt(),
    Column("position", Integer, primary_key=True),
    Column("path", ExactText, nullable=False),
    Column("old_path", ExactText),
    Column("kind", SmallInteger, nullable=False),
    Column("lines_added", BigInteger),
    Column("lines_removed", BigInteger),
    Column("is_binary", Boolean, nullable=False),
    _of("changed_files"),
)

test_function = Table(
    "test_function",
    metadata,
    *_attempt(),
    Column("position", Integer, primary_key=True),
    Column("side", SmallInteger, nullable=False),
    Column("path", ExactText, nullable=False),
    Column("name", ExactText, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("setting", DIGEST, nullable=False),
    # A JSON list of texts.
    Column("uses", ExactText, nullable=False),
    Column("checks", BigInteger, nullable=False),
    _of("changed_files"),
)

decision = Table(
    "decision",
    metadata,
    *_attempt(),
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
    _of("attempt"),
    Index(None, "base_evidence_digest"),
    Index(None, "head_evidence_digest"),
)

# What can be asked across runs; the sentences and subjects are in the decision's record.
reason = Table(
    "reason",
    metadata,
    *_attempt(),
    Column("position", Integer, primary_key=True),
    Column("code", short_text(64), nullable=False),
    Column("effect", SmallInteger, nullable=False),
    Column("subject_count", Integer, nullable=False),
    _of("decision"),
    Index(None, "code"),
)


# Beside the record, what can be asked across runs. Records are kept as a decision's.
def _result(name: str, said: str) -> Table:
    return Table(
        name,
        metadata,
        *_attempt(),
        Column("result_digest", DIGEST, nullable=False),
        Column(said, SmallInteger, nullable=False),
        Column("record", LargeBinary, nullable=False),
        Column("created_at_ms", BigInteger, nullable=False),
        _of("attempt"),
    )


builder_result = _result("builder_result", "status")
auditor_result = _result("auditor_result", "recommendation")

request = Table(
    "request",
    metadata,
    Column("request_id", short_text(64), primary_key=True),
    Column("method", short_text(64), nullable=False),
    Column("fingerprint", DIGEST, nullable=False),
    # Null only inside the transaction that does the work.
    Column("answer", short_text(80)),
    Column("created_at_ms", BigInteger, nullable=False),
)

# The leading chunks of an upload that is under way or whose stream broke. They go with its end.
upload_chunk = Table(
    "upload_chunk",
    metadata,
    Column("request_id", short_text(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("evidence_digest", DIGEST, nullable=False),
    Column("chunk", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
)

# One row: what tells this database from every other.
database_identity = Table(
    "database_identity",
    metadata,
    Column("identity", short_text(36), primary_key=True),
)

# A row for each transaction in which retention let something go. While it is ``unfinished``, and only then, and only in
# its own transaction, rows that are finished may go; it refers to a row that there never is, so it cannot stay so.
retention = Table(
    "retention",
    metadata,
    Column("retention_id", short_text(64), primary_key=True),
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
    CheckConstraint("retention_id <> 'unfinished'", name="id"),
    CheckConstraint("unfinished = 'unfinished'", name="unfinished"),
    Index(None, "unfinished"),
)
