"""Runs and attempts in SQL."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, insert, or_, select, update

from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import (
    Attempt,
    CandidateKind,
    PatchFix,
    Run,
    RunFailure,
    RunSpec,
    RunState,
    RunType,
    SideEvidence,
)
from autopack_model.suite_run.value import Tree
from autopack_store.database.attempt_key import attempt_row, is_attempt
from autopack_store.database.insertion import insert_new
from autopack_store.errors import damaged
from autopack_store.runs.ending import Ending
from autopack_store.runs.page import Page, RunFilter
from autopack_store.schema.tables.decisions import approval, auditor_result, builder_result, decision, further_decision
from autopack_store.schema.tables.evidence import attempt_evidence
from autopack_store.schema.tables.runs import attempt, phase
from autopack_store.schema.tables.runs import run as table


class SqlRunStore:
    """A run with its phases, attempts and attached evidence."""

    def __init__(self, connection: Connection, *, locking: bool) -> None:
        """``locking`` keeps the rows that are read as they are until the end of the transaction."""
        self._connection = connection
        self._locking = locking

    def add(self, spec: RunSpec, first: AttemptRef, created_at_ms: int) -> bool:
        """Add a run with its first attempt; False when the run id is taken."""
        row = {
            "run_id": spec.run_id,
            "repository": spec.repository,
            "base_revision": None if spec.base is None else spec.base.revision,
            "base_tree": None if spec.base is None else spec.base.tree,
            "head_revision": spec.head.revision,
            "head_tree": spec.head.tree,
            "candidate": spec.candidate,
            "interpreter": spec.interpreter,
            "arguments": list(spec.arguments),
            "setup": spec.setup,
            "timeout_ms": spec.timeout_ms,
            "run_type": spec.run_type,
            "allowed_paths": list(spec.allowed_paths),
            "patch_fixes": list(spec.patch_fixes),
            "folder": spec.folder,
            "variables": list(spec.variables),
            "setup_variables": list(spec.setup_variables),
            "copies": list(spec.copies),
            "before_side": spec.before_side,
            "after_side": spec.after_side,
            "state": RunState.RUNNING,
            "created_at_ms": created_at_ms,
        }
        if not insert_new(self._connection, table, row):
            return False
        self._connection.execute(insert(phase).values({"run_id": first.run_id, "phase": first.phase, "position": 1}))
        self._connection.execute(insert(attempt).values(attempt_row(first) | {"state": AttemptState.QUEUED}))
        return True

    def get(self, run_id: str) -> Run | None:
        """The run, if there is one. In a writing unit of work it stays as it is until the end of it."""
        query = select(table).where(table.c.run_id == run_id)
        # SQLite locks the whole database and leaves FOR UPDATE out.
        found = self._connection.execute(query.with_for_update() if self._locking else query).all()
        return self._assembled(found)[0] if found else None

    def page(self, page: Page) -> tuple[Run, ...]:
        """Up to ``page.size + 1`` runs, newest first, then by run id: one more than asked for says that there is
        another page.
        """
        query = select(table).order_by(table.c.created_at_ms.desc(), table.c.run_id).limit(page.size + 1)
        query = query.where(*_conditions(page.only))
        if page.after is not None:
            older = table.c.created_at_ms < page.after.created_at_ms
            beside = and_(table.c.created_at_ms == page.after.created_at_ms, table.c.run_id > page.after.run_id)
            query = query.where(or_(older, beside))
        return self._assembled(self._connection.execute(query).all())

    def attach(self, ref: AttemptRef, evidence: SideEvidence) -> None:
        """Attach the evidence of one suite run of a side to an attempt that has none of it."""
        row = {
            "side": evidence.side,
            "retry": evidence.retry,
            "evidence_digest": evidence.evidence_digest,
            "reused": evidence.reused,
        }
        self._connection.execute(insert(attempt_evidence).values(attempt_row(ref) | row))

    def advance(self, ref: AttemptRef, state: AttemptState) -> None:
        """Put an attempt that is not finished into a later state."""
        self._connection.execute(update(attempt).where(is_attempt(attempt, ref)).values(state=state))

    def finish(self, run_id: str, ending: Ending, finished_at_ms: int) -> None:
        """End a run that is RUNNING."""
        failure = ending.failure
        self._connection.execute(
            update(table)
            .where(table.c.run_id == run_id)
            .values(
                state=ending.state,
                finished_at_ms=finished_at_ms,
                failure_code=None if failure is None else failure.code,
                failure_message=None if failure is None else failure.message,
            )
        )

    def _assembled(self, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[Run, ...]:
        run_ids = [row.run_id for row in rows]
        try:
            attempts = self._attempts(run_ids)
            return tuple(_run(row, tuple(attempts[row.run_id])) for row in rows)
        except (InvalidValue, ValueError) as error:
            raise damaged(f"runs {', '.join(run_ids[:5])}", str(error)) from error

    def _attempts(self, run_ids: list[str]) -> dict[str, list[Attempt]]:
        evidence: dict[AttemptRef, list[SideEvidence]] = defaultdict(list)
        attached = select(attempt_evidence).where(attempt_evidence.c.run_id.in_(run_ids))
        for row in self._connection.execute(attached.order_by(attempt_evidence.c.side, attempt_evidence.c.retry)):
            evidence[_ref(row)].append(
                SideEvidence(
                    side=Side(row.side), evidence_digest=row.evidence_digest, reused=row.reused, retry=row.retry
                )
            )
        further = self._further(run_ids)
        approvals = self._approvals(run_ids)
        query = (
            select(
                attempt,
                decision.c.verdict,
                decision.c.decision_digest,
                builder_result.c.result_digest.label("builder_result_digest"),
                auditor_result.c.result_digest.label("auditor_result_digest"),
            )
            .join(phase, and_(attempt.c.run_id == phase.c.run_id, attempt.c.phase == phase.c.phase))
            .outerjoin(decision, _of_same_attempt(decision))
            .outerjoin(builder_result, _of_same_attempt(builder_result))
            .outerjoin(auditor_result, _of_same_attempt(auditor_result))
            .where(attempt.c.run_id.in_(run_ids))
            .order_by(attempt.c.run_id, phase.c.position, attempt.c.attempt)
        )
        attempts: dict[str, list[Attempt]] = defaultdict(list)
        for row in self._connection.execute(query):
            ref = _ref(row)
            attempts[ref.run_id].append(
                Attempt(
                    ref=ref,
                    state=AttemptState(row.state),
                    evidence=tuple(evidence[ref]),
                    verdict=None if row.verdict is None else Verdict(row.verdict),
                    decision_digest=row.decision_digest,
                    builder_result_digest=row.builder_result_digest,
                    auditor_result_digest=row.auditor_result_digest,
                    further_decisions=tuple(further[ref]),
                    approvals=tuple(approvals[ref]),
                )
            )
        return attempts

    def _further(self, run_ids: list[str]) -> dict[AttemptRef, list[FurtherDecision]]:
        found: dict[AttemptRef, list[FurtherDecision]] = defaultdict(list)
        at = further_decision.c
        small = ("run_id", "phase", "attempt", "number", "decision_digest", "verdict", "name", "created_at_ms")
        query = select(*(at[column] for column in small))
        for row in self._connection.execute(query.where(at.run_id.in_(run_ids)).order_by(at.number)):
            found[_ref(row)].append(
                FurtherDecision(
                    number=row.number,
                    decision_digest=row.decision_digest,
                    verdict=Verdict(row.verdict),
                    name=row.name,
                    at_ms=row.created_at_ms,
                )
            )
        return found

    def _approvals(self, run_ids: list[str]) -> dict[AttemptRef, list[Approval]]:
        found: dict[AttemptRef, list[Approval]] = defaultdict(list)
        query = select(approval).where(approval.c.run_id.in_(run_ids)).order_by(approval.c.number)
        for row in self._connection.execute(query):
            found[_ref(row)].append(
                Approval(
                    answer=Answer(row.answer),
                    decision_digest=row.decision_digest,
                    name=row.name,
                    reason=row.reason,
                    at_ms=row.created_at_ms,
                )
            )
        return found


def _of_same_attempt(table: Table) -> ColumnElement[bool]:
    return and_(*(attempt.c[name] == table.c[name] for name in ("run_id", "phase", "attempt")))


def _ref(row: Row[tuple[object, ...]]) -> AttemptRef:
    return AttemptRef(run_id=row.run_id, phase=row.phase, attempt=row.attempt)


def _run(row: Row[tuple[object, ...]], attempts: tuple[Attempt, ...]) -> Run:
    return Run(
        spec=RunSpec(
            run_id=row.run_id,
            repository=row.repository,
            base=None if row.base_revision is None else Tree(revision=row.base_revision, tree=row.base_tree),
            head=Tree(revision=row.head_revision, tree=row.head_tree),
            candidate=CandidateKind(row.candidate),
            interpreter=row.interpreter,
            arguments=tuple(row.arguments),
            setup=row.setup,
            timeout_ms=row.timeout_ms,
            run_type=RunType(row.run_type),
            allowed_paths=tuple(row.allowed_paths),
            patch_fixes=tuple(PatchFix(fix) for fix in row.patch_fixes),
            folder=row.folder,
            variables=tuple(row.variables),
            setup_variables=tuple(row.setup_variables),
            copies=tuple(row.copies),
            before_side=row.before_side,
            after_side=row.after_side,
        ),
        state=RunState(row.state),
        created_at_ms=row.created_at_ms,
        finished_at_ms=row.finished_at_ms,
        failure=None if row.failure_code is None else RunFailure.of(row.failure_code, row.failure_message),
        attempts=attempts,
    )


def _conditions(only: RunFilter) -> Iterator[ColumnElement[bool]]:
    if only.repository:
        yield table.c.repository == only.repository
    if only.created_from_ms is not None:
        yield table.c.created_at_ms >= only.created_from_ms
    if only.created_before_ms is not None:
        yield table.c.created_at_ms < only.created_before_ms
    if only.verdict is not None:
        # A run that failed or was cancelled after its decision has no verdict.
        yield table.c.state.not_in((RunState.FAILED, RunState.CANCELLED))
        place = select(phase.c.position).where(phase.c.run_id == decision.c.run_id, phase.c.phase == decision.c.phase)
        newest = (
            select(decision.c.verdict)
            .where(decision.c.run_id == table.c.run_id)
            .order_by(place.scalar_subquery().desc(), decision.c.attempt.desc())
            .limit(1)
        )
        yield newest.scalar_subquery() == only.verdict
