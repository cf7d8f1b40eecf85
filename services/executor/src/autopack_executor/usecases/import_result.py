"""``autopack import-result``: take a builder or auditor result in the old shape into the store, whole or not at all."""

from dataclasses import dataclass

from autopack_executor.domain.legacy.attempt import Target
from autopack_executor.domain.legacy.auditor import map_auditor
from autopack_executor.domain.legacy.builder import map_builder
from autopack_executor.domain.legacy.patches import ReadPatch
from autopack_executor.domain.legacy.payload import read_payload
from autopack_executor.ports import ResultStore, RunStore
from autopack_results.auditor_result import AuditorResult
from autopack_results.builder_result import BuilderResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The run that a result belongs to, and its attempt where the result does not say it itself."""

    run_id: str
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
        result = map_builder(payload, self._target(destination), self.read_patch)
        if self.results is not None:
            self.results.record_builder_result(result)
        return result

    def auditor(self, data: bytes, destination: Destination) -> AuditorResult:
        """Map and record an auditor result. Raises OldResultRefused, UnknownRun, ResultRefused, GitFailed."""
        payload = read_payload(data)
        result = map_auditor(payload, self._target(destination), self.read_patch)
        if self.results is not None:
            self.results.record_auditor_result(result)
        return result

    def _target(self, destination: Destination) -> Target:
        # The run is the store's: a result may repeat what it is, never say it.
        spec = self.runs.run(destination.run_id).spec
        return Target(spec=spec, phase=destination.phase, attempt=destination.attempt)
