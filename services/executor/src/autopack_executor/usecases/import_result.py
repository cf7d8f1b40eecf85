"""``autopack import-result``: take a builder or auditor result in the old shape into the store, whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from autopack_executor.domain.legacy.attempt import Target, named_run
from autopack_executor.domain.legacy.auditor import map_auditor
from autopack_executor.domain.legacy.builder import map_builder
from autopack_executor.domain.legacy.patches import ReadPatch
from autopack_executor.domain.legacy.payload import Node, read_payload
from autopack_executor.ports import ResultStore, RunStore
from autopack_results.auditor_result import AuditorResult
from autopack_results.builder_result import BuilderResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The attempt that a result belongs to, where the result does not say it itself."""

    run_id: str | None
    phase: str | None
    attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Imports old results. With ``results`` None nothing is recorded."""

    runs: RunStore
    results: ResultStore | None
    read_patch: ReadPatch

    def builder(self, data: bytes, destination: Destination) -> BuilderResult:
        """Map and record a builder result. Raises OldResultRefused, UnknownRun, ResultRefused, GitFailed."""
        payload = read_payload(data)
        result = map_builder(payload, self._target(payload, destination), self.read_patch)
        if self.results is not None:
            self.results.record_builder_result(result)
        return result

    def auditor(self, data: bytes, destination: Destination) -> AuditorResult:
        """Map and record an auditor result. Raises OldResultRefused, UnknownRun, ResultRefused, GitFailed."""
        payload = read_payload(data)
        result = map_auditor(payload, self._target(payload, destination), self.read_patch)
        if self.results is not None:
            self.results.record_auditor_result(result)
        return result

    def _target(self, payload: Mapping[str, Node], destination: Destination) -> Target:
        # What the run is, the store says: a result may repeat it.
        run_id = named_run(payload) if destination.run_id is None else destination.run_id
        spec = self.runs.run(run_id).spec
        return Target(spec=spec, phase=destination.phase, attempt=destination.attempt)
