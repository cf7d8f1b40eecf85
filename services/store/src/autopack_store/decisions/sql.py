"""Decisions in SQL: one row with the whole record, and one row per reason for asking across runs."""

from typing import Any

from google.protobuf.message import DecodeError
from sqlalchemy import Connection, Row, insert, select

from autopack.results.v1 import decision_pb2, policy_pb2
from autopack_model.approval.value import Approval, FurtherDecision
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.digest import digest_bytes
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.policy.terms import Terms
from autopack_model.policy.wire import terms_from_wire, terms_to_wire
from autopack_store.database.attempt_key import attempt_row, is_attempt
from autopack_store.database.compression import framed, packed, unframed, unpacked
from autopack_store.errors import damaged
from autopack_store.schema.tables.decisions import approval, further_decision, reason
from autopack_store.schema.tables.decisions import decision as table


class SqlDecisionStore:
    """What is read back is compared with its digests, every time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ref: AttemptRef, decision: Decision, digest: str, terms: Terms, created_at_ms: int) -> None:
        """Record the verified decision of an attempt that has none, with its terms."""
        record = framed(chunk.SerializeToString() for chunk in decision_chunks(decision))
        row = {
            "decision_digest": digest,
            "verdict": decision.verdict,
            "severity": decision.severity,
            "base_evidence_digest": None if decision.base is None else decision.base.evidence_digest,
            "head_evidence_digest": decision.head.evidence_digest,
            "cross_evidence_digest": None if decision.cross is None else decision.cross.evidence_digest,
            "reverse_evidence_digest": None if decision.reverse is None else decision.reverse.evidence_digest,
            "record": packed(record),
            "record_digest": digest_bytes(record),
            "terms": packed(terms_to_wire(terms).SerializeToString(deterministic=True)),
            "created_at_ms": created_at_ms,
        }
        self._connection.execute(insert(table).values(attempt_row(ref) | row))
        reasons = [
            attempt_row(ref)
            | {
                "position": position,
                "code": entry.code.label,
                "effect": entry.effect,
                "subject_count": len(entry.subjects),
            }
            for position, entry in enumerate(decision.reasons)
        ]
        if reasons:
            self._connection.execute(insert(reason), reasons)

    def add_further(self, ref: AttemptRef, further: FurtherDecision, decision: Decision, terms: Terms) -> None:
        """Record a verified decision that was made anew, with its terms."""
        record = framed(chunk.SerializeToString() for chunk in decision_chunks(decision))
        row = {
            "number": further.number,
            "decision_digest": further.decision_digest,
            "verdict": further.verdict,
            "record": packed(record),
            "record_digest": digest_bytes(record),
            "terms": packed(terms_to_wire(terms).SerializeToString(deterministic=True)),
            "name": further.name,
            "created_at_ms": further.at_ms,
        }
        self._connection.execute(insert(further_decision).values(attempt_row(ref) | row))

    def add_approval(self, ref: AttemptRef, number: int, recorded: Approval) -> None:
        """Record the answer of a person."""
        row = {
            "number": number,
            "answer": recorded.answer,
            "decision_digest": recorded.decision_digest,
            "name": recorded.name,
            "reason": recorded.reason,
            "created_at_ms": recorded.at_ms,
        }
        self._connection.execute(insert(approval).values(attempt_row(ref) | row))

    def get(self, ref: AttemptRef, number: int = 0) -> Decision | None:
        """The first decision of an attempt, or the further one with ``number``, verified against its digest.

        Raises DataLoss.
        """
        row = self._row(ref, number)
        if row is None:
            return None
        what = _what(ref, number)
        record = unpacked(row.record, what)
        if digest_bytes(record) != row.record_digest:
            raise damaged(what, "its record's digest differs")
        try:
            found = decision_from_chunks(
                decision_pb2.DecisionChunk.FromString(chunk) for chunk in unframed(record, what)
            )
        except (DecodeError, InvalidValue) as error:
            raise damaged(what, str(error)) from error
        if decision_digest(found) != row.decision_digest or (not number and found.verdict != row.verdict):
            raise damaged(what, "its digest differs")
        return found

    def terms(self, ref: AttemptRef, number: int = 0) -> Terms | None:
        """The terms of a decision, verified against the digests that it cites. Raises DataLoss."""
        row, decision = self._row(ref, number), self.get(ref, number)
        if row is None or decision is None:
            return None
        what = f"terms of the {_what(ref, number)}"
        try:
            found = terms_from_wire(policy_pb2.Terms.FromString(unpacked(row.terms, what)))
        except (DecodeError, InvalidValue) as error:
            raise damaged(what, str(error)) from error
        cited = (decision.policy_digest, decision.waivers_digest)
        if (policy_digest(found.policy), waivers_digest(found.waivers)) != cited:
            raise damaged(what, "their digests are not those that the decision cites")
        return found

    def _row(self, ref: AttemptRef, number: int) -> Row[Any] | None:
        if not number:
            return self._connection.execute(select(table).where(is_attempt(table, ref))).one_or_none()
        query = select(further_decision).where(is_attempt(further_decision, ref), further_decision.c.number == number)
        return self._connection.execute(query).one_or_none()


def _what(ref: AttemptRef, number: int) -> str:
    return f"further decision {number} of {ref}" if number else f"decision of {ref}"
