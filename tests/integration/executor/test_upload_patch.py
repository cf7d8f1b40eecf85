"""UploadPatch over the wire, and the patches that an executor keeps for runs."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as pb
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack_executor.errors import PatchMissing
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.patches import KEEP_S, ReceivedPatches
from autopack_model.patch.value import PatchUpload
from autopack_rpc.errors import RemoteError, remote_errors
from tests.e2e.gating import embedded_gates
from tests.e2e.small_disk import may_mount, small_disk

PATCH = b"x" * 3_000_000
HERE = threading.Event()


def digest_of(data: bytes) -> str:
    """The digest of a patch."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def parts_of(data: bytes, request_id: str, *, announced: bytes | None = None) -> list[pb.UploadPatchRequest]:
    """The messages of an upload of ``data``, which the first one announces as ``announced``."""
    said = data if announced is None else announced
    start = pb.UploadPatchStart(request_id=request_id, patch_digest=digest_of(said), size_bytes=len(said))
    chunks = [data[begin : begin + 500_000] for begin in range(0, len(data), 500_000)]
    return [pb.UploadPatchRequest(start=start), *(pb.UploadPatchRequest(chunk=chunk) for chunk in chunks)]


@contextmanager
def executor_at(home: Path) -> Iterator[ExecutorServiceStub]:
    """An executor."""
    with embedded_gates(home) as gates:
        yield ExecutorServiceStub(gates.services.channels["executor"])


def upload(executor: ExecutorServiceStub, parts: list[pb.UploadPatchRequest]) -> tuple[bool, bool]:
    """Send these messages; whether the patch was there, and whether the request came before."""
    with remote_errors():
        answer = executor.UploadPatch(iter(parts))
    return answer.already_present, answer.replayed


def test_an_upload_is_kept_once_and_whole(tmp_path: Path) -> None:
    """What broke off or has another digest is refused and leaves nothing; the same request, whole, is done, once."""
    home = tmp_path / "home"
    with executor_at(home) as executor:
        for parts in (parts_of(PATCH, "one")[:-2], parts_of(b"y" * len(PATCH), "one", announced=PATCH)):
            with pytest.raises(RemoteError, match="send the patch again") as caught:
                upload(executor, parts)
            assert (grpc.StatusCode.INVALID_ARGUMENT, "PATCH_REFUSED") == (caught.value.code, caught.value.reason)
            assert [] == list((home / "patches").iterdir())
        answers = [upload(executor, parts_of(PATCH, request_id)) for request_id in ("one", "one", "two")]

    assert [(False, False), (False, True), (True, False)] == answers


def test_a_patch_is_dropped_after_a_day(tmp_path: Path) -> None:
    """A patch is read for a day after it was sent last; then the message says to send it again."""
    kept = tmp_path / "patches" / digest_of(PATCH)[7:]
    moment = [0.0]
    patches = ReceivedPatches(Home(tmp_path), lambda: moment[0])
    sent = PatchUpload(digest=digest_of(PATCH), size_bytes=len(PATCH))
    assert not patches.receive(sent, iter([PATCH]), cancel=HERE)
    came = kept.stat().st_mtime

    moment[0] = came + KEEP_S
    assert () == patches.drop_unused()
    assert PATCH == patches.read(sent.digest)
    moment[0] = came + KEEP_S + 1
    assert (kept.name,) == patches.drop_unused()
    with pytest.raises(PatchMissing, match="send it again"):
        patches.read(sent.digest)


def test_a_damaged_patch_is_not_read(tmp_path: Path) -> None:
    """A patch that changed on the disk is no candidate."""
    patches = ReceivedPatches(Home(tmp_path))
    sent = PatchUpload(digest=digest_of(PATCH), size_bytes=len(PATCH))
    patches.receive(sent, iter([PATCH]), cancel=HERE)
    (tmp_path / "patches" / sent.digest[7:]).write_bytes(PATCH[1:])
    with pytest.raises(PatchMissing, match="damaged"):
        patches.read(sent.digest)


@may_mount
def test_the_disk_is_full_while_a_patch_comes(tmp_path: Path) -> None:
    """The sender is told that the executor's disk is at fault; the same request is done when there is disk space."""
    home = tmp_path / "home"
    with small_disk(home, 24) as disk, executor_at(home) as executor:
        first, *chunks = parts_of(PATCH, "one")

        def filling() -> Iterator[pb.UploadPatchRequest]:
            yield first
            yield chunks[0]
            disk.fill()
            yield from chunks[1:]

        said = "No space left on device; check the executor's disk"
        with pytest.raises(RemoteError, match=said) as caught, remote_errors():
            executor.UploadPatch(filling())
        assert (grpc.StatusCode.INTERNAL, "EXECUTOR_ERROR") == (caught.value.code, caught.value.reason)
        assert [] == list((home / "patches").iterdir())
        disk.free()
        assert (False, False) == upload(executor, [first, *chunks])
