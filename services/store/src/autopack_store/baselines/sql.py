"""Baselines in SQL."""

from sqlalchemy import Connection, and_, select

from autopack_model.baseline.value import BaselineKey
from autopack_store.database.insertion import insert_new
from autopack_store.schema.tables import baseline as table


class SqlBaselineStore:
    """One row per key; the first one stays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: BaselineKey, evidence_digest: str, created_at_ms: int) -> str:
        """Name evidence as the baseline of ``key``; returns the digest that the key names now, the first one."""
        row = {**_key_row(key), "evidence_digest": evidence_digest, "created_at_ms": created_at_ms}
        if insert_new(self._connection, table, row):
            return evidence_digest
        return self.find(key) or evidence_digest

    def find(self, key: BaselineKey) -> str | None:
        """The digest of the key's evidence, if it has a baseline."""
        is_key = and_(*(table.c[name] == value for name, value in _key_row(key).items()))
        return self._connection.execute(select(table.c.evidence_digest).where(is_key)).scalar_one_or_none()


def _key_row(key: BaselineKey) -> dict[str, str]:
    return {
        "tree": key.tree,
        "environment_fingerprint": key.environment_fingerprint,
        "command_digest": key.command_digest,
        "recorder_version": key.recorder_version,
    }
