"""The schema: tables, and the triggers that make the database itself refuse to change what is finished.

Revision: 0001, after nothing.
"""

import uuid
from collections.abc import Mapping
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def short(length: int) -> sa.String:
    """Ordered by code point on PostgreSQL too, where the order depends on the database otherwise."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


# Of values of any kind, since they stand in one list.
Kind: TypeAlias = sa.types.TypeEngine[Any]

TEXT: Kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL: Kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
DIGEST: Kind = short(71)
NAME: Kind = short(63)
CODE: Kind = short(64)
SMALL: Kind = sa.SmallInteger()
INTEGER: Kind = sa.Integer()
BIG: Kind = sa.BigInteger()
FLAG: Kind = sa.Boolean()
BLOB: Kind = sa.LargeBinary()
JSON: Kind = sa.JSON()

ATTEMPT = {"run_id": NAME, "phase": NAME, "attempt": INTEGER}
SUITE_RUN = {**ATTEMPT, "side": SMALL, "retry": SMALL}
OF_ATTEMPT, OF_SUITE_RUN, OF_EVIDENCE = (*ATTEMPT,), (*SUITE_RUN,), ("evidence_digest",)

KEYS: dict[str, tuple[str, ...]] = {}
"""The primary key of each table, in the order in which they are made."""

IMMUTABLE = "rows of {table} are immutable"
ONLY_ADVANCES = "an attempt only advances, and a finished one is immutable"
NOT_FOUNDED = "an attempt is concluded as its decision and its auditor come to"

NOT_FROZEN = ("run", "attempt", "request", "upload_chunk", "retention")
"""Tables whose rows change, each by rules of its own."""

NOT_COLLECTED = ("request", "upload_chunk", "database_identity", "retention")
"""Tables whose rows do not go in a pass of retention alone: anybody may remove them, or nobody."""

REPEATED = ("run", "test_set", "test_set_block", "evidence", "baseline", "request")
"""Tables into which the store inserts what may be there already, and then goes on."""

CONTENTS = ("attempt_evidence", "changed_files", "decision")
"""Tables that take no more rows of an ended run, and none of a finished attempt."""

RESULTS = ("builder_result", "auditor_result")

RUNNING, FIRST_FINAL = 1, 6
STEPS = {1: (2, 3, 10, 11), 2: (3, 10, 11), 3: (4, 10, 11), 4: (5, 6, 7, 8, 9, 10, 11), 5: (6, 7, 8, 9, 10, 11)}
"""The states that may follow each state of an attempt; from FIRST_FINAL on there are none."""


def same(table: str, columns: tuple[str, ...] = OF_ATTEMPT) -> str:
    """The condition that a row of ``table`` has the key of the one that is written."""
    return " AND ".join(f"{table}.{column} = NEW.{column}" for column in columns)


NO_ADVANCE = (
    "NEW.run_id <> OLD.run_id OR NEW.phase <> OLD.phase OR NEW.attempt <> OLD.attempt OR NOT COALESCE(CASE OLD.state "
    + " ".join(f"WHEN {state} THEN NEW.state IN {following}" for state, following in STEPS.items())
    + " ELSE FALSE END, FALSE)"
)

CONCLUSION = f"""
(SELECT CASE WHEN decision.verdict <> 1 THEN decision.verdict + 5
    ELSE CASE COALESCE(
        (SELECT recommendation FROM auditor_result WHERE {same("auditor_result")}), 1
    ) WHEN 2 THEN 7 WHEN 3 THEN 9 ELSE 6 END END
FROM decision WHERE {same("decision")})
"""
"""What decision and auditor come to: the verdict's state, but for an ALLOW that the auditor makes stricter."""

UNFOUNDED = f"NEW.state IN (6, 7, 8, 9) AND NEW.state <> COALESCE({CONCLUSION}, 0)"
ENDED = f"NOT EXISTS (SELECT 1 FROM run WHERE run.run_id = NEW.run_id AND run.state = {RUNNING})"
FINISHED = f"NOT EXISTS (SELECT 1 FROM attempt WHERE {same('attempt')} AND attempt.state < {FIRST_FINAL})"
IN_PROGRESS = "EXISTS (SELECT 1 FROM retention WHERE retention.unfinished IS NOT NULL)"


