"""A change that moves a dependency, and heads that are the base of the next gate: whole gates of real suites."""

import zipfile
from pathlib import Path

import pytest

from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.identity.value import Side
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, embedded_gates, verdict
from tests.installed_packages import write_wheels


def _release(wheels: Path, version: str) -> None:
    """Release a version of acme, whose answer is its version."""
    info = f"acme-{version}.dist-info"
    with zipfile.ZipFile(wheels / f"acme-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("acme.py", f"def answer():\n    return '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize(("known", "blocking"), [("('1.0', '1.1')", []), ("('1.0',)", ["newly_failing"])])
def test_a_dependency_is_upgraded_on_purpose(tmp_path: Path, known: str, blocking: list[str]) -> None:
    """The version that a change itself moves excuses nothing, and makes nothing inconclusive: a good change passes, and
    one that breaks a test is blocked.
    """
    wheels = tmp_path / "wheels"
    write_wheels("pytest", wheels)
    for version in ("1.0", "1.1"):
        _release(wheels, version)
    test = f"import acme\n\ndef test_answer():\n    assert acme.answer() in {known}\n\ndef test_other():\n    pass\n"
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"requirements.txt": "acme==1.0\n", "test_it.py": test})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"requirements.txt": "acme==1.1\n"})
    with embedded_gates(tmp_path / "home") as gates:
        gated = gates.gate(
            repository.root,
            candidate=CommitCandidate(revision="candidate"),
            setup=f"pip install -q --no-index --find-links {wheels} pytest -r requirements.txt",
        )

    assert gated.base is not None
    assert gated.head is not None
    assert "acme==1.0" in gated.base.suite_run.environment.distributions
    assert "acme==1.1" in gated.head.suite_run.environment.distributions
    # A change of the requirements may be asked about as such.
    assert blocking == [code for code in codes(gated) if code != "protected_path"]
    assert ("BLOCK" if blocking else "ALLOW") == verdict(gated).replace("NEEDS_HUMAN", "ALLOW")


@pytest.fixture
def repository(tmp_path: Path) -> GitSandbox:
    """A repository whose branch ``main`` has two passing tests."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"test_it.py": _tests("pass")})
    return repository


def _tests(body: str) -> str:
    return f"import pathlib, pytest\n\ndef test_it():\n    {body}\n\ndef test_other():\n    pass\n"


def _gate(gates: Gates, repository: GitSandbox, base: str, head: str) -> FullReport:
    return gates.gate(repository.root, base=base, candidate=CommitCandidate(revision=head))


def _reused(gated: FullReport) -> bool:
    base = gated.report.attempt.side(Side.BASE)
    assert base is not None
    return base.reused


def test_a_muted_head_is_the_base_of_the_next_gate(repository: GitSandbox, tmp_path: Path) -> None:
    """What was muted there is still muted, may come back, and blocks when it comes back failing."""
    commits = [repository.git("rev-parse", "HEAD")]
    for body in ("pytest.skip('later')", "pytest.skip('much later')", "assert False"):
        commits.append(repository.commit({"test_it.py": _tests(body)}))
    with embedded_gates(tmp_path / "home") as gates:
        muted, still = (_gate(gates, repository, commits[0], commits[1]), _gate(gates, repository, *commits[1:3]))
        failing = _gate(gates, repository, commits[1], commits[3])
        back = _gate(gates, repository, commits[1], commits[0])

    assert "ALLOW" != verdict(muted)  # base's own test passes on its code, so that a person has to look
    assert [True, True, True] == [_reused(gated) for gated in (still, failing, back)]
    assert ["ALLOW", "BLOCK", "ALLOW"] == [verdict(gated) for gated in (still, failing, back)]


def test_a_flaky_head_is_the_base_of_the_next_gate(repository: GitSandbox, tmp_path: Path) -> None:
    """A test that only sometimes passed on a head is not blamed on the next candidate, and a real failure beside it
    is.
    """
    runs = tmp_path / "runs"
    flaky = f"runs = pathlib.Path({str(runs)!r}); runs.open('a').write('x'); assert len(runs.read_text()) % 3"
    first = repository.git("rev-parse", "HEAD")
    runs.write_text("xx")
    head = repository.commit({"test_it.py": _tests(flaky)})
    innocent = repository.commit({"NOTES.md": "a text\n"})
    guilty = repository.commit({"test_it.py": _tests(flaky).replace("    pass", "    assert False")})
    with embedded_gates(tmp_path / "home") as gates:
        begun = _gate(gates, repository, first, head)
        runs.write_text("xx")
        texts = _gate(gates, repository, head, innocent)
        runs.write_text("xx")
        broken = _gate(gates, repository, head, guilty)

    assert ("NEEDS_HUMAN", ["newly_flaky"]) == (verdict(begun), codes(begun))
    assert [True, True] == [_reused(gated) for gated in (texts, broken)]
    assert "BLOCK" != verdict(texts)
    assert ("BLOCK", True) == (verdict(broken), "newly_failing" in codes(broken))


def test_the_folder_of_the_tests_is_gone_on_head(tmp_path: Path) -> None:
    """A head that deletes the folder in which the tests run is blocked, and the reason names it."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"autopack.toml": "[gate]\nfolder = 'service'\n", "service/test_it.py": _tests("pass")})
    repository.git("switch", "--quiet", "--create", "candidate")
    (repository.root / "service" / "test_it.py").rename(repository.root / "test_it.py")
    repository.commit({})
    with embedded_gates(tmp_path / "home") as gates:
        gated = gates.gate(repository.root, candidate=CommitCandidate(revision="candidate"))

    assert ("BLOCK", ["head_folder_missing"]) == (verdict(gated), codes(gated))
