"""The reverse side: what the candidate's new tests say of base's code (docs/rules.md, docs/decisions/0036)."""

from dataclasses import replace

from autopack_gatekeeper.domain.comparison import Comparison
from autopack_gatekeeper.domain.test_side import TestSideFiles
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category as C
from autopack_model.decision.delta import Delta
from autopack_model.evidence.outcome import GOOD
from autopack_model.evidence.value import Evidence


def new_modules(comparison: Comparison, files: TestSideFiles, changed_files: ChangedFiles) -> tuple[str, ...]:
    """The test-side ``files`` with new tests that pass on head, ascending; none where nothing but tests changed, since
    base's code is the candidate's then.
    """
    touched = {path for file in changed_files.files for path in (file.path, file.old_path) if path is not None}
    if touched.issubset(files.paths):
        return ()
    named = {name.partition("::")[0] for name in comparison.tests(C.ADDED_PASSING)}
    return tuple(sorted(named.intersection(files.paths)))


def judged_on_base(comparison: Comparison, reverse: Evidence) -> Comparison:
    """``comparison`` with what the complete ``reverse`` side says of the new tests: what is good on base's code as well
    proves nothing of the change.
    """
    cells = bytearray(comparison.delta.cells)
    for name in comparison.tests(C.ADDED_PASSING):
        found = reverse.test_ids.find(name)
        if found is not None and reverse.state_of(found) in GOOD:
            cells[comparison.ids.place(name)] = C.PROVES_NOTHING
    return replace(comparison, delta=Delta(cells=bytes(cells), collectors=comparison.delta.collectors))
