"""A service that does what the request says, for tests of what every service has around it.

As a program (``python scripted.py ADDRESS DRAIN_SECONDS FOLDER``) it is a deployed one: it prints where it listens. In
``FOLDER`` a call named ``wait`` leaves the file ``begun`` and goes on when there is a file ``go``; an upload leaves
``taken``.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import grpc
import structlog

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.gatekeeper.v1 import gatekeeper_service_pb2_grpc
from autopack.results.v1 import decision_pb2, identity_pb2
from autopack.store.v1 import evidence_service_pb2 as evidence_pb
from autopack.store.v1 import evidence_service_pb2_grpc
from autopack_rpc.logs import configure_logs
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import Lifetime, Registration, serving
from autopack_rpc.server.stopping import leave, on_stop_signal
from tests.fakes.incomplete import incomplete

DOMAIN = "scripted.autopack"
GATEKEEPER = "autopack.gatekeeper.v1.GatekeeperService"
EVIDENCE = "autopack.store.v1.EvidenceService"
TOKENS = Tokens(secrets={role: f"{role.value}-secret-0123456789" for role in Role})
ACCESS = Access(tokens=TOKENS, roles={})
ANSWER = decision_pb2.VERDICT_ALLOW


class Scripted(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Concludes as the id of the request says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def Conclude(self, request: pb.ConcludeRequest, context: grpc.ServicerContext) -> pb.ConcludeResponse:
        """Answer, wait, log something, or fail."""
        match request.request_id:
            case "wait":
                (self._folder / "begun").touch()
                gate = threading.Event()
                while not (self._folder / "go").exists():
                    gate.wait(0.05)
            case "log":
                structlog.get_logger(DOMAIN).warning("something happened")
            case "bug":
                raise ZeroDivisionError
            case _:
                pass
        return incomplete(pb.ConcludeResponse, verdict=ANSWER)

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> Iterator[pb.DecideResponse]:
        """Never called."""
        raise NotImplementedError

    def ListNewlyBad(
        self, request: pb.ListNewlyBadRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ListNewlyBadResponse]:
        """Never called."""
        raise NotImplementedError

    def PlanCrossSide(
        self, request: pb.PlanCrossSideRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.PlanCrossSideResponse]:
        """Never called."""
        raise NotImplementedError

    def Replay(self, request: pb.ReplayRequest, context: grpc.ServicerContext) -> pb.ReplayResponse:
        """Never called."""
        raise NotImplementedError

    def WhatIf(self, request: pb.WhatIfRequest, context: grpc.ServicerContext) -> Iterator[pb.WhatIfResponse]:
        """Never called."""
        raise NotImplementedError

    def DecideAnew(self, request: pb.DecideAnewRequest, context: grpc.ServicerContext) -> pb.DecideAnewResponse:
        """Never called."""
        raise NotImplementedError


class Taking(evidence_service_pb2_grpc.EvidenceServiceServicer):
    """Takes uploads to their end; the file ``taken`` is there when the first part has come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def UploadEvidence(
        self, request_iterator: Iterator[evidence_pb.UploadEvidenceRequest], context: grpc.ServicerContext
    ) -> evidence_pb.UploadEvidenceResponse:
        """Read all parts."""
        for _ in request_iterator:
            (self._folder / "taken").touch()
        return incomplete(evidence_pb.UploadEvidenceResponse)

    def GetUpload(
        self, request: evidence_pb.GetUploadRequest, context: grpc.ServicerContext
    ) -> evidence_pb.GetUploadResponse:
        """Never called."""
        raise NotImplementedError

    def FindTestSet(
        self, request: evidence_pb.FindTestSetRequest, context: grpc.ServicerContext
    ) -> evidence_pb.FindTestSetResponse:
        """Never called."""
        raise NotImplementedError

    def DownloadEvidence(
        self, request: evidence_pb.DownloadEvidenceRequest, context: grpc.ServicerContext
    ) -> Iterator[evidence_pb.DownloadEvidenceResponse]:
        """Never called."""
        raise NotImplementedError


def services(folder: Path) -> Mapping[str, Registration]:
    """What is served."""
    return {
        GATEKEEPER: lambda server: gatekeeper_service_pb2_grpc.add_GatekeeperServiceServicer_to_server(
            Scripted(folder), server
        ),
        EVIDENCE: lambda server: evidence_service_pb2_grpc.add_EvidenceServiceServicer_to_server(
            Taking(folder), server
        ),
    }


def asked(what: str) -> pb.ConcludeRequest:
    """A request to do ``what``."""
    attempt = identity_pb2.AttemptRef(run_id="run-7", phase="gate", attempt=3)
    return pb.ConcludeRequest(request_id=what, attempt=attempt)


def main() -> int:
    """Serve until a signal comes."""
    address, drain_s, folder = sys.argv[1:]
    configure_logs()
    stopped = on_stop_signal()
    lifetime = Lifetime.deployed(float(drain_s))
    with serving(
        address,
        services(Path(folder)),
        domain=DOMAIN,
        distribution="autopack-proto",
        errors={},
        access=ACCESS,
        lifetime=lifetime,
    ) as bound:
        print(bound, flush=True)
        stopped()
    return 0


if __name__ == "__main__":
    leave(main())