def upgrade() -> None:
    _runs()
    _evidence()
    _contents()
    _operations()
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)
    identity = sa.table("database_identity", sa.column("identity", sa.String))
    op.execute(identity.insert().values(identity=str(uuid.uuid4())))


def downgrade() -> None:
    raise NotImplementedError("there is no older schema; restore a backup instead")


def _table(
    name: str,
    key: tuple[str, ...],
    columns: Mapping[str, Kind],
    *constraints: sa.Constraint,
    nullable: tuple[str, ...] = (),
    numbered: str = "",
    indexes: tuple[tuple[str, ...], ...] = (),
    with_rowid: bool = True,
) -> None:
    """Make a table; the database itself gives the numbers of the column ``numbered``."""
    KEYS[name] = key
    op.create_table(
        name,
        *(
            sa.Column(column, kind, *([sa.Identity()] if column == numbered else []), nullable=column in nullable)
            for column, kind in columns.items()
        ),
        *constraints,
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=with_rowid,
    )
    for index in indexes:
        op.create_index(op.f(f"ix_{name}_{'_'.join(index)}"), name, [*index])


def _refers(
    name: str, columns: tuple[str, ...], parent: str, targets: tuple[str, ...] | None = None, *, deferred: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns,
        [f"{parent}.{column}" for column in targets or columns],
        name=op.f(f"fk_{name}_{'_'.join(columns)}_{parent}"),
        deferrable=deferred or None,
        initially="DEFERRED" if deferred else None,
    )


def _runs() -> None:
    _table(
        "run",
        ("run_id",),
        {
            "run_id": NAME,
            "repository": TEXT,
            **dict.fromkeys(("base_revision", "base_tree", "head_revision", "head_tree"), CODE),
            "candidate": SMALL,
            "interpreter": TEXT,
            "arguments": JSON,
            "setup": TEXT,
            "timeout_ms": BIG,
            "run_type": SMALL,
            "allowed_paths": JSON,
            "patch_fixes": JSON,
            "folder": TEXT,
            "variables": JSON,
            "setup_variables": JSON,
            "copies": JSON,
            "before_side": TEXT,
            "after_side": TEXT,
            "state": SMALL,
            "created_at_ms": BIG,
            "finished_at_ms": BIG,
            "failure_code": CODE,
            "failure_message": TEXT,
        },
        nullable=(
            *("base_revision", "base_tree", "setup", "before_side", "after_side"),
            *("finished_at_ms", "failure_code", "failure_message"),
        ),
        indexes=(("created_at_ms", "run_id"),),
    )
    # A path may be longer than what an ordinary index of PostgreSQL takes.
    op.create_index(op.f("ix_run_repository"), "run", ["repository"], postgresql_using="hash")
    phase = {"run_id": NAME, "phase": NAME}
    _table("phase", (*phase,), {**phase, "position": INTEGER}, _refers("phase", ("run_id",), "run"))
    _table("attempt", OF_ATTEMPT, {**ATTEMPT, "state": SMALL}, _refers("attempt", (*phase,), "phase"))


def _evidence() -> None:
    digest = ("test_set_digest",)
    _table("test_set", digest, {"test_set_digest": DIGEST, "test_count": INTEGER})
    block = {"test_set_digest": DIGEST, "position": INTEGER, "first_index": INTEGER, "first_id": TEXT, "test_ids": BLOB}
    _table("test_set_block", (*digest, "position"), block, _refers("test_set_block", digest, "test_set"))
    blobs = ("suite_run", "collectors", "states", "durations", "reruns", "details")
    _table(
        "evidence",
        OF_EVIDENCE,
        {
            **dict.fromkeys(("evidence_digest", "facts_digest", "test_set_digest"), DIGEST),
            **dict.fromkeys(blobs, BLOB),
            "created_at_ms": BIG,
        },
        _refers("evidence", digest, "test_set"),
        indexes=(digest,),
    )
    key = {
        "tree": CODE,
        "environment_fingerprint": DIGEST,
        "command_digest": DIGEST,
        "recorder_version": CODE,
        "number": INTEGER,
    }
    _table(
        "baseline",
        (*key,),
        {**key, "evidence_digest": DIGEST, "created_at_ms": BIG},
        _refers("baseline", OF_EVIDENCE, "evidence"),
        indexes=(OF_EVIDENCE,),
    )


