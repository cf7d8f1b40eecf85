"""A bundle that finds the executor's disk full: a failure that says so, nothing half written, and no blame."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as pb
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.sources import RepositorySources, SourceLimits
from autopack_git.errors import GitFailed
from autopack_model.bundle.value import BundleUpload
from autopack_model.errors import BadRequest
from autopack_rpc.errors import RemoteError, remote_errors
from tests.builders import GitSandbox
from tests.e2e.gating import embedded_gates
from tests.e2e.small_disk import may_mount, small_disk

DISK_MB = 24
FOR_GIT = 512 * 1024
"""Workspace for an empty repository, not for the bundle's objects."""


def large_bundle(folder: Path) -> bytes:
    """A bundle of some megabytes that nothing makes smaller."""
    sandbox = GitSandbox(folder)
    sandbox.commit({"large": os.urandom(3_000_000)})
    return sandbox.git_bytes("bundle", "create", "--quiet", "-", "--all")


def digest_of(data: bytes) -> str:
    """The digest of a bundle."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def left(home: Path) -> list[str]:
    """What lies where bundles are kept, and where they wait to be deleted."""
    return sorted(str(path.relative_to(home)) for name in ("sources", "trash") for path in (home / name).iterdir())


@contextmanager
def executor_at(home: Path) -> Iterator[ExecutorServiceStub]:
    """An executor."""
    with embedded_gates(home) as gates:
        yield ExecutorServiceStub(gates.services.channels["executor"])


@may_mount
def test_the_disk_is_full_while_a_bundle_comes(tmp_path: Path) -> None:
    """The sender is told that the executor's disk is at fault, nothing of the bundle stays, and the same request is
    done when there is workspace again.
    """
    bundle = large_bundle(tmp_path / "repository")
    half = len(bundle) // 2
    home = tmp_path / "home"
    start = pb.UploadBundleStart(request_id="up-1", bundle_digest=digest_of(bundle), size_bytes=len(bundle))

    with small_disk(home, DISK_MB) as disk, executor_at(home) as executor:

        def parts(*, fill: bool) -> Iterator[pb.UploadBundleRequest]:
            yield pb.UploadBundleRequest(start=start)
            for begin, end in ((0, half), (half, len(bundle))):
                for position in range(begin, end, 500_000):
                    yield pb.UploadBundleRequest(chunk=bundle[position : min(position + 500_000, end)])
                if fill and begin == 0:
                    disk.fill()

        with pytest.raises(RemoteError) as caught, remote_errors():
            executor.UploadBundle(parts(fill=True))
        assert (grpc.StatusCode.INTERNAL, "EXECUTOR_ERROR") == (caught.value.code, caught.value.reason)
        assert "No space left on device; check the executor's disk" in caught.value.message
        assert digest_of(bundle) == caught.value.subject
        assert [] == left(home)

        disk.free()
        with remote_errors():
            answer = executor.UploadBundle(parts(fill=False))
        assert (False, False) == (answer.already_present, answer.replayed)
        assert [f"sources/bundle-{digest_of(bundle)[7:]}"] == left(home)


@may_mount
def test_the_disk_is_full_while_a_bundle_is_unpacked(tmp_path: Path) -> None:
    """A bundle that came as a whole and cannot be unpacked for want of disk space is not called a bad one, and goes."""
    bundle = large_bundle(tmp_path / "repository")
    upload = BundleUpload(digest=digest_of(bundle), size_bytes=len(bundle))
    home, never = tmp_path / "home", threading.Event()

    with small_disk(home, DISK_MB) as disk:
        sources = RepositorySources(Home(home), SourceLimits())

        def whole() -> Iterator[bytes]:
            yield bundle
            disk.fill()
            os.truncate(disk.root / "filling", (disk.root / "filling").stat().st_size - FOR_GIT)

        with pytest.raises(
            GitFailed, match=r"(?s)could not be unpacked: .*No space left.*; check the executor's"
        ) as full:
            sources.receive(upload, whole(), cancel=never)
        assert not isinstance(full.value, BadRequest)
        assert [] == left(home)

        disk.free()
        assert not sources.receive(upload, iter([bundle]), cancel=never)
