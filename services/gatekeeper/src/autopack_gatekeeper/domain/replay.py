"""Replay: derive a recorded decision again from stored evidence, and compare."""

from dataclasses import dataclass

from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.policy import Policy
from autopack_gatekeeper.domain.waivers import Waivers
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A decision that was derived again, beside the digest of the recorded one."""

    recorded_digest: str
    derived_digest: str
    derived: Decision

    @property
    def agrees(self) -> bool:
        """Whether the same inputs gave the same decision."""
        return self.recorded_digest == self.derived_digest


def rederive(
    recorded_digest: str,
    *,
    base: Evidence | None,
    head: Evidence,
    changed_files: ChangedFiles,
    policy: Policy,
    waivers: Waivers,
) -> Replay:
    """Decide again from the same inputs. Raises as ``decide``."""
    derived = decide(base, head, changed_files, policy, waivers)
    return Replay(recorded_digest=recorded_digest, derived_digest=decision_digest(derived), derived=derived)