def _contents() -> None:
    _table(
        "attempt_evidence",
        OF_SUITE_RUN,
        {**SUITE_RUN, "evidence_digest": DIGEST, "reused": FLAG},
        _refers("attempt_evidence", OF_ATTEMPT, "attempt"),
        _refers("attempt_evidence", OF_EVIDENCE, "evidence"),
        indexes=(OF_EVIDENCE,),
    )
    _table(
        "measurement",
        ("measurement_id",),
        {"measurement_id": SERIAL, "repository_key": BIG, **SUITE_RUN, "tree": CODE},
        _refers("measurement", OF_SUITE_RUN, "attempt_evidence"),
        sa.UniqueConstraint(*OF_SUITE_RUN, name=op.f("uq_measurement_run_id_phase_attempt_side_retry")),
        numbered="measurement_id",
        indexes=(("repository_key", "measurement_id"),),
    )
    outcome = {"outcome_key": BIG, "state": SMALL, "measurement_id": BIG}
    _table("outcome", (*outcome,), outcome, with_rowid=False)
    _table(
        "changed_files",
        OF_ATTEMPT,
        {**ATTEMPT, "status": SMALL, "problem": TEXT, "findings_problem": TEXT, "changed_files_digest": DIGEST},
        _refers("changed_files", OF_ATTEMPT, "attempt"),
    )
    lines = dict.fromkeys(("lines_added", "lines_removed"), BIG)
    _table(
        "changed_file",
        (*OF_ATTEMPT, "position"),
        {
            **ATTEMPT,
            "position": INTEGER,
            "path": TEXT,
            "old_path": TEXT,
            "kind": SMALL,
            **lines,
            "is_binary": FLAG,
            "parts": TEXT,
            "called_by": TEXT,
        },
        _refers("changed_file", OF_ATTEMPT, "changed_files"),
        nullable=("old_path", *lines, "parts", "called_by"),
    )
    facts = {"path": TEXT, "name": TEXT, "digest": DIGEST, "setting": DIGEST, "uses": TEXT, "checks": BIG}
    facts |= {"shape": DIGEST, "contains": TEXT}
    _table(
        "test_function",
        (*OF_ATTEMPT, "position"),
        {**ATTEMPT, "position": INTEGER, "side": SMALL, **facts},
        _refers("test_function", OF_ATTEMPT, "changed_files"),
    )
    place = {"path": TEXT, "line": BIG, "test": TEXT, "before": TEXT, "after": TEXT}
    _table(
        "finding",
        (*OF_ATTEMPT, "position"),
        {**ATTEMPT, "position": INTEGER, "rule": SMALL, **place},
        _refers("finding", OF_ATTEMPT, "changed_files"),
    )
    sides = ("base_evidence_digest", "head_evidence_digest", "cross_evidence_digest", "reverse_evidence_digest")
    cited = dict.fromkeys(sides, DIGEST)
    _table(
        "decision",
        OF_ATTEMPT,
        {
            **ATTEMPT,
            "decision_digest": DIGEST,
            "verdict": SMALL,
            "severity": SMALL,
            **cited,
            "record": BLOB,
            "record_digest": DIGEST,
            "terms": BLOB,
            "created_at_ms": BIG,
        },
        _refers("decision", OF_ATTEMPT, "attempt"),
        *(_refers("decision", (column,), "evidence", OF_EVIDENCE) for column in cited),
        nullable=("base_evidence_digest", "cross_evidence_digest", "reverse_evidence_digest"),
        indexes=tuple((column,) for column in cited),
    )
    _table(
        "reason",
        (*OF_ATTEMPT, "position"),
        {**ATTEMPT, "position": INTEGER, "code": CODE, "effect": SMALL, "subject_count": INTEGER},
        _refers("reason", OF_ATTEMPT, "decision"),
        indexes=(("code",),),
    )
    numbered = {**ATTEMPT, "number": INTEGER}
    further = {"verdict": SMALL, "record": BLOB, "record_digest": DIGEST, "terms": BLOB, "name": TEXT}
    answered = {"answer": SMALL, "decision_digest": DIGEST, "name": TEXT, "reason": TEXT}
    for name, columns in (("further_decision", {"decision_digest": DIGEST, **further}), ("approval", answered)):
        _table(
            name,
            (*numbered,),
            {**numbered, **columns, "created_at_ms": BIG},
            _refers(name, OF_ATTEMPT, "decision"),
        )
    for table, said in zip(RESULTS, ("status", "recommendation"), strict=True):
        columns = {**ATTEMPT, "result_digest": DIGEST, said: SMALL, "record": BLOB, "created_at_ms": BIG}
        _table(table, OF_ATTEMPT, columns, _refers(table, OF_ATTEMPT, "attempt"))


