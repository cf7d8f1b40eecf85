"""Uploads through the whole store behind a real socket."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice

import grpc
from sqlalchemy import URL, Engine, func, select

from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub, add_EvidenceServiceServicer_to_server
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.errors import remote_errors
from autopack_rpc.roles import Role, Tokens, credentials
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import serving
from autopack_store.access import DOMAIN, ERRORS, ROLES
from autopack_store.config import StoreSettings
from autopack_store.evidence.rpc import EvidenceServicer
from autopack_store.schema.tables.evidence import evidence
from autopack_store.schema.tables.upkeep import upload_chunk
from autopack_store.server import store_server
from autopack_store.unit_of_work import Clock, Database
from tests.storage.databases import full_address

TOKENS = Tokens.generate()
PLAIN = (credentials(TOKENS.of(Role.EXECUTOR)),)
"""What a caller without a channel of ours says to be let in."""

REQUEST = "upload-1"
PATIENCE_SECONDS = 30


@contextlib.contextmanager
def connected(url: URL) -> Iterator[grpc.Channel]:
    """A store on the database, and the executor's channel to it."""
    with _store(url) as address, channel(address, token=TOKENS.of(Role.EXECUTOR)) as opened:
        yield opened


@contextlib.contextmanager
def _store(url: URL) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        settings = StoreSettings(
            database_url=full_address(url), address=f"unix:{folder}/socket", tokens=TOKENS, bootstrap=False
        )
        with store_server(settings) as address:
            yield address


@contextlib.contextmanager
def served(url: URL) -> Iterator[EvidenceServiceStub]:
    """A store on the database, and the executor's stub to it."""
    with connected(url) as opened:
        yield EvidenceServiceStub(opened)


@contextlib.contextmanager
def served_plainly(url: URL) -> Iterator[EvidenceServiceStub]:
    """A store on the database, and a stub whose channel adds nothing: no end to a stream, and no token (``PLAIN``)."""
    with _store(url) as address, grpc.insecure_channel(address) as plain:
        yield EvidenceServiceStub(plain)


@contextlib.contextmanager
def served_from(database: Database, clock: Clock) -> Iterator[EvidenceServiceStub]:
    """The store's servicer of evidence on ``database``, and the executor's stub to it, which asks once."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        servicer = EvidenceServicer(database, clock)
        service = {
            "autopack.store.v1.EvidenceService": lambda server: add_EvidenceServiceServicer_to_server(servicer, server)
        }
        access = Access(tokens=TOKENS, roles=ROLES)
        with (
            serving(
                f"unix:{folder}/socket",
                service,
                domain=DOMAIN,
                distribution="autopack-store",
                errors=ERRORS,
                access=access,
            ) as address,
            channel(address, token=TOKENS.of(Role.EXECUTOR), patience=ONCE) as opened,
        ):
            yield EvidenceServiceStub(opened)


class Broken(Exception):
    """What breaks a stream off on its caller's side."""


def upload(
    store: EvidenceServiceStub,
    sent: Evidence,
    *,
    kept: int | None = None,
    until: int | None = None,
    when: Callable[[], bool] = lambda: True,
    digest: str | None = None,
    request_id: str = REQUEST,
    named: str | None = None,
    breaking: bool = True,
    metadata: tuple[tuple[str, str], ...] = (),
) -> pb.UploadEvidenceResponse:
    """Send the chunks behind the ``kept`` ones; the stream breaks before the chunk numbered ``until``, ``when`` it is
    time, or just stops there.
    """

    def parts() -> Iterator[pb.UploadEvidenceRequest]:
        yield pb.UploadEvidenceRequest(
            start=pb.UploadEvidenceStart(
                request_id=request_id,
                evidence_digest=digest or evidence_digest(sent),
                kept_chunks=kept,
                test_set_digest=named,
                attempt_side=None,
                baseline_key=None,
                replaces_baseline=False,
            )
        )
        for chunk in islice(evidence_chunks(sent, with_test_ids=named is None), kept or 0, until):
            yield pb.UploadEvidenceRequest(chunk=chunk)
        if until is not None and breaking:
            _wait_for(when)
            raise Broken

    with remote_errors():
        return store.UploadEvidence(parts(), metadata=metadata)


def _wait_for(condition: Callable[[], bool]) -> None:
    # A stream that is broken off takes along what was not read of it yet.
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {PATIENCE_SECONDS} s")
        time.sleep(0.01)


def progress(store: EvidenceServiceStub, sent: Evidence, request_id: str = REQUEST) -> pb.GetUploadResponse:
    """What the store keeps."""
    with remote_errors():
        return store.GetUpload(pb.GetUploadRequest(request_id=request_id, evidence_digest=evidence_digest(sent)))


def stored(store: EvidenceServiceStub, digest: str) -> Evidence:
    """The evidence as the store gives it back."""
    with remote_errors():
        parts = store.DownloadEvidence(pb.DownloadEvidenceRequest(evidence_digest=digest))
        return evidence_from_chunks(part.chunk for part in parts)


def rows(engine: Engine) -> tuple[int, int]:
    """How many chunks of uploads and how many evidences there are."""
    with engine.connect() as connection:
        return (
            connection.scalar(select(func.count()).select_from(upload_chunk)) or 0,
            connection.scalar(select(func.count()).select_from(evidence)) or 0,
        )
