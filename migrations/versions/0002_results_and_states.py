"""What builders and auditors report, how far an attempt is, and what a run allows.

Revision: 0002, after 0001. Expands only: a store of revision 0001 still reads and writes its own columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Ordered by code point on PostgreSQL too, where the order depends on the database otherwise.
DIGEST = sa.String(71).with_variant(sa.String(71, collation="C"), "postgresql")
NAME = sa.String(63).with_variant(sa.String(63, collation="C"), "postgresql")

ATTEMPT = ["run_id", "phase", "attempt"]
RESULTS = ("builder_result", "auditor_result")

FIRST_FINAL = 6
"""Attempts in this state and all higher ones are finished."""

QUEUED, TESTING, DECIDING, FAILED, CANCELLED = 1, 3, 4, 10, 11
RUN_DECIDED, RUN_FAILED, RUN_CANCELLED = 2, 3, 4

STEPS = {1: (2, 3, 10, 11), 2: (3, 10, 11), 3: (4, 10, 11), 4: (5, 6, 7, 8, 9, 10, 11), 5: (6, 7, 8, 9, 10, 11)}
"""The states that may follow each state; the final ones have none."""

NO_ADVANCE = (
    "NEW.run_id <> OLD.run_id OR NEW.phase <> OLD.phase OR NEW.attempt <> OLD.attempt OR NOT COALESCE(CASE OLD.state "
    + " ".join(f"WHEN {state} THEN NEW.state IN {following}" for state, following in STEPS.items())
    + " ELSE FALSE END, FALSE)"
)
ONLY_ADVANCES = "an attempt only advances, and a finished one is immutable"

OF_ATTEMPT = "{table}.run_id = attempt.run_id AND {table}.phase = attempt.phase AND {table}.attempt = attempt.attempt"

STATES = f"""
UPDATE attempt SET state = CASE (SELECT state FROM run WHERE run.run_id = attempt.run_id)
    WHEN {RUN_FAILED} THEN {FAILED}
    WHEN {RUN_CANCELLED} THEN {CANCELLED}
    WHEN {RUN_DECIDED} THEN
        COALESCE((SELECT verdict + 5 FROM decision WHERE {OF_ATTEMPT.format(table="decision")}), {FAILED})
    ELSE CASE
        WHEN EXISTS (SELECT 1 FROM decision WHERE {OF_ATTEMPT.format(table="decision")}) THEN {DECIDING}
        WHEN EXISTS (SELECT 1 FROM attempt_evidence WHERE {OF_ATTEMPT.format(table="attempt_evidence")}) THEN {TESTING}
        WHEN EXISTS (SELECT 1 FROM changed_files WHERE {OF_ATTEMPT.format(table="changed_files")}) THEN {TESTING}
        ELSE {QUEUED}
    END
END
"""
"""The state of each attempt that was recorded before there were states."""

OF_NEW = "{table}.run_id = NEW.run_id AND {table}.phase = NEW.phase AND {table}.attempt = NEW.attempt"
CONCLUSION = f"""
(SELECT CASE WHEN decision.verdict <> 1 THEN decision.verdict + 5
    ELSE CASE COALESCE(
        (SELECT recommendation FROM auditor_result WHERE {OF_NEW.format(table="auditor_result")}), 1
    ) WHEN 2 THEN 7 WHEN 3 THEN 9 ELSE 6 END END
FROM decision WHERE {OF_NEW.format(table="decision")})
"""
"""What decision and auditor come to: the verdict's state, but for an ALLOW that the auditor makes stricter."""

UNFOUNDED = f"NEW.state IN (6, 7, 8, 9) AND NEW.state <> COALESCE({CONCLUSION}, 0)"
NOT_FOUNDED = "an attempt is concluded as its decision and its auditor come to"

FINISHED = (
    f"NOT EXISTS (SELECT 1 FROM attempt WHERE {OF_NEW.format(table='attempt')} AND attempt.state < {FIRST_FINAL})"
)

CONTENTS = ("attempt_evidence", "changed_files", "decision")
"""Tables of revision 0001 that take no more rows of a finished attempt."""

