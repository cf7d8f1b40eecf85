"""What options, paths and hooks leave out of the suites: what is not run is not compared."""

from collections.abc import Iterable

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_model.decision.messages import left_out_message
from autopack_model.identity.value import Side

# pytest collects all tests before it leaves these out, so that they are counted.
_COUNTED = ("-k ", "-m ", "--lf", "--deselect ")


def selection(sides: Iterable[AssessedSide]) -> tuple[str, ...]:
    """What narrows the suites down, as given, each once."""
    return tuple(dict.fromkeys(each for side in sides for each in side.evidence.suite_run.recorder.selection))


def left_out(sides: Iterable[tuple[Side, AssessedSide]]) -> str:
    """How many tests each of the complete ``sides`` left out, in words; empty where none did."""
    complete = [(side, assessed) for side, assessed in sides if assessed.completeness.complete]
    chosen = selection(assessed for _, assessed in complete)
    uncounted = [each for each in chosen if not each.startswith(_COUNTED)]
    recorders = [(side, assessed.evidence.suite_run.recorder) for side, assessed in complete]
    counted = [(side, recorder.deselected, recorder.collected) for side, recorder in recorders]
    if not any(deselected for _, deselected, _ in counted):
        counted = []
    return left_out_message(chosen, counted, uncounted) if counted or uncounted else ""
