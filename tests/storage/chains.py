"""Chains of migrations that are longer than the store's own: there is a release to come after this one."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autopack_store.schema.inspection import Chain
from autopack_store.schema.migrations import chain_folder
from autopack_store.schema.revision import REVISIONS

NEXT, AFTER_NEXT = "0900", "0901"

_MIGRATION = '''
"""Adds a table."""
import sqlalchemy as sa
from alembic import op
revision = "{revision}"
down_revision = "{before}"
def upgrade():
    op.create_table("extra_{revision}", sa.Column("id", sa.Integer, primary_key=True))
    {then}
def downgrade():
    {undo}
    op.drop_table("extra_{revision}")
'''

_LOSSES = """
def losses(connection):
    return {losses!r}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A migration that adds a table and does what ``then`` says; ``undo`` takes that back. What it says to lose when it
    is undone are ``losses``; None is a migration that cannot be undone.
    """

    then: str = "pass"
    undo: str = "pass"
    losses: Sequence[str] | None = ()


def longer_chain(folder: Path, *migrations: Migration) -> Chain:
    """The store's chain with ``migrations`` at its end, written into ``folder``: revisions 0900, 0901 and so on."""
    copied = folder / "migrations"
    shutil.copytree(chain_folder(), copied, dirs_exist_ok=True)
    revisions = [*REVISIONS]
    for number, migration in enumerate(migrations):
        revision = f"09{number:02d}"
        content = _MIGRATION.format(
            revision=revision, before=revisions[-1], then=migration.then, undo=migration.undo
        ) + ("" if migration.losses is None else _LOSSES.format(losses=[*migration.losses]))
        (copied / "versions" / f"{revision}_more.py").write_text(content)
        revisions.append(revision)
    return Chain(revisions=revisions, folder=copied)
