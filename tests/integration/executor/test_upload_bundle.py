"""UploadBundle, and runs that name what was sent, over the wire."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as pb
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack_rpc.errors import RemoteError, remote_errors
from tests.builders import GitSandbox
from tests.e2e.gating import embedded_gates


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutorServiceStub]:
    """An executor."""
    with embedded_gates(tmp_path_factory.mktemp("home")) as gates:
        yield ExecutorServiceStub(gates.services.channels["executor"])


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    """A bundle of a repository that no other test has."""
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit({"test_it.py": f"def test_it():\n    pass\n# {tmp_path}\n"})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({"test_it.py": "def test_it():\n    assert False\n"})
    return sandbox.git_bytes("bundle", "create", "--quiet", "-", "--all")


def digest_of(data: bytes) -> str:
    """The digest of a bundle."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def start(data: bytes, request_id: str) -> pb.UploadBundleRequest:
    """The first message of an upload."""
    opening = pb.UploadBundleStart(request_id=request_id, bundle_digest=digest_of(data), size_bytes=len(data))
    return pb.UploadBundleRequest(start=opening)


def upload(executor: ExecutorServiceStub, *parts: pb.UploadBundleRequest) -> pb.UploadBundleResponse:
    """Send these messages."""
    with remote_errors():
        return executor.UploadBundle(iter(parts))


def run_request(**fields: str) -> pb.StartRunRequest:
    """A request to gate."""
    return pb.StartRunRequest(
        request_id=fields.pop("request_id"),
        run_id="",
        repository=fields.get("repository", ""),
        base=fields.get("base", ""),
        head=fields.get("head", "candidate"),
        interpreter=sys.executable,
        setup=None,
        timeout_ms=60_000,
        arguments=[],
        no_baseline=False,
        fresh_base=False,
        clone_url=fields.get("clone_url"),
        bundle_digest=fields.get("bundle_digest"),
        folder=None,
        variables=[],
        setup_variables=[],
        copies=[],
        before_side=None,
        after_side=None,
        configuration=None,
        policy=None,
        named_folder="",
    )


def test_an_upload_is_done_once(executor: ExecutorServiceStub, bundle: bytes) -> None:
    """The same request again is known, another finds the bundle present, the same id for another one is refused."""
    parts = (start(bundle, "up-1"), pb.UploadBundleRequest(chunk=bundle))

    first, again = upload(executor, *parts), upload(executor, *parts)
    other = upload(executor, start(bundle, "up-2"))
    with pytest.raises(RemoteError) as caught:
        upload(executor, start(b"another", "up-1"))

    assert [(False, False), (False, True), (True, False)] == [
        (answer.already_present, answer.replayed) for answer in (first, again, other)
    ]
    assert ["request_id"] == list(caught.value.violations)


def test_a_failed_upload_can_be_repeated_as_a_whole(executor: ExecutorServiceStub, bundle: bytes) -> None:
    """A request whose bundle was cut off is forgotten: the same one, whole, is done."""
    half = len(bundle) // 2
    with pytest.raises(RemoteError) as caught:
        upload(executor, start(bundle, "up-3"), pb.UploadBundleRequest(chunk=bundle[:half]))
    assert (grpc.StatusCode.INVALID_ARGUMENT, "BUNDLE_REFUSED") == (caught.value.code, caught.value.reason)

    halves = (pb.UploadBundleRequest(chunk=bundle[:half]), pb.UploadBundleRequest(chunk=bundle[half:]))
    assert not upload(executor, start(bundle, "up-3"), *halves).already_present


def test_runs_name_the_revisions_of_a_bundle(executor: ExecutorServiceStub, bundle: bytes) -> None:
    """A bundle with branches is gated by their names, against the merge-base with its main branch."""
    upload(executor, start(bundle, "up-4"), pb.UploadBundleRequest(chunk=bundle))
    request = run_request(request_id="run-1", repository="/srv/mine", bundle_digest=digest_of(bundle))
    with remote_errors():
        run_id = executor.StartRun(request).run_id
        *_, last = executor.WatchRun(pb.WatchRunRequest(run_id=run_id, with_report=False))

    assert ("/srv/mine", 1) == (last.run.spec.repository, len(last.run.attempts))
    assert last.run.attempts[0].decision_digest


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"repository": "/x", "bundle_digest": "sha256:" + "0" * 64}, grpc.StatusCode.NOT_FOUND, "send it again"),
        ({"clone_url": "https://host/x"}, grpc.StatusCode.INVALID_ARGUMENT, "AUTOPACK_CLONE_ALLOW"),
        ({"clone_url": "ext::sh -c true"}, grpc.StatusCode.INVALID_ARGUMENT, "clone_url: is not a URL"),
        ({"clone_url": "https://me:secret@host/x"}, grpc.StatusCode.INVALID_ARGUMENT, "user or password"),
        ({"clone_url": "https://host/x", "repository": "/x"}, grpc.StatusCode.INVALID_ARGUMENT, "together with"),
        (
            {"clone_url": "https://host/x", "bundle_digest": "sha256:" + "0" * 64},
            grpc.StatusCode.INVALID_ARGUMENT,
            "together with",
        ),
    ],
)
def test_sources_that_cannot_be_opened(
    executor: ExecutorServiceStub, fields: dict[str, str], code: grpc.StatusCode, said: str
) -> None:
    """A source that is not there, not allowed or not clear is refused, and no secret is repeated."""
    with pytest.raises(RemoteError, match=said) as caught, remote_errors():
        executor.StartRun(run_request(request_id=f"bad-{code.name}-{len(str(fields))}", **fields))

    assert code is caught.value.code
    assert "secret" not in caught.value.message


def test_edits_lie_on_the_executors_machine_only(executor: ExecutorServiceStub) -> None:
    """The checkout of a bundle or a clone has no edits: asking for them names the field."""
    request = run_request(request_id="edits", clone_url="https://host/x")
    request.worktree.SetInParent()
    with pytest.raises(RemoteError) as caught, remote_errors():
        executor.StartRun(request)
    assert ["clone_url"] == list(caught.value.violations)
