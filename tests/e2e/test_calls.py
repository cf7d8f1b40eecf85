"""How often the services are called in one gate: each datum crosses once (docs/decisions/0019)."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import PATIENCE_S
from tests.e2e.stack import Stack, running_stack
from tests.lean_python import lean_python

FIRST = {
    "executor.StartRun": 1,
    "executor.WatchRun": 1,
    "gatekeeper.Decide": 1,
    "gatekeeper.PlanCrossSide": 1,
    "store.AdvanceAttempt": 1,
    "store.CreateRun": 1,
    "store.DownloadEvidence": 2,
    "store.FindBaseline": 1,
    "store.FinishRun": 1,
    "store.GetChangedFiles": 1,
    "store.GetDecision": 1,
    "store.RecordChangedFiles": 1,
    "store.RecordDecision": 1,
    "store.UploadEvidence": 2,
}
"""The calls of a gate whose base is measured. The gatekeeper alone downloads evidence, once for each side."""

LATER = FIRST | {"store.AttachEvidence": 1, "store.DownloadEvidence": 1, "store.UploadEvidence": 1}
"""The calls of a gate whose baseline is reused: the gatekeeper still has the assessed base in its memory."""

MOST_WITH_A_NEW_BASELINE, MOST_WITH_A_REUSED_ONE = 20, 16


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three services that log each call."""
    with running_stack(tmp_path_factory.mktemp("stack"), AUTOPACK_LOG_LEVEL="info") as running:
        yield running


def _calls(stack: Stack) -> Counter[str]:
    """All calls so far by service and method; health and contracts are asked for beside the gates."""
    found: Counter[str] = Counter()
    for service in stack.services.values():
        for line in [line for line in service.log if line.startswith("{")]:
            event = json.loads(line)
            if event["event"] == "call" and event["method"].startswith("/autopack."):
                package, _, method = event["method"].removeprefix("/autopack.").partition("/")
                found[f"{package.partition('.')[0]}.{method}"] += 1
    return Counter({name: count for name, count in found.items() if not name.startswith("contract.")})


def _gated(stack: Stack, repository: GitSandbox, head: str) -> Counter[str]:
    """The calls of one gate of a repository that the executor can see."""
    before = _calls(stack)
    options = ("--mounted", "--repo", str(repository.root), "--python", str(lean_python()), "--base", "main")
    outcome = stack.command.run("gate", *stack.options, *options, "--head", head)
    assert 0 == outcome.code, outcome.err
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        # A call is logged when it has been answered, so the last line may come after the command's end.
        if (_calls(stack) - before)["executor.WatchRun"]:
            break
        pause.wait(0.05)
    return _calls(stack) - before


def test_calls_of_a_gate(stack: Stack, tmp_path: Path) -> None:
    """A gate makes these calls and no others; neither the executor nor the command downloads evidence."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"test_it.py": "def test_one():\n    pass\n\ndef test_two():\n    pass\n"})
    for head in ("first", "second"):
        repository.git("switch", "--quiet", "--create", head, "main")
        repository.commit({f"{head}.py": "VALUE = 1\n"})

    first, later = _gated(stack, repository, "first"), _gated(stack, repository, "second")

    assert FIRST == first
    assert LATER == later
    assert MOST_WITH_A_NEW_BASELINE >= first.total()
    assert MOST_WITH_A_REUSED_ONE >= later.total()
    assert MOST_WITH_A_REUSED_ONE >= later.total() + 1  # embedded, where the gatekeeper's memory is empty each time
