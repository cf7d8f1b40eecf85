"""The tables of runs, their attempts, and what an attempt changed."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
)

from autopack_store.schema.columns import DIGEST, NAME, ExactText, short_text
from autopack_store.schema.tables.metadata import attempt_columns, metadata, reference_to

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
    *attempt_columns(),
    Column("state", SmallInteger, nullable=False),
    ForeignKeyConstraint(["run_id", "phase"], ["phase.run_id", "phase.phase"]),
)

changed_files = Table(
    "changed_files",
    metadata,
    *attempt_columns(),
    Column("status", SmallInteger, nullable=False),
    Column("problem", ExactText, nullable=False),
    Column("findings_problem", ExactText, nullable=False),
    Column("changed_files_digest", DIGEST, nullable=False),
    reference_to("attempt"),
)

# Keyed by position, not by path: a path may be longer than what an index of PostgreSQL takes.
changed_file = Table(
    "changed_file",
    metadata,
    *attempt_columns(),
    Column("position", Integer, primary_key=True),
    Column("path", ExactText, nullable=False),
    Column("old_path", ExactText),
    Column("kind", SmallInteger, nullable=False),
    Column("lines_added", BigInteger),
    Column("lines_removed", BigInteger),
    Column("is_binary", Boolean, nullable=False),
    # A JSON list of texts.
    Column("parts", ExactText),
    Column("called_by", ExactText),
    reference_to("changed_files"),
)

test_function = Table(
    "test_function",
    metadata,
    *attempt_columns(),
    Column("position", Integer, primary_key=True),
    Column("side", SmallInteger, nullable=False),
    Column("path", ExactText, nullable=False),
    Column("name", ExactText, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("setting", DIGEST, nullable=False),
    # A JSON list of texts.
    Column("uses", ExactText, nullable=False),
    Column("checks", BigInteger, nullable=False),
    Column("shape", DIGEST, nullable=False),
    # A JSON list of texts.
    Column("contains", ExactText, nullable=False),
    reference_to("changed_files"),
)

finding = Table(
    "finding",
    metadata,
    *attempt_columns(),
    Column("position", Integer, primary_key=True),
    Column("rule", SmallInteger, nullable=False),
    Column("path", ExactText, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("test", ExactText, nullable=False),
    Column("before", ExactText, nullable=False),
    Column("after", ExactText, nullable=False),
    reference_to("changed_files"),
)
