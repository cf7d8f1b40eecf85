"""Baselines in SQL."""

from sqlalchemy import ColumnElement, Connection, and_, func, select

from autopack_model.baseline.value import BaselineKey
from autopack_store.database.insertion import insert_new
from autopack_store.schema.tables.evidence import baseline as table


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
