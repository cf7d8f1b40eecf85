"""The tables of requests, uploads, the database itself, and what retention removed."""

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table

from autopack_store.schema.columns import DIGEST, short_text
from autopack_store.schema.tables.metadata import metadata

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
