"""Both sides are equal but for the candidate, whoever gates and whenever: whole gates of real suites."""

import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.identity.value import Side
from tests.builders import GitSandbox
from tests.e2e.gating import codes, embedded_gates, verdict

PASSING = "def test_it():\n    pass\n"


@pytest.fixture
def repository(tmp_path: Path) -> GitSandbox:
    """A repository whose branch ``main`` has a passing test."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"test_it.py": PASSING})
    return repository


def _text_change(repository: GitSandbox, name: str) -> str:
    """A commit on the checked out branch that changes a text."""
    return repository.commit({"NOTES.md": f"{name}\n"})


def _base_reused(gated: FullReport) -> bool:
    base = gated.report.attempt.side(Side.BASE)
    assert base is not None
    return base.reused


def test_a_head_is_the_base_of_the_next_gate(repository: GitSandbox, tmp_path: Path) -> None:
    """A chain of gates measures each commit once, and a fresh base is measured all the same."""
    commits = [repository.git("rev-parse", "HEAD"), *(_text_change(repository, name) for name in "abc")]
    with embedded_gates(tmp_path / "home") as gates:
        chain = [
            gates.gate(repository.root, base=base, candidate=CommitCandidate(revision=head))
            for base, head in pairwise(commits)
        ]
        fresh = gates.gate(
            repository.root, base=commits[2], candidate=CommitCandidate(revision=commits[3]), fresh_base=True
        )

    assert ["ALLOW"] * 4 == [verdict(gated) for gated in (*chain, fresh)]
    assert [False, True, True, False] == [_base_reused(gated) for gated in (*chain, fresh)]


def test_a_base_is_measured_anew(repository: GitSandbox, tmp_path: Path) -> None:
    """Where something outside of the repository has changed, a fresh base clears a change that is about a text."""
    outside = tmp_path / "outside"
    outside.write_text("up")
    reading = f"def test_outside():\n    assert open({str(outside)!r}).read() == 'up'\n"
    repository.commit({"test_outside.py": reading})
    base = repository.git("rev-parse", "HEAD")
    heads = [_text_change(repository, name) for name in "ab"]
    with embedded_gates(tmp_path / "home") as gates:
        gates.gate(repository.root, base=base, candidate=CommitCandidate(revision=heads[0]))
        outside.write_text("down")
        candidate = CommitCandidate(revision=heads[1])
        fresh = gates.gate(repository.root, base=base, candidate=candidate, fresh_base=True)
        later = gates.gate(repository.root, base=base, candidate=candidate)

    assert (["ALLOW"] * 2, [False, True]) == (
        [verdict(gated) for gated in (fresh, later)],
        [_base_reused(gated) for gated in (fresh, later)],
    )


def test_another_shell_reuses_the_baseline(
    repository: GitSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell with another PATH, in which the same programs are found, is no other environment."""
    commits = [repository.git("rev-parse", "HEAD"), *(_text_change(repository, name) for name in "ab")]
    reused: list[bool] = []
    for path in (os.environ["PATH"], f"/missing:{os.environ['PATH']}:{tmp_path}"):
        monkeypatch.setenv("PATH", path)
        with embedded_gates(tmp_path / "home") as gates:
            gated = gates.gate(
                repository.root, base=commits[0], candidate=CommitCandidate(revision=commits[1 + len(reused)])
            )
            reused.append(_base_reused(gated))

    assert [False, True] == reused


def test_a_suite_that_does_not_exit_is_judged(
    repository: GitSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that keeps the process alive costs the grace period, not the time-out, and a warning names it."""
    monkeypatch.setenv("AUTOPACK_LINGER_SECONDS", "0.5")
    base = repository.git("rev-parse", "HEAD")
    lingering = "import threading\n\ndef test_it():\n    threading.Thread(target=threading.Event().wait).start()\n"
    head = repository.commit({"test_it.py": lingering})
    with embedded_gates(tmp_path / "home") as gates:
        gated = gates.gate(repository.root, base=base, candidate=CommitCandidate(revision=head))

    assert ("ALLOW", ["lingering_process"]) == (verdict(gated), codes(gated))


def test_missing_submodules_keep_nobody_from_gating(repository: GitSandbox, tmp_path: Path) -> None:
    """A submodule that the clone does not hold is empty on both sides, and a warning names it."""
    inner = GitSandbox(tmp_path / "inner")
    inner.commit({"lib.py": ""})
    repository.git("submodule", "--quiet", "add", str(inner.root), "vendor")
    repository.commit()
    clone = GitSandbox.clone(repository.root, tmp_path / "clone")
    base = clone.git("rev-parse", "HEAD")
    head = _text_change(clone, "a")
    with embedded_gates(tmp_path / "home") as gates:
        gated = gates.gate(clone.root, base=base, candidate=CommitCandidate(revision=head))

    assert ("ALLOW", ["submodules_missing"]) == (verdict(gated), codes(gated))


def test_the_interpreter_behind_a_shim_is_found_once(repository: GitSandbox, tmp_path: Path) -> None:
    """All sides run with the interpreter that a version manager gives at the start, and the run names it."""
    asked = tmp_path / "asked"
    shim = tmp_path / "python3"
    shim.write_text(f"#!/bin/sh\necho asked >> '{asked}'\nexec '{sys.executable}' \"$@\"\n")
    shim.chmod(0o755)
    head = _text_change(repository, "a")
    with embedded_gates(tmp_path / "home") as gates:
        gated = gates.gate(repository.root, base="main~1", candidate=CommitCandidate(revision=head), interpreter=shim)

    assert ("ALLOW", sys.executable, "asked\n") == (
        verdict(gated),
        gated.report.spec.interpreter,
        asked.read_text(),
    )
