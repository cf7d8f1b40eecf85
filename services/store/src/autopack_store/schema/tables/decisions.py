"""The tables of decisions, and of the results of builders and auditors."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Table

from autopack_store.schema.columns import DIGEST, ExactText, short_text
from autopack_store.schema.tables.metadata import attempt_columns, metadata, reference_to

decision = Table(
    "decision",
    metadata,
    *attempt_columns(),
    Column("decision_digest", DIGEST, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("base_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest")),
    Column("head_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest"), nullable=False),
    Column("cross_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest")),
    Column("reverse_evidence_digest", DIGEST, ForeignKey("evidence.evidence_digest")),
    # zstd over the decision's chunks, each behind its length in four big-endian bytes.
    Column("record", LargeBinary, nullable=False),
    # Digest of the uncompressed record: the decision's own digest leaves the evidence digests out.
    Column("record_digest", DIGEST, nullable=False),
    # zstd over the message Terms. The decision cites the digests of policy and waivers.
    Column("terms", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    reference_to("attempt"),
    Index(None, "base_evidence_digest"),
    Index(None, "head_evidence_digest"),
    Index(None, "cross_evidence_digest"),
    Index(None, "reverse_evidence_digest"),
)

# What can be asked across runs; the sentences and subjects are in the decision's record.
reason = Table(
    "reason",
    metadata,
    *attempt_columns(),
    Column("position", Integer, primary_key=True),
    Column("code", short_text(64), nullable=False),
    Column("effect", SmallInteger, nullable=False),
    Column("subject_count", Integer, nullable=False),
    reference_to("decision"),
    Index(None, "code"),
)


# Decisions that were made anew of an attempt whose run had ended; ``verdict`` is what came of them. Kept as a decision.
further_decision = Table(
    "further_decision",
    metadata,
    *attempt_columns(),
    Column("number", Integer, primary_key=True),
    Column("decision_digest", DIGEST, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("record_digest", DIGEST, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("name", ExactText, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    reference_to("decision"),
)

approval = Table(
    "approval",
    metadata,
    *attempt_columns(),
    Column("number", Integer, primary_key=True),
    Column("answer", SmallInteger, nullable=False),
    Column("decision_digest", DIGEST, nullable=False),
    Column("name", ExactText, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    reference_to("decision"),
)


# Beside the record, what can be asked across runs. Records are kept as a decision's.
def _result(name: str, said: str) -> Table:
    return Table(
        name,
        metadata,
        *attempt_columns(),
        Column("result_digest", DIGEST, nullable=False),
        Column(said, SmallInteger, nullable=False),
        Column("record", LargeBinary, nullable=False),
        Column("created_at_ms", BigInteger, nullable=False),
        reference_to("attempt"),
    )


builder_result = _result("builder_result", "status")

auditor_result = _result("auditor_result", "recommendation")
