"""What may be asked of the executor."""

from dataclasses import replace
from pathlib import Path

import pytest

from autopack_model.errors import InvalidValue
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest

DIGEST = "sha256:" + "a" * 64
MOUNTED = GateRequest(
    run_id=None,
    repository=Path("/repository"),
    base=None,
    candidate=CommitCandidate(revision="HEAD"),
    options=TestOptions(interpreter=None, arguments=(), setup=None, timeout_ms=1000),
    no_baseline=False,
)


def test_a_repository_has_one_source() -> None:
    """A mounted one, a bundle or a URL: any other combination is refused, naming the field."""
    clone = replace(MOUNTED, repository=None, clone_url="https://host/a")
    bundle = replace(MOUNTED, bundle_digest=DIGEST)
    assert [True, False, False] == [request.mounted for request in (MOUNTED, clone, bundle)]
    for original, change, field in (
        (MOUNTED, {"repository": None}, "repository"),
        (MOUNTED, {"clone_url": "https://host/a"}, "repository"),
        (bundle, {"clone_url": "https://host/a"}, "clone_url"),
        (bundle, {"repository": None}, "repository"),
        (bundle, {"bundle_digest": "sha1:a"}, "bundle_digest"),
    ):
        with pytest.raises(InvalidValue) as caught:
            replace(original, **change)
        assert field == caught.value.path
    for original, field in ((bundle, "bundle_digest"), (clone, "clone_url")):
        with pytest.raises(InvalidValue) as caught:
            replace(original, candidate=WorktreeCandidate())
        assert field == caught.value.path