KEYS = {
    "run": ("run_id",),
    "phase": ("run_id", "phase"),
    "attempt": ("run_id", "phase", "attempt"),
    "test_set": ("test_set_digest",),
    "evidence": ("evidence_digest",),
    "attempt_evidence": ("run_id", "phase", "attempt", "side"),
    "baseline": ("tree", "environment_fingerprint", "command_digest", "recorder_version"),
    "changed_files": ("run_id", "phase", "attempt"),
    "changed_file": ("run_id", "phase", "attempt", "position"),
    "decision": ("run_id", "phase", "attempt"),
    "reason": ("run_id", "phase", "attempt", "position"),
    "builder_result": ("run_id", "phase", "attempt"),
    "auditor_result": ("run_id", "phase", "attempt"),
    "request": ("request_id",),
}
SHARED = ("run", "test_set", "evidence", "baseline", "request")
"""Tables into which the store inserts what may be there already, and then goes on."""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in _lift(dialect):
        op.execute(statement)
    op.add_column("run", sa.Column("run_type", sa.SmallInteger, nullable=False, server_default="1"))
    op.add_column("run", sa.Column("allowed_paths", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("attempt", sa.Column("state", sa.SmallInteger, nullable=False, server_default=str(QUEUED)))
    op.execute(STATES)
    _result("builder_result", "status")
    _result("auditor_result", "recommendation")
    for statement in _protection(dialect):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the store's schema only goes forward; restore a backup instead")


def _result(table: str, kind: str) -> None:
    op.create_table(
        table,
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("phase", NAME, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("result_digest", DIGEST, nullable=False),
        sa.Column(kind, sa.SmallInteger, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ATTEMPT, [f"attempt.{column}" for column in ATTEMPT], name=op.f(f"fk_{table}_run_id_phase_attempt_attempt")
        ),
    )


def _lift(dialect: str) -> list[str]:
    """Attempts have a state from now on, which advances."""
    match dialect:
        case "sqlite":
            return ["DROP TRIGGER attempt_refuses_update"]
        case "postgresql":
            return ["DROP TRIGGER attempt_refuses_update ON attempt"]
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use PostgreSQL or SQLite")


def _protection(dialect: str) -> list[str]:
    """The triggers that make the database itself refuse to change what is finished."""
    match dialect:
        case "sqlite":
            return [
                _sqlite_trigger(
                    "attempt_refuses_update",
                    "BEFORE UPDATE ON attempt",
                    NO_ADVANCE,
                    ONLY_ADVANCES,
                ),
                _sqlite_trigger("attempt_refuses_conclusion", "BEFORE UPDATE ON attempt", UNFOUNDED, NOT_FOUNDED),
                *(_sqlite_replacement(table) for table in KEYS),
                *(
                    _sqlite_trigger(
                        f"{table}_refuses_{action.lower()}",
                        f"BEFORE {action} ON {table}",
                        "1",
                        f"rows of {table} are immutable",
                    )
                    for table in RESULTS
                    for action in ("UPDATE", "DELETE")
                ),
                *(
                    _sqlite_trigger(
                        f"{table}_refuses_insert",
                        f"BEFORE INSERT ON {table}",
                        FINISHED,
                        "the attempt is finished",
                    )
                    for table in RESULTS
                ),
                *(
                    _sqlite_trigger(
                        f"{table}_refuses_finished", f"BEFORE INSERT ON {table}", FINISHED, "the attempt is finished"
                    )
                    for table in CONTENTS
                ),
            ]
        case "postgresql":
            return [
                POSTGRESQL_REFUSE_UNLESS_UNFINISHED,
                POSTGRESQL_REFUSE_UNFOUNDED,
                "CREATE TRIGGER attempt_refuses_conclusion BEFORE UPDATE ON attempt FOR EACH ROW "
                "EXECUTE FUNCTION autopack_refuse_unfounded()",
                _postgresql_trigger("attempt", "update", ONLY_ADVANCES, f"FOR EACH ROW WHEN ({NO_ADVANCE})"),
                *(
                    _postgresql_trigger(table, action, f"rows of {table} are immutable", each)
                    for table in RESULTS
                    for action, each in (
                        ("update", "FOR EACH ROW"),
                        ("delete", "FOR EACH ROW"),
                        ("truncate", "FOR EACH STATEMENT"),
                    )
                ),
                *(
                    f"CREATE TRIGGER {table}_refuses_insert BEFORE INSERT ON {table} FOR EACH ROW "
                    "EXECUTE FUNCTION autopack_refuse_unless_unfinished('the attempt is finished')"
                    for table in RESULTS
                ),
                *(
                    f"CREATE TRIGGER {table}_refuses_finished BEFORE INSERT ON {table} FOR EACH ROW "
                    "EXECUTE FUNCTION autopack_refuse_unless_unfinished('the attempt is finished')"
                    for table in CONTENTS
                ),
            ]
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use PostgreSQL or SQLite")


def _sqlite_replacement(table: str) -> str:
    """SQLite's REPLACE deletes a row without asking the triggers: refuse it, or leave the row that is there."""
    same = " AND ".join(f"{table}.{column} = NEW.{column}" for column in KEYS[table])
    act = "RAISE(IGNORE)" if table in SHARED else f"RAISE(ABORT, 'rows of {table} are immutable')"
    return (
        f"CREATE TRIGGER {table}_refuses_replacement BEFORE INSERT ON {table} FOR EACH ROW "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT {act}; END"
    )


def _sqlite_trigger(name: str, event: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} {event} FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"


# FOR SHARE waits for a transaction that is about to finish the attempt, and looks again then.
POSTGRESQL_REFUSE_UNLESS_UNFINISHED = f"""
CREATE FUNCTION autopack_refuse_unless_unfinished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM attempt
        WHERE attempt.run_id = NEW.run_id AND attempt.phase = NEW.phase AND attempt.attempt = NEW.attempt
            AND attempt.state < {FIRST_FINAL}
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""

POSTGRESQL_REFUSE_UNFOUNDED = f"""
CREATE FUNCTION autopack_refuse_unfounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {UNFOUNDED} THEN
        RAISE EXCEPTION USING MESSAGE = '{NOT_FOUNDED}', ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""


def _postgresql_trigger(table: str, action: str, message: str, each: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refuses_{action} BEFORE {action.upper()} ON {table} {each} "
        f"EXECUTE FUNCTION autopack_refuse('{message}')"
    )
