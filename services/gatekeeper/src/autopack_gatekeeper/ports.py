"""What the use cases need from the outside, as Protocols. Implementations live in ``adapters`` and say how.

Every method but those of ``Baselines`` raises StoreUnavailable, DamagedAnswer, and RemoteError with what the store
refused.
"""

from dataclasses import dataclass
from typing import Protocol

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt


class EvidenceSource(Protocol):
    """Where the inputs of a decision come from."""

    def evidence(self, evidence_digest: str) -> Evidence:
        """The evidence with this digest. Whoever decides on it compares the digest: see ``usecases.decide``."""

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of an attempt, None when none were recorded."""


class Baselines(Protocol):
    """Base sides that were assessed before: many candidates are compared with one."""

    def side(self, evidence_digest: str) -> AssessedSide | None:
        """The side whose evidence came to this digest, if it is still there."""

    def keep(self, side: AssessedSide) -> None:
        """Take note of a side that may be asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Whether this very decision was there already, and whether the answer is the first one given again."""

    already_present: bool
    replayed: bool


class DecisionStore(Protocol):
    """Where decisions are kept: one per attempt, for ever."""

    def record(self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str) -> Recorded:
        """Record the attempt's decision."""

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt."""


class AttemptStore(Protocol):
    """Where attempts live, and what their auditors said."""

    def attempt(self, ref: AttemptRef) -> Attempt:
        """The attempt as the store knows it."""

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """What the auditor of an attempt said."""

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record what came of a decided attempt; returns whether the answer is the first one given again.

        Raises Overtaken when decision and auditor, as the store has them now, come to another state; nothing of the
        request is kept then.
        """
