"""The gatekeeper's messages as domain values and back. Every reader names the field that it refuses."""

from collections.abc import Sequence

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack_gatekeeper.domain.replay import Replay
from autopack_gatekeeper.usecases.conclude import Concluded
from autopack_gatekeeper.usecases.decide_anew import DecideAnew, DecidedAnew
from autopack_gatekeeper.usecases.decide_attempt import DecideAttempt
from autopack_gatekeeper.usecases.list_newly_bad import ListNewlyBad
from autopack_gatekeeper.usecases.plan_cross_side import PlanCrossSide
from autopack_model.approval.value import check_person
from autopack_model.auditor_result.wire import recommendation_to_wire
from autopack_model.decision.value import MAX_RETRIES
from autopack_model.decision.wire import verdict_to_wire
from autopack_model.digest import check_digest
from autopack_model.fields import given, require
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_model.policy.waiver import MAX_WAIVERS
from autopack_model.policy.wire import day_from_wire, terms_from_wire, waiver_from_wire
from autopack_model.text import check_count
from autopack_rpc.request_id import check_request_id


def decide_request_from_wire(message: pb.DecideRequest) -> DecideAttempt:
    """What is to be decided. Raises InvalidValue."""
    require(message, "terms", "terms")
    return DecideAttempt(
        request_id=check_request_id(message.request_id),
        attempt=attempt_ref_from_wire(message.attempt),
        base_evidence_digest=given(
            message.HasField("base_evidence_digest"),
            message.base_evidence_digest,
            lambda digest: check_digest(digest, "base_evidence_digest"),
        ),
        head_evidence_digest=check_digest(message.head_evidence_digest, "head_evidence_digest"),
        base_retry_digests=_retry_digests(message.base_retry_digests, "base_retry_digests"),
        head_retry_digests=_retry_digests(message.head_retry_digests, "head_retry_digests"),
        cross_evidence_digest=given(
            message.HasField("cross_evidence_digest"),
            message.cross_evidence_digest,
            lambda digest: check_digest(digest, "cross_evidence_digest"),
        ),
        cross_retry_digests=_retry_digests(message.cross_retry_digests, "cross_retry_digests"),
        reverse_evidence_digest=given(
            message.HasField("reverse_evidence_digest"),
            message.reverse_evidence_digest,
            lambda digest: check_digest(digest, "reverse_evidence_digest"),
        ),
        conclude=message.conclude,
        terms=terms_from_wire(message.terms),
    )


def _retry_digests(digests: Sequence[str], path: str) -> tuple[str, ...]:
    check_count(digests, path, most=MAX_RETRIES)
    return tuple(check_digest(digest, path) for digest in digests)


def list_newly_bad_from_wire(message: pb.ListNewlyBadRequest) -> ListNewlyBad:
    """What is to be compared. Raises InvalidValue."""
    return ListNewlyBad(
        attempt=attempt_ref_from_wire(message.attempt),
        base_evidence_digest=check_digest(message.base_evidence_digest, "base_evidence_digest"),
        head_evidence_digest=check_digest(message.head_evidence_digest, "head_evidence_digest"),
    )


def plan_cross_side_from_wire(message: pb.PlanCrossSideRequest) -> PlanCrossSide:
    """What is to be planned. Raises InvalidValue."""
    require(message, "terms", "terms")
    return PlanCrossSide(
        attempt=attempt_ref_from_wire(message.attempt),
        base_evidence_digest=check_digest(message.base_evidence_digest, "base_evidence_digest"),
        head_evidence_digest=check_digest(message.head_evidence_digest, "head_evidence_digest"),
        terms=terms_from_wire(message.terms),
        base_retry_digests=_retry_digests(message.base_retry_digests, "base_retry_digests"),
        head_retry_digests=_retry_digests(message.head_retry_digests, "head_retry_digests"),
    )


def decide_anew_from_wire(message: pb.DecideAnewRequest) -> DecideAnew:
    """What is to be decided anew. Raises InvalidValue."""
    check_count(message.waivers, "waivers", most=MAX_WAIVERS)
    return DecideAnew(
        request_id=check_request_id(message.request_id),
        attempt=attempt_ref_from_wire(message.attempt),
        waivers=tuple(waiver_from_wire(each) for each in message.waivers),
        day=day_from_wire(message.day, "day"),
        name=check_person(message.name, "name"),
    )


def decided_anew_to_wire(decided: DecidedAnew) -> pb.DecideAnewResponse:
    """The message of a decision that was made anew."""
    return pb.DecideAnewResponse(
        number=decided.number, verdict=verdict_to_wire(decided.verdict), decision_digest=decided.digest
    )


def concluded_to_wire(concluded: Concluded) -> pb.ConcludeResponse:
    """The message of a conclusion."""
    recommendation = concluded.recommendation
    return pb.ConcludeResponse(
        verdict=verdict_to_wire(concluded.verdict),
        recommendation=None if recommendation is None else recommendation_to_wire(recommendation),
        replayed=concluded.replayed,
    )


def replay_to_wire(replay: Replay) -> pb.ReplayResponse:
    """The message of a decision that was derived again."""
    return pb.ReplayResponse(
        recorded_digest=replay.recorded_digest, derived_digest=replay.derived_digest, differing=replay.differing
    )