def _operations() -> None:
    request = {"request_id": CODE, "method": CODE, "fingerprint": DIGEST, "answer": short(80), "created_at_ms": BIG}
    _table("request", ("request_id",), request, nullable=("answer",))
    chunk = {
        "request_id": CODE,
        "position": INTEGER,
        "evidence_digest": DIGEST,
        "chunk": BLOB,
        "created_at_ms": BIG,
    }
    _table("upload_chunk", ("request_id", "position"), chunk)
    _table("database_identity", ("identity",), {"identity": short(36)})
    _table(
        "retention",
        ("retention_id",),
        {
            "retention_id": CODE,
            **dict.fromkeys(("started_at_ms", "finished_at_ms", "cutoff_ms"), BIG),
            "keep_runs": INTEGER,
            "removed": JSON,
            # Refers to a row that there never is, until the pass is finished: no transaction that leaves it so can
            # commit.
            "unfinished": CODE,
        },
        _refers("retention", ("unfinished",), "retention", ("retention_id",), deferred=True),
        sa.CheckConstraint("retention_id <> 'unfinished'", name=op.f("ck_retention_id")),
        sa.CheckConstraint("unfinished = 'unfinished'", name=op.f("ck_retention_unfinished")),
        nullable=("finished_at_ms", "unfinished"),
        indexes=(("unfinished",),),
    )


def _said_of_deletion(table: str) -> str:
    return "runs are never deleted" if table == "run" else IMMUTABLE.format(table=table)


def _sqlite() -> list[str]:
    """SQLite's REPLACE deletes a row without asking the triggers: it is refused, or the row that is there is left."""

    def trigger(table: str, refuses: str, event: str, condition: str, said: str) -> str:
        act = f"RAISE(ABORT, '{said}')" if said else "RAISE(IGNORE)"
        return (
            f"CREATE TRIGGER {table}_refuses_{refuses} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
            f"BEGIN SELECT {act}; END"
        )

    return [
        *(trigger(table, "insert", "INSERT", ENDED, "the run is not running") for table in CONTENTS),
        *(
            trigger(
                table,
                "replacement",
                "INSERT",
                f"EXISTS (SELECT 1 FROM {table} WHERE {same(table, key)})",
                "" if table in REPEATED else IMMUTABLE.format(table=table),
            )
            for table, key in KEYS.items()
            if table != "upload_chunk"
        ),
        *(trigger(table, "insert", "INSERT", FINISHED, "the attempt is finished") for table in RESULTS),
        *(trigger(table, "finished", "INSERT", FINISHED, "the attempt is finished") for table in CONTENTS),
        *(trigger(*rule) for rule in _updates("1")),
        *(
            trigger(table, "delete", "DELETE", f"NOT {IN_PROGRESS}", _said_of_deletion(table))
            for table in KEYS
            if table not in NOT_COLLECTED
        ),
        *(
            trigger(table, "delete", "DELETE", "1", _said_of_deletion(table))
            for table in ("database_identity", "retention")
        ),
        trigger("attempt", "conclusion", "UPDATE", UNFOUNDED, NOT_FOUNDED),
    ]


