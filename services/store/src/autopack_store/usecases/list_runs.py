"""List runs, newest first."""

from autopack_results.run import Run
from autopack_store.domain.page import Page, Position
from autopack_store.ports import Database


def list_runs(database: Database, page: Page) -> tuple[tuple[Run, ...], str]:
    """The runs of the page, and the token of the next one (empty at the end)."""
    with database.read() as store:
        found = store.runs.page(page)
    runs = found[: page.size]
    if len(found) <= page.size:
        return runs, ""
    last = runs[-1]
    return runs, page.token_after(Position(created_at_ms=last.created_at_ms, run_id=last.spec.run_id))
