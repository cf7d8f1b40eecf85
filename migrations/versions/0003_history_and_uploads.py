"""How tests did over the runs, test sets that can be looked into, kept parts of uploads, and a database's identity.

Revision: 0003, after 0002. Expands only: a store of revision 0002 still reads and writes its own tables. What it
attaches meanwhile has no history.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def short(length: int) -> sa.String:
    """Ordered by code point on PostgreSQL too, where the order depends on the database otherwise."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")

SIDE = ["run_id", "phase", "attempt", "side"]

KEYS = {
    "database_identity": ("identity",),
    "test_set_block": ("test_set_digest", "position"),
    "measurement": ("measurement_id",),
    "outcome": ("outcome_key", "state", "measurement_id"),
}
"""The new tables whose rows never change and never go, and their keys."""


def upgrade() -> None:
    op.create_table(
        "database_identity",
        sa.Column("identity", short(36), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_database_identity")),
    )
    _test_set_block()
    _measurement()
    op.create_table(
        "outcome",
        sa.Column("outcome_key", sa.BigInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("measurement_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("outcome_key", "state", "measurement_id", name=op.f("pk_outcome")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_chunk",
        sa.Column("request_id", short(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("evidence_digest", short(71), nullable=False),
        sa.Column("chunk", sa.LargeBinary, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "position", name=op.f("pk_upload_chunk")),
    )
    # A path may be longer than what an ordinary index of PostgreSQL takes.
    op.create_index(op.f("ix_run_repository"), "run", ["repository"], postgresql_using="hash")
    for statement in _protection(op.get_bind().dialect.name):
        op.execute(statement)
    identity = sa.table("database_identity", sa.column("identity", sa.String))
    op.execute(identity.insert().values(identity=str(uuid.uuid4())))


def losses(connection: sa.Connection) -> list[str]:
    """What a downgrade loses, a phrase each."""
    counts = {
        name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
        for name in ("outcome", "upload_chunk")
    }
    said = ["the database's identity"]
    if counts["outcome"]:
        said.append(f"{counts['outcome']} outcomes of the tests' history")
    if counts["upload_chunk"]:
        said.append(f"{counts['upload_chunk']} kept parts of uploads")
    return said


def downgrade() -> None:
    """What is dropped can be made again from what stays, but for the identity and kept parts of uploads."""
    op.drop_index(op.f("ix_run_repository"), "run")
    for table in ("upload_chunk", "outcome", "measurement", "test_set_block", "database_identity"):
        op.drop_table(table)


def _test_set_block() -> None:
    op.create_table(
        "test_set_block",
        sa.Column("test_set_digest", short(71), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("first_index", sa.Integer, nullable=False),
        sa.Column("first_id", TEXT, nullable=False),
        sa.Column("test_ids", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("test_set_digest", "position", name=op.f("pk_test_set_block")),
        sa.ForeignKeyConstraint(
            ["test_set_digest"], ["test_set.test_set_digest"], name=op.f("fk_test_set_block_test_set_digest_test_set")
        ),
    )


def _measurement() -> None:
    op.create_table(
        "measurement",
        sa.Column("measurement_id", SERIAL, sa.Identity(), nullable=False),
        sa.Column("repository_key", sa.BigInteger, nullable=False),
        sa.Column("run_id", short(63), nullable=False),
        sa.Column("phase", short(63), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("side", sa.SmallInteger, nullable=False),
        sa.Column("tree", short(64), nullable=False),
        sa.PrimaryKeyConstraint("measurement_id", name=op.f("pk_measurement")),
        sa.ForeignKeyConstraint(
            SIDE,
            [f"attempt_evidence.{column}" for column in SIDE],
            name=op.f("fk_measurement_run_id_phase_attempt_side_attempt_evidence"),
        ),
        sa.UniqueConstraint(*SIDE, name=op.f("uq_measurement_run_id_phase_attempt_side")),
    )
    op.create_index(
        op.f("ix_measurement_repository_key_measurement_id"), "measurement", ["repository_key", "measurement_id"]
    )


def _protection(dialect: str) -> list[str]:
    """The triggers that make the database itself refuse to change what is recorded."""
    match dialect:
        case "sqlite":
            return [
                *(_sqlite_frozen(table, action) for table in KEYS for action in ("UPDATE", "DELETE")),
                *(_sqlite_replacement(table) for table in KEYS),
            ]
        case "postgresql":
            return [
                f"CREATE TRIGGER {table}_refuses_{action} BEFORE {action.upper()} ON {table} FOR EACH {each} "
                f"EXECUTE FUNCTION autopack_refuse('rows of {table} are immutable')"
                for table in KEYS
                for action, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT"))
            ]
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use PostgreSQL or SQLite")


def _sqlite_frozen(table: str, action: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} FOR EACH ROW "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are immutable'); END"
    )


def _sqlite_replacement(table: str) -> str:
    """SQLite's REPLACE deletes a row without asking the triggers."""
    same = " AND ".join(f"{table}.{column} = NEW.{column}" for column in KEYS[table])
    # Two uploads may bring the same test set.
    act = "RAISE(IGNORE)" if table == "test_set_block" else f"RAISE(ABORT, 'rows of {table} are immutable')"
    return (
        f"CREATE TRIGGER {table}_refuses_replacement BEFORE INSERT ON {table} FOR EACH ROW "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT {act}; END"
    )