def _postgresql() -> list[str]:
    """There is TRUNCATE besides, and a function for each kind of refusal."""

    def trigger(table: str, refuses: str, event: str, each: str, call: str) -> str:
        return (
            f"CREATE TRIGGER {table}_refuses_{refuses} BEFORE {event} ON {table} FOR EACH {each} "
            f"EXECUTE FUNCTION autopack_{call}"
        )

    return [
        *FUNCTIONS,
        *(
            trigger(table, "insert", "INSERT", "ROW", "refuse_unless_running('the run is not running')")
            for table in CONTENTS
        ),
        *(
            trigger(table, refuses, "INSERT", "ROW", "refuse_unless_unfinished('the attempt is finished')")
            for refuses, tables in (("insert", RESULTS), ("finished", CONTENTS))
            for table in tables
        ),
        *(
            trigger(table, refuses, event, f"ROW WHEN ({condition})", f"refuse('{said}')")
            for table, refuses, event, condition, said in _updates("true")
        ),
        # Once for all the rows of a statement: there may be millions.
        *(
            trigger(table, "delete", "DELETE", "STATEMENT", f"refuse_unless_retention('{_said_of_deletion(table)}')")
            for table in KEYS
            if table not in NOT_COLLECTED
        ),
        *(
            trigger(table, "delete", "DELETE", "ROW", f"refuse('{_said_of_deletion(table)}')")
            for table in ("database_identity", "retention")
        ),
        *(
            trigger(table, "truncate", "TRUNCATE", "STATEMENT", f"refuse('{_said_of_deletion(table)}')")
            for table in KEYS
            if table not in ("request", "upload_chunk")
        ),
        trigger("attempt", "conclusion", "UPDATE", "ROW", "refuse_unfounded()"),
    ]


def _updates(always: str) -> list[tuple[str, str, str, str, str]]:
    """What changes of rows are refused: table, name, event, condition, what is said."""
    return [
        *(
            (table, "update", "UPDATE", always, IMMUTABLE.format(table=table))
            for table in KEYS
            if table not in NOT_FROZEN
        ),
        ("run", "update", "UPDATE", f"OLD.state <> {RUNNING}", "an ended run is immutable"),
        ("attempt", "update", "UPDATE", NO_ADVANCE, ONLY_ADVANCES),
        ("request", "update", "UPDATE", "OLD.answer IS NOT NULL", "an answered request is immutable"),
        ("retention", "update", "UPDATE", "OLD.unfinished IS NULL", IMMUTABLE.format(table="retention")),
    ]


def function(name: str, body: str) -> str:
    """A trigger's function. What it raises is the same class of error as a violated constraint, as on SQLite."""
    return f"CREATE FUNCTION autopack_{name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n{body}\nEND $$\n"


REFUSE = "RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';"

# FOR SHARE waits for a transaction that is about to end the run or the attempt, and looks again then.
FUNCTIONS = (
    function("refuse", f"    {REFUSE}"),
    function(
        "refuse_unless_running",
        f"""    PERFORM FROM run WHERE run.run_id = NEW.run_id AND run.state = {RUNNING} FOR SHARE;
    IF NOT FOUND THEN
        {REFUSE}
    END IF;
    RETURN NEW;""",
    ),
    function(
        "refuse_unless_unfinished",
        f"""    PERFORM FROM attempt WHERE {same("attempt")} AND attempt.state < {FIRST_FINAL} FOR SHARE;
    IF NOT FOUND THEN
        {REFUSE}
    END IF;
    RETURN NEW;""",
    ),
    function(
        "refuse_unfounded",
        f"""    IF {UNFOUNDED} THEN
        {REFUSE.replace("TG_ARGV[0]", f"'{NOT_FOUNDED}'")}
    END IF;
    RETURN NEW;""",
    ),
    function(
        "refuse_unless_retention",
        f"""    IF NOT {IN_PROGRESS} THEN
        {REFUSE}
    END IF;
    RETURN NULL;""",
    ),
)
