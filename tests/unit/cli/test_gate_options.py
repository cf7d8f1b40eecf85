"""What the options of `autopack gate` ask for."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_cli.config import Addresses, CommandSettings, settings_from
from autopack_cli.gating.request import GateOptions, asked
from autopack_cli.given_tests import GivenTests
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.patch.value import MAX_PATCH_BYTES

TESTS = GivenTests(timeout="1.5s")
OPTIONS = GateOptions(
    repo=".",
    mounted=False,
    base=None,
    head="candidate",
    patch=None,
    patch_fix=False,
    worktree=False,
    tests=TESTS,
    json=None,
    run_id=None,
    no_baseline=False,
    fresh_base=False,
    policy=None,
    addresses=Addresses(),
)
LOCAL = settings_from({"AUTOPACK_HOME": "/home", "PATH": ""})
REMOTE = settings_from({"AUTOPACK_HOME": "/home", "PATH": "", "AUTOPACK_EXECUTOR_ADDRESS": "host:1"})


def test_the_request_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository and the interpreter become absolute paths; the rest stays as it was given."""
    monkeypatch.chdir(tmp_path)
    tests = replace(TESTS, python="bin/python", arguments=("-k", ""))
    request = asked(replace(OPTIONS, tests=tests, no_baseline=True), LOCAL).request

    assert (tmp_path.resolve(), tmp_path / "bin/python") == (request.repository, request.options.interpreter)
    assert (("-k", ""), 1500, True) == (request.options.arguments, request.options.timeout_ms, request.no_baseline)
    assert (CommitCandidate(revision="candidate"), None) == (request.candidate, request.clone_url)


def test_a_url_is_cloned_by_the_executor() -> None:
    """A URL is not a path of this machine."""
    request = asked(replace(OPTIONS, repo="https://host/a"), REMOTE).request

    assert (None, "https://host/a") == (request.repository, request.clone_url)


def test_candidates(tmp_path: Path) -> None:
    """A candidate is a commit, the content of a patch file, or the uncommitted edits."""
    patch = tmp_path / "patch"
    patch.write_bytes(b"diff --git a/x b/x\n")

    wanted = asked(replace(OPTIONS, head=None, patch=str(patch), patch_fix=True), LOCAL)
    digest = f"sha256:{hashlib.sha256(patch.read_bytes()).hexdigest()}"
    assert (PatchCandidate(digest=digest, fix=True), patch.read_bytes()) == (wanted.request.candidate, wanted.patch)
    assert WorktreeCandidate() == asked(replace(OPTIONS, head=None, worktree=True), LOCAL).request.candidate


def test_a_patch_has_a_size_limit(tmp_path: Path) -> None:
    """A patch of 64 MiB is taken; a larger one is refused, with the advice to commit it."""
    patch = tmp_path / "patch"
    patch.write_bytes(b"#" * MAX_PATCH_BYTES)
    asked(replace(OPTIONS, head=None, patch=str(patch)), LOCAL)
    patch.write_bytes(b"#" * (MAX_PATCH_BYTES + 1))
    with pytest.raises(BadRequest, match="more than 64 MiB; commit the change and gate the commit"):
        asked(replace(OPTIONS, head=None, patch=str(patch)), LOCAL)


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        (LOCAL, replace(OPTIONS, worktree=True), "exactly one of --head REV, --patch FILE and --worktree"),
        (LOCAL, replace(OPTIONS, patch_fix=True), "name the patch with --patch"),
        (LOCAL, replace(OPTIONS, head=None), "exactly one of --head REV, --patch FILE and --worktree"),
        (LOCAL, replace(OPTIONS, head=""), "--head is empty"),
        (LOCAL, replace(OPTIONS, repo=""), "--repo is empty"),
        (LOCAL, replace(OPTIONS, json=""), "--json is empty"),
        (LOCAL, replace(OPTIONS, base="\udcff"), "is not UTF-8"),
        (LOCAL, replace(OPTIONS, tests=replace(TESTS, arguments=("\udcff",))), "a pytest argument"),
        (LOCAL, replace(OPTIONS, mounted=True), "name the executor with --executor"),
        (REMOTE, replace(OPTIONS, mounted=True), "--mounted needs --repo with the absolute path"),
        (REMOTE, replace(OPTIONS, tests=replace(TESTS, python="python3")), "is not an absolute path"),
        (LOCAL, replace(OPTIONS, head=None, patch="/nowhere/patch"), "cannot be read: No such file"),
        (LOCAL, replace(OPTIONS, head=None, patch="/dev/null"), "is empty; there is nothing to gate"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: CommandSettings, options: GateOptions, message: str) -> None:
    """Options that contradict each other, that are empty or that no message can carry are refused by name."""
    with pytest.raises(BadRequest) as caught:
        asked(options, settings)
    assert message in caught.value.message
