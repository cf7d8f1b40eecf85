"""Calls of the store about baselines."""

import grpc

from autopack.store.v1 import (
    baseline_service_pb2,
    baseline_service_pb2_grpc,
)
from autopack_clients.calls import calling
from autopack_model.baseline.value import BaselineKey
from autopack_model.baseline.wire import baseline_key_to_wire
from autopack_model.fields import given
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire


class BaselineCalls:
    """Which evidence is the baseline of a key."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._baselines = baseline_service_pb2_grpc.BaselineServiceStub(channel)

    def find_baseline(self, key: BaselineKey) -> str | None:
        """Digest of the evidence that is the baseline of ``key``, if there is one."""
        with calling(key.tree):
            found = self._baselines.FindBaseline(
                baseline_service_pb2.FindBaselineRequest(key=baseline_key_to_wire(key))
            )
        return given(found.HasField("evidence_digest"), found.evidence_digest)

    def list_retries(self, evidence_digest: str, attempt: AttemptRef) -> tuple[str, ...]:
        """Digests of the retries that other attempts than this one made of a suite run, oldest first."""
        request = baseline_service_pb2.ListRetriesRequest(
            evidence_digest=evidence_digest, attempt=attempt_ref_to_wire(attempt)
        )
        with calling(evidence_digest):
            return tuple(self._baselines.ListRetries(request).evidence_digests)
