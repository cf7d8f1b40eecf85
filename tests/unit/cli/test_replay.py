"""What `autopack replay` says."""

import io

from autopack_cli.commands.replay import replay_document
from autopack_cli.render.replay import print_replay
from autopack_clients.gatekeeper import Replayed
from autopack_model.identity.value import AttemptRef

ATTEMPT = AttemptRef(run_id="run-1", phase="gate", attempt=1)
RECORDED, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
EQUAL = Replayed(recorded_digest=RECORDED, derived_digest=RECORDED, differing=())
DIFFERENT = Replayed(recorded_digest=RECORDED, derived_digest=OTHER, differing=("policy_digest", "reasons"))


def _printed(replayed: Replayed) -> list[str]:
    stream = io.StringIO()
    print_replay(ATTEMPT, replayed, stream, color=False)
    return stream.getvalue().splitlines()


def test_equal_decisions() -> None:
    """Of equal decisions both digests are printed, and nothing else."""
    assert ["EQUAL run run-1", f"  recorded  {RECORDED}", f"  derived   {RECORDED}"] == _printed(EQUAL)


def test_different_decisions() -> None:
    """Of decisions that differ each member that does is named, and what to look at."""
    assert [
        "DIFFERENT run run-1",
        f"  recorded  {RECORDED}",
        f"  derived   {OTHER}",
        "  differs   policy_digest",
        "  differs   reasons",
        "  The stored evidence no longer gives the recorded decision; 'autopack doctor' shows the versions.",
    ] == _printed(DIFFERENT)


def test_the_document() -> None:
    """The document names the attempt, whether the decisions are equal, both digests and the members that differ."""
    assert {
        "run_id": "run-1",
        "phase": "gate",
        "attempt": 1,
        "equal": False,
        "recorded_digest": RECORDED,
        "derived_digest": OTHER,
        "differing": ["policy_digest", "reasons"],
    } == replay_document(ATTEMPT, DIFFERENT)
    assert replay_document(ATTEMPT, EQUAL)["equal"] is True
