"""A bundle is kept once, however often it is sent."""

import threading

import pytest

from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.upload_bundle import UploadBundle
from autopack_model.bundle.value import BundleUpload
from autopack_model.errors import Cancelled
from tests.fakes.gate import Machine

BUNDLE = BundleUpload(digest="sha256:" + "a" * 64, size_bytes=2)
HERE = threading.Event()


def test_a_bundle_is_kept(machine: Machine) -> None:
    """A new bundle is kept; its request is not sent again, and another one finds it there."""
    upload = UploadBundle(sources=machine.sources, requests=RequestMemory())
    answers = [upload(request_id, BUNDLE, iter([b"a", b"b"]), HERE) for request_id in ("one", "one", "two")]
    assert [(False, False), (False, True), (True, False)] == answers
    assert ({BUNDLE.digest: b"ab"}, 2) == (machine.sources.bundles, len(machine.calls.names))


def test_a_bundle_whose_sender_has_gone_is_not_kept(machine: Machine) -> None:
    """When the sender goes, nothing is kept, and the request can be sent again."""
    upload = UploadBundle(sources=machine.sources, requests=RequestMemory())
    gone = threading.Event()
    gone.set()
    with pytest.raises(Cancelled):
        upload("one", BUNDLE, iter([b"a", b"b"]), gone)
    assert {} == machine.sources.bundles
    assert (False, False) == upload("one", BUNDLE, iter([b"a", b"b"]), HERE)
