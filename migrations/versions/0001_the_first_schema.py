"""The first schema: runs, attempts, evidence, baselines, changed files, decisions, requests.

Revision: 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIGEST = sa.String(71)
NAME = sa.String(63)
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
        sa.Column("repository", sa.Text, nullable=False),
        sa.Column("base_revision", sa.String(64)),
        sa.Column("base_tree", sa.String(64)),
        sa.Column("head_revision", sa.String(64), nullable=False),
        sa.Column("head_tree", sa.String(64), nullable=False),
        sa.Column("candidate", sa.SmallInteger, nullable=False),
        sa.Column("interpreter", sa.Text, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("setup", sa.Text),
        sa.Column("timeout_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger),
        sa.Column("failure_code", sa.String(64)),
        sa.Column("failure_message", sa.Text),
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
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("environment_fingerprint", DIGEST, nullable=False),
        sa.Column("command_digest", DIGEST, nullable=False),
        sa.Column("recorder_version", sa.String(64), nullable=False),
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
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("changed_files_digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, name=op.f("pk_changed_files")),
        _attempt_key("changed_files", "attempt"),
    )
    op.create_table(
        "changed_file",
        *_attempt_columns(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("old_path", sa.Text),
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
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("effect", sa.SmallInteger, nullable=False),
        sa.Column("subject_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*ATTEMPT, "position", name=op.f("pk_reason")),
        _attempt_key("reason", "decision"),
    )
    op.create_index(op.f("ix_reason_code"), "reason", ["code"])


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("fingerprint", DIGEST, nullable=False),
        sa.Column("answer", sa.String(80)),
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
        case _:
            raise NotImplementedError(f"the store has no triggers for {dialect}; use SQLite")


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
