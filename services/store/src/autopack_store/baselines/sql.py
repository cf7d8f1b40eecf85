"""Baselines in SQL."""

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select

from autopack_model.baseline.value import BaselineKey
from autopack_model.identity.value import AttemptRef
from autopack_store.database.attempt_key import attempt_row
from autopack_store.database.insertion import insert_new
from autopack_store.schema.tables.evidence import attempt_evidence as attached
from autopack_store.schema.tables.evidence import baseline as table
from autopack_store.schema.tables.evidence import evidence


class SqlBaselineStore:
    """The baselines of each key, numbered from 1 on. Rows stay; the one with the highest number holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: BaselineKey, evidence_digest: str, created_at_ms: int, *, replacing: bool = False) -> str:
        """Name evidence as the baseline of ``key``, unless the key has one and this is not ``replacing`` it; returns
        the digest that the key names now.
        """
        number = 1 + (self._newest(key) if replacing else 0)
        row = {**_key_row(key), "evidence_digest": evidence_digest, "created_at_ms": created_at_ms}
        while not insert_new(self._connection, table, {**row, "number": number}):
            if not replacing:
                return self.find(key) or evidence_digest
            number += 1  # another one replaced it meanwhile
        return evidence_digest

    def find(self, key: BaselineKey) -> str | None:
        """The digest of the key's evidence, if it has a baseline."""
        newest = select(table.c.evidence_digest).where(_is(key)).order_by(table.c.number.desc()).limit(1)
        return self._connection.execute(newest).scalar_one_or_none()

    def retries(self, evidence_digest: str, without: AttemptRef, *, most: int) -> tuple[str, ...]:
        """The newest ``most`` retries of the suite run with this evidence, oldest first; not those of one attempt."""
        suite, retry = attached.alias(), attached.alias()
        beside = and_(
            *(retry.c[name] == suite.c[name] for name in ("run_id", "phase", "attempt", "side")), retry.c.retry > 0
        )
        own = and_(*(suite.c[name] == value for name, value in attempt_row(without).items()))
        found = (
            select(retry.c.evidence_digest, evidence.c.created_at_ms)
            .select_from(
                suite.join(retry, beside).join(evidence, evidence.c.evidence_digest == retry.c.evidence_digest)
            )
            .where(suite.c.evidence_digest == evidence_digest, suite.c.retry == 0, not_(own))
            .distinct()
            .order_by(evidence.c.created_at_ms.desc(), retry.c.evidence_digest)
            .limit(most)
        )
        return tuple(row.evidence_digest for row in reversed(self._connection.execute(found).all()))

    def _newest(self, key: BaselineKey) -> int:
        newest = select(func.max(table.c.number)).where(_is(key))
        return self._connection.execute(newest).scalar_one() or 0


def _is(key: BaselineKey) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in _key_row(key).items()))


def _key_row(key: BaselineKey) -> dict[str, str]:
    return {
        "tree": key.tree,
        "environment_fingerprint": key.environment_fingerprint,
        "command_digest": key.command_digest,
        "recorder_version": key.recorder_version,
    }
