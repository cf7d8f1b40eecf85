"""Take a builder or auditor result of the old shape into the store, whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from autopack_bridge.reading.attempt import Target, named_run
from autopack_bridge.reading.auditor import map_auditor
from autopack_bridge.reading.builder import map_builder
from autopack_bridge.reading.patches import ReadPatch
from autopack_bridge.reading.payload import Node, read_payload
from autopack_clients.store import StoreClient
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.builder_result.value import BuilderResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The attempt that a result belongs to; None for what the result says itself."""

    run_id: str | None
    phase: str | None
    attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Imports old results. Without ``record`` nothing is recorded."""

    store: StoreClient
    record: bool
    read_patch: ReadPatch

    def builder(self, data: bytes, destination: Destination) -> BuilderResult:
        """Map and record a builder result. Raises OldResultRefused, UnknownRun, ResultRefused, GitFailed."""
        payload = read_payload(data)
        result = map_builder(payload, self._target(payload, destination), self.read_patch)
        if self.record:
            self.store.record_builder_result(result)
        return result

    def auditor(self, data: bytes, destination: Destination) -> AuditorResult:
        """Map and record an auditor result. Raises OldResultRefused, UnknownRun, ResultRefused, GitFailed."""
        payload = read_payload(data)
        result = map_auditor(payload, self._target(payload, destination), self.read_patch)
        if self.record:
            self.store.record_auditor_result(result)
        return result

    def _target(self, payload: Mapping[str, Node], destination: Destination) -> Target:
        # The store says what the run is; a result may repeat it.
        run_id = named_run(payload) if destination.run_id is None else destination.run_id
        spec = self.store.run(run_id).spec
        return Target(spec=spec, phase=destination.phase, attempt=destination.attempt)
