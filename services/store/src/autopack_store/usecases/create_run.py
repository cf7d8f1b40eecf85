"""Record a new run with its first attempt."""

from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import RunSpec, check_size
from autopack_store.domain.errors import AlreadyExists
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.mutation import mutate


def create_run(database: Database, clock: Clock, request_id: str, spec: RunSpec, first: AttemptRef) -> Answer:
    """Record the run. Raises InvalidValue, AlreadyExists, RequestReused."""
    request = Request.of("CreateRun", request_id, check_size(spec), first)
    if first.run_id != spec.run_id:
        raise InvalidValue("attempt.run_id", f"{first.run_id} is not the run of the spec, {spec.run_id}")

    def work(store: UnitOfWork) -> str:
        if not store.runs.add(spec, first, clock()):
            raise AlreadyExists(f"the run id {spec.run_id} is taken; choose another one", subject=spec.run_id)
        return "created"

    return mutate(database, request, work)
