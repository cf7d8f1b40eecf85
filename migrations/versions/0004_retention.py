"""Retention: the one way out for what is finished, with a record of what went.

Revision: 0004, after 0003. Expands only: a store of revision 0003 deletes nothing, and everything else is as it was.
The indexes are built inside the transaction, so that it is all or nothing: their tables have a row or two per attempt,
and take no writes meanwhile.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Ordered by code point on PostgreSQL too, where the order depends on the database otherwise.
NAME = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")

IMMUTABLE = "rows of {table} are immutable"
GUARDED = {
    "run": "runs are never deleted",
    **{
        table: IMMUTABLE.format(table=table)
        for table in (
            "phase",
            "attempt",
            "test_set",
            "test_set_block",
            "evidence",
            "attempt_evidence",
            "measurement",
            "outcome",
            "baseline",
            "changed_files",
            "changed_file",
            "decision",
            "reason",
            "builder_result",
            "auditor_result",
        )
    },
}
"""Tables whose rows go only with a pass of retention, and what the others are told."""

CITATIONS = (
    ("attempt_evidence", "evidence_digest"),
    ("baseline", "evidence_digest"),
    ("decision", "base_evidence_digest"),
    ("decision", "head_evidence_digest"),
    ("evidence", "test_set_digest"),
)
"""Columns that are asked, for all that goes, whether they refer to it."""

IN_PROGRESS = "EXISTS (SELECT 1 FROM retention WHERE retention.unfinished IS NOT NULL)"


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("retention_id", NAME, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger),
        sa.Column("cutoff_ms", sa.BigInteger, nullable=False),
        sa.Column("keep_runs", sa.Integer, nullable=False),
        sa.Column("removed", sa.JSON, nullable=False),
        # Refers to a row that there never is, until the pass is finished: no transaction that leaves it so can commit.
        sa.Column("unfinished", NAME),
        sa.PrimaryKeyConstraint("retention_id", name=op.f("pk_retention")),
        sa.ForeignKeyConstraint(
            ["unfinished"],
            ["retention.retention_id"],
            name=op.f("fk_retention_unfinished_retention"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("retention_id <> 'unfinished'", name=op.f("ck_retention_id")),
        sa.CheckConstraint("unfinished = 'unfinished'", name=op.f("ck_retention_unfinished")),
    )
    op.create_index(op.f("ix_retention_unfinished"), "retention", ["unfinished"])
    for table, column in CITATIONS:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for statement in _protection(op.get_bind().dialect.name):
        op.execute(statement)


def losses(connection: Connection) -> list[str]:
    """What a downgrade loses, a phrase each."""
    passes = connection.scalar(sa.select(sa.func.count()).select_from(sa.table("retention")))
    return [f"the record of {passes} removals by gc"] if passes else []


def downgrade() -> None:
    for statement in _former_protection(op.get_bind().dialect.name):
        op.execute(statement)
    for table, column in CITATIONS:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
    op.drop_table("retention")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION autopack_refuse_unless_retention")


def _protection(dialect: str) -> list[str]:
    """Nothing that is finished goes, unless a pass of retention is in progress in the same transaction: no other one
    sees its row.
    """
    match dialect:
        case "sqlite":
            return [
                *(f"DROP TRIGGER {table}_refuses_delete" for table in GUARDED),
                *(
                    _sqlite_trigger(f"{table}_refuses_delete", f"DELETE ON {table}", f"NOT {IN_PROGRESS}", said)
                    for table, said in GUARDED.items()
                ),
                _sqlite_trigger("retention_refuses_update", "UPDATE ON retention", "OLD.unfinished IS NULL", OWN),
                _sqlite_trigger("retention_refuses_delete", "DELETE ON retention", "1", OWN),
                _sqlite_trigger(
                    "retention_refuses_replacement",
                    "INSERT ON retention",
                    "EXISTS (SELECT 1 FROM retention WHERE retention.retention_id = NEW.retention_id)",
                    OWN,
                ),
            ]
        case "postgresql":
            return [
                POSTGRESQL_REFUSE_UNLESS_RETENTION,
                *(f"DROP TRIGGER {table}_refuses_delete ON {table}" for table in GUARDED),
                # Once for all the rows of a statement: there may be millions.
                *(
                    f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION autopack_refuse_unless_retention('{said}')"
                    for table, said in GUARDED.items()
                ),
                "CREATE TRIGGER retention_refuses_update BEFORE UPDATE ON retention FOR EACH ROW "
                f"WHEN (OLD.unfinished IS NULL) EXECUTE FUNCTION autopack_refuse('{OWN}')",
                "CREATE TRIGGER retention_refuses_delete BEFORE DELETE ON retention FOR EACH ROW "
                f"EXECUTE FUNCTION autopack_refuse('{OWN}')",
                "CREATE TRIGGER retention_refuses_truncate BEFORE TRUNCATE ON retention FOR EACH STATEMENT "
                f"EXECUTE FUNCTION autopack_refuse('{OWN}')",
            ]
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use PostgreSQL or SQLite")


def _former_protection(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            *(f"DROP TRIGGER {table}_refuses_delete" for table in GUARDED),
            *(
                _sqlite_trigger(
                    f"{table}_refuses_delete",
                    f"DELETE ON {table}",
                    "" if table in WITHOUT_CONDITION else "1",
                    said,
                )
                for table, said in GUARDED.items()
            ),
        ]
    return [
        *(f"DROP TRIGGER {table}_refuses_delete ON {table}" for table in GUARDED),
        *(
            f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} FOR EACH ROW "
            f"{'WHEN (true) ' if table not in WITHOUT_WHEN else ''}EXECUTE FUNCTION autopack_refuse('{said}')"
            for table, said in GUARDED.items()
        ),
    ]


OWN = IMMUTABLE.format(table="retention")

WITHOUT_CONDITION = ("test_set_block", "measurement", "outcome")
"""Tables whose triggers on SQLite were made without a condition, which is what a downgrade leaves."""

WITHOUT_WHEN = ("builder_result", "auditor_result", *WITHOUT_CONDITION)
"""The same on PostgreSQL."""


def _sqlite_trigger(name: str, event: str, condition: str, message: str) -> str:
    when = f"WHEN {condition} " if condition else ""
    return f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW {when}BEGIN SELECT RAISE(ABORT, '{message}'); END"


# The same class of error as a violated constraint. SQLite reports its triggers so, too.
POSTGRESQL_REFUSE_UNLESS_RETENTION = f"""
CREATE FUNCTION autopack_refuse_unless_retention() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT {IN_PROGRESS} THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""
