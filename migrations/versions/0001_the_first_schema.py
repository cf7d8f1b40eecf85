"""The first schema: runs, attempts, evidence, baselines, changed files, decisions, requests.

Revision: 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def short(length: int) -> sa.String:
    """Ordered by code point on PostgreSQL too, where the order depends on the database otherwise."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DIGEST = short(71)
NAME = short(63)
RUNNING = 1

ATTEMPT = ["run_id", "phase", "attempt"]

FROZEN = (
    "phase",
    "attempt",
    "test_set",
    "evidence",
    "attempt_evidence",
    "baseline",
    "changed_files",
    "changed_file",
    "decision",
    "reason",
)
"""Tables whose rows never change and never go."""

CLOSED_WITH_THE_RUN = ("attempt_evidence", "changed_files", "decision")
"""Tables that take no more rows of a run that has ended."""


def upgrade() -> None:
    _runs()
    _evidence()
    _attempt_contents()
    _decisions()
    _requests()
    for statement in _protection(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the store's schema only goes forward; restore a backup instead")


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("base_revision", short(64)),
        sa.Column("base_tree", short(64)),
        sa.Column("head_revision", short(64), nullable=False),
        sa.Column("head_tree", short(64), nullable=False),
        sa.Column("candidate", sa.SmallInteger, nullable=False),
        sa.Column("interpreter", TEXT, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("setup", TEXT),
        sa.Column("timeout_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger),
        sa.Column("failure_code", short(64)),
        sa.Column("failure_message", TEXT),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_created_at_ms_run_id"), "run", ["created_at_ms", "run_id"])
    op.create_table(
        "phase",
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("phase", NAME, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "phase", name=op.f("pk_phase")),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_phase_run_id_run")),
    )
    op.create_table(
        "attempt",
        *_attempt_columns(),
        sa.PrimaryKeyConstraint(*ATTEMPT, name=op.f("pk_attempt")),
        sa.ForeignKeyConstraint(
            ["run_id", "phase"], ["phase.run_id", "phase.phase"], name=op.f("fk_attempt_run_id_phase_phase")
        ),
    )


def _evidence() -> None:
    op.create_table(
        "test_set",
        sa.Column("test_set_digest", DIGEST, nullable=False),
        sa.Column("test_count", sa.Integer, nullable=False),
        sa.Column("test_ids", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("test_set_digest", name=op.f("pk_test_set")),
    )
    op.create_table(
        "evidence",
        sa.Column("evidence_digest", DIGEST, nullable=False),
        sa.Column("facts_digest", DIGEST, nullable=False),
        sa.Column("test_set_digest", DIGEST, nullable=False),
        sa.Column("suite_run", sa.LargeBinary, nullable=False),
        sa.Column("collectors", sa.LargeBinary, nullable=False),
        sa.Column("states", sa.LargeBinary, nullable=False),
        sa.Column("durations", sa.LargeBinary, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("evidence_digest", name=op.f("pk_evidence")),
        sa.ForeignKeyConstraint(
            ["test_set_digest"], ["test_set.test_set_digest"], name=op.f("fk_evidence_test_set_digest_test_set")
        ),
    )
    op.create_table(
        "baseline",
        sa.Column("tree", short(64), nullable=False),
        sa.Column("environment_fingerprint", DIGEST, nullable=False),
        sa.Column("command_digest", DIGEST, nullable=False),
        sa.Column("recorder_version", short(64), nullable=False),
        sa.Column("evidence_digest", DIGEST, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "tree", "environment_fingerprint", "command_digest", "recorder_version", name=op.f("pk_baseline")
        ),
        _evidence_key("baseline", "evidence_digest"),
    )


def _attempt_contents() -> None:
    op.create_table(
        "attempt_evidence",
        *_attempt_columns(),
        sa.Column("side", sa.SmallInteger, nullable=False),
        sa.Column("evidence_digest", DIGEST, nullable=False),
        sa.Column("reused", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, "side", name=op.f("pk_attempt_evidence")),
        _attempt_key("attempt_evidence", "attempt"),
        _evidence_key("attempt_evidence", "evidence_digest"),
    )
    op.create_table(
        "changed_files",
        *_attempt_columns(),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("changed_files_digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, name=op.f("pk_changed_files")),
        _attempt_key("changed_files", "attempt"),
    )
    op.create_table(
        "changed_file",
        *_attempt_columns(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("old_path", TEXT),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("lines_added", sa.BigInteger),
        sa.Column("lines_removed", sa.BigInteger),
        sa.Column("is_binary", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, "position", name=op.f("pk_changed_file")),
        _attempt_key("changed_file", "changed_files"),
    )


def _decisions() -> None:
    op.create_table(
        "decision",
        *_attempt_columns(),
        sa.Column("decision_digest", DIGEST, nullable=False),
        sa.Column("verdict", sa.SmallInteger, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("base_evidence_digest", DIGEST),
        sa.Column("head_evidence_digest", DIGEST, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("record_digest", DIGEST, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, name=op.f("pk_decision")),
        _attempt_key("decision", "attempt"),
        _evidence_key("decision", "base_evidence_digest"),
        _evidence_key("decision", "head_evidence_digest"),
    )
    op.create_table(
        "reason",
        *_attempt_columns(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", short(64), nullable=False),
        sa.Column("effect", sa.SmallInteger, nullable=False),
        sa.Column("subject_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, "position", name=op.f("pk_reason")),
        _attempt_key("reason", "decision"),
    )
    op.create_index(op.f("ix_reason_code"), "reason", ["code"])


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("request_id", short(64), nullable=False),
        sa.Column("method", short(64), nullable=False),
        sa.Column("fingerprint", DIGEST, nullable=False),
        sa.Column("answer", short(80)),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request")),
    )


def _attempt_columns() -> list[sa.Column[str] | sa.Column[int]]:
    return [
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("phase", NAME, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    ]


def _attempt_key(table: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_run_id_phase_attempt_{parent}")
    return sa.ForeignKeyConstraint(ATTEMPT, [f"{parent}.{column}" for column in ATTEMPT], name=name)


def _evidence_key(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["evidence.evidence_digest"], name=op.f(f"fk_{table}_{column}_evidence"))


def _protection(dialect: str) -> list[str]:
    """The triggers that make the database itself refuse to change what is finished."""
    match dialect:
        case "sqlite":
            return [
                *(_sqlite_frozen(table, action) for table in FROZEN for action in ("UPDATE", "DELETE")),
                *(_sqlite_closed(table) for table in CLOSED_WITH_THE_RUN),
                _sqlite_trigger(
                    "run_refuses_update", "BEFORE UPDATE ON run", f"OLD.state <> {RUNNING}", "an ended run is immutable"
                ),
                _sqlite_trigger("run_refuses_delete", "BEFORE DELETE ON run", "1", "runs are never deleted"),
                _sqlite_trigger(
                    "request_refuses_update",
                    "BEFORE UPDATE ON request",
                    "OLD.answer IS NOT NULL",
                    "an answered request is immutable",
                ),
            ]
        case "postgresql":
            return [
                POSTGRESQL_REFUSE,
                POSTGRESQL_REFUSE_UNLESS_RUNNING,
                *(
                    _postgresql_trigger(table, action.lower(), f"rows of {table} are immutable")
                    for table in FROZEN
                    for action in ("UPDATE", "DELETE", "TRUNCATE")
                ),
                *(_postgresql_closed(table) for table in CLOSED_WITH_THE_RUN),
                _postgresql_trigger("run", "update", "an ended run is immutable", f"OLD.state <> {RUNNING}"),
                _postgresql_trigger("run", "delete", "runs are never deleted"),
                _postgresql_trigger("run", "truncate", "runs are never deleted"),
                _postgresql_trigger("request", "update", "an answered request is immutable", "OLD.answer IS NOT NULL"),
            ]
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use PostgreSQL or SQLite")


def _sqlite_frozen(table: str, action: str) -> str:
    return _sqlite_trigger(
        f"{table}_refuses_{action.lower()}", f"BEFORE {action} ON {table}", "1", f"rows of {table} are immutable"
    )


def _sqlite_closed(table: str) -> str:
    running = f"SELECT 1 FROM run WHERE run.run_id = NEW.run_id AND run.state = {RUNNING}"
    return _sqlite_trigger(
        f"{table}_refuses_insert", f"BEFORE INSERT ON {table}", f"NOT EXISTS ({running})", "the run is not running"
    )


def _sqlite_trigger(name: str, event: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} {event} FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"


# The same class of error as a violated constraint. SQLite reports its triggers so, too.
POSTGRESQL_REFUSE = """
CREATE FUNCTION autopack_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
"""

# FOR SHARE waits for a transaction that is about to end the run, and looks again then.
POSTGRESQL_REFUSE_UNLESS_RUNNING = f"""
CREATE FUNCTION autopack_refuse_unless_running() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM run WHERE run.run_id = NEW.run_id AND run.state = {RUNNING} FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""


def _postgresql_trigger(table: str, action: str, message: str, condition: str = "true") -> str:
    """``condition`` is ignored for a whole table that is emptied: there are no rows to look at."""
    when = "FOR EACH STATEMENT" if action == "truncate" else f"FOR EACH ROW WHEN ({condition})"
    return (
        f"CREATE TRIGGER {table}_refuses_{action} BEFORE {action.upper()} ON {table} {when} "
        f"EXECUTE FUNCTION autopack_refuse('{message}')"
    )


def _postgresql_closed(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refuses_insert BEFORE INSERT ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION autopack_refuse_unless_running('the run is not running')"
    )
