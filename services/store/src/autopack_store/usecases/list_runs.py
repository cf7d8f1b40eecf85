"""List runs, newest first."""

from autopack_model.run.value import Run
from autopack_store.domain.page import Page, Position
from autopack_store.ports import Database

MAX_BYTES = 1024 * 1024
_SMALL_FIELDS = 512


def list_runs(database: Database, page: Page) -> tuple[tuple[Run, ...], str]:
    """The runs of the page, and the token of the next one (empty at the end). Long runs make a page shorter: it has
    about MAX_BYTES at the most, unless its only run has more.
    """
    with database.read() as store:
        found = store.runs.page(page)
    runs = found[: _fitting(found[: page.size])]
    if len(found) == len(runs):
        return runs, ""
    last = runs[-1]
    return runs, page.token_after(Position(created_at_ms=last.created_at_ms, run_id=last.spec.run_id))


def _fitting(runs: tuple[Run, ...]) -> int:
    """How many of the runs, at least one, have at most MAX_BYTES together."""
    total = 0
    for count, run in enumerate(runs):
        total += _size(run)
        if count and total > MAX_BYTES:
            return count
    return len(runs)


def _size(run: Run) -> int:
    spec, failure = run.spec, run.failure
    texts = (spec.repository, spec.interpreter, spec.setup or "", *spec.arguments, *spec.allowed_paths)
    said = 0 if failure is None else len(failure.message.encode())
    return said + sum(len(text.encode()) + 4 for text in texts) + _SMALL_FIELDS * (1 + len(run.attempts))
