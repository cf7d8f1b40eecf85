"""What the executor is asked to run on one side, and what it knows while that runs."""

from dataclasses import dataclass

from autopack_model.evidence.outcome import TestDetail
from autopack_model.evidence.test_ids import TestIds
from autopack_model.suite_run.value import RecorderFacts, TreeBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What one event stream of the recorder amounts to: facts, and the columns of the evidence.

    ``test_code`` are the files of the tree, ascending, that hold the code of tests whose ids name other files.
    """

    facts: RecorderFacts
    binding: TreeBinding
    test_ids: TestIds
    states: bytes
    durations: bytes
    reruns: bytes
    details: tuple[TestDetail, ...]
    test_code: tuple[str, ...] = ()
