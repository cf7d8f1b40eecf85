"""Calls of the store about runs and attempts."""

from typing import Final

import grpc

from autopack.store.v1 import (
    run_service_pb2,
    run_service_pb2_grpc,
)
from autopack_clients.calls import calling
from autopack_clients.errors import StoreNotFound, UnknownRun
from autopack_model.decision.value import Verdict
from autopack_model.decision.wire import verdict_to_wire
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunFailure, RunSpec, RunState, SideEvidence
from autopack_model.run.wire import (
    attempt_state_to_wire,
    run_failure_to_wire,
    run_from_wire,
    run_spec_to_wire,
    run_state_to_wire,
    side_evidence_to_wire,
)
from autopack_rpc.request_id import new_request_id

ATTACH_SECONDS: Final = 600.0
"""The store writes a row for each test that did not pass."""


class RunCalls:
    """Runs, attempts and what they rest on."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._runs = run_service_pb2_grpc.RunServiceStub(channel)

    def create_run(self, spec: RunSpec, attempt: AttemptRef) -> None:
        """Record a new run. Raises RunExists."""
        with calling(spec.run_id):
            self._runs.CreateRun(
                run_service_pb2.CreateRunRequest(
                    request_id=new_request_id(), spec=run_spec_to_wire(spec), attempt=attempt_ref_to_wire(attempt)
                )
            )

    def run(self, run_id: str) -> Run:
        """One run. Raises UnknownRun."""
        try:
            with calling(run_id):
                return run_from_wire(self._runs.GetRun(run_service_pb2.GetRunRequest(run_id=run_id)).run)
        except StoreNotFound as error:
            raise UnknownRun(f"there is no run {run_id}; 'autopack runs' lists them", subject=run_id) from error

    def runs(
        self,
        *,
        repository: str,
        limit: int,
        verdict: Verdict | None = None,
        created_from_ms: int | None = None,
        created_before_ms: int | None = None,
    ) -> tuple[Run, ...]:
        """The newest ``limit`` runs that the filters let through, newest first."""
        found: list[Run] = []
        token = ""
        while len(found) < limit:
            with calling(repository):
                page = self._runs.ListRuns(
                    run_service_pb2.ListRunsRequest(
                        page_size=min(limit - len(found), 500),
                        page_token=token,
                        repository=repository,
                        verdict=None if verdict is None else verdict_to_wire(verdict),
                        created_from_ms=created_from_ms,
                        created_before_ms=created_before_ms,
                    )
                )
            found.extend(run_from_wire(message) for message in page.runs)
            token = page.next_page_token
            if not token:
                break
        return tuple(found)

    def attach(self, attempt: AttemptRef, entry: SideEvidence) -> None:
        """Attach a side's evidence to an attempt."""
        with calling(str(attempt)):
            self._runs.AttachEvidence(
                run_service_pb2.AttachEvidenceRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    evidence=side_evidence_to_wire(entry),
                ),
                timeout=ATTACH_SECONDS,
            )

    def advance(self, attempt: AttemptRef, state: AttemptState) -> None:
        """Say how far an attempt is."""
        with calling(str(attempt)):
            self._runs.AdvanceAttempt(
                run_service_pb2.AdvanceAttemptRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    state=attempt_state_to_wire(state),
                )
            )

    def finish(self, run_id: str, state: RunState, failure: RunFailure | None) -> Run:
        """End a run; returns it as it ended."""
        with calling(run_id):
            answer = self._runs.FinishRun(
                run_service_pb2.FinishRunRequest(
                    request_id=new_request_id(),
                    run_id=run_id,
                    state=run_state_to_wire(state),
                    failure=None if failure is None else run_failure_to_wire(failure),
                )
            )
            return run_from_wire(answer.run)

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record what came of a decided attempt; whether the same request was answered before."""
        with calling(str(ref)):
            answer = self._runs.ConcludeAttempt(
                run_service_pb2.ConcludeAttemptRequest(
                    request_id=request_id, attempt=attempt_ref_to_wire(ref), state=attempt_state_to_wire(state)
                )
            )
        return answer.replayed
