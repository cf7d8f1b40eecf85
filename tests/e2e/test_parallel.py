"""Twenty gates at once on one repository."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.demo.sample_repository import CANDIDATES, SampleCandidate, create_sample_repository
from tests.builders import directory_state
from tests.e2e.command import Command, Outcome
from tests.lean_python import lean_python

TIMES = 4


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository, with a checkout that is not clean."""
    root = tmp_path_factory.mktemp("parallel") / "tally"
    create_sample_repository(root)
    (root / "untracked.txt").write_text("mine\n")
    return root


def test_twenty_gates_at_once(repository: Path, tmp_path: Path) -> None:
    """Twenty processes that start together decide right, share one baseline and nothing else, and leave no trace."""
    command = Command(home=tmp_path / "home")
    jobs = [(f"{candidate.branch}-{number}", candidate) for number in range(TIMES) for candidate in CANDIDATES]
    before = directory_state(repository)

    def gate(job: tuple[str, SampleCandidate]) -> Outcome:
        run_id, candidate = job
        return command.start(
            *("gate", "--repo", str(repository), "--base", "main", "--head", candidate.branch, "--run-id", run_id),
            *("--python", str(lean_python()), "--json", str(tmp_path / f"{run_id}.json")),
        ).end()

    with ThreadPoolExecutor(len(jobs)) as threads:
        outcomes = list(threads.map(gate, jobs))

    assert {run_id: (0 if candidate.verdict == "ALLOW" else 1) for run_id, candidate in jobs} == {
        run_id: outcome.code for (run_id, _), outcome in zip(jobs, outcomes, strict=True)
    }, [outcome.err for outcome in outcomes if outcome.code not in (0, 1)]
    assert [] == [outcome.err for outcome in outcomes if "locked" in outcome.err or "Traceback" in outcome.err]
    results = {run_id: json.loads((tmp_path / f"{run_id}.json").read_text()) for run_id, _ in jobs}
    assert [] == [
        run_id
        for run_id, candidate in jobs
        if candidate.code not in {reason["code"] for reason in results[run_id]["reasons"]}
    ]
    assert [False, *[True] * 19] == sorted(result["base"]["reused"] for result in results.values())
    # The same candidate gets the same decision, whoever asks and whenever.
    assert len(CANDIDATES) == len({result["decision_digest"] for result in results.values()})
    after = directory_state(repository)
    assert before == {path: state for path, state in after.items() if not path.startswith(".autonomous_runs")}
    artifacts = repository / ".autonomous_runs"
    assert sorted([".gitignore", *results]) == sorted(path.name for path in artifacts.iterdir())
    files = [path for path in artifacts.rglob("*") if path.is_file()]
    assert len(files) == len({(path.stat().st_dev, path.stat().st_ino) for path in files})
    for run_id, _ in jobs:
        kept = json.loads((artifacts / run_id / "ci" / "gate" / "1" / "result.json").read_text())
        assert results[run_id] == kept
    assert [] == [path for name in ("runs", "workspaces", "slots", "trash") for path in (command.home / name).iterdir()]
    assert sorted(results) == sorted(line.split()[0] for line in command.run("runs").out.splitlines())
