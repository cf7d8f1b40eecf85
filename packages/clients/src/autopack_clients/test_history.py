"""The newest outcomes of one test, over as many pages as it takes."""

from autopack_clients.store import StoreClient
from autopack_model.history.value import HistoryEntry, TestHistory
from autopack_model.identity.value import Side

MAX_PAGE = 500


def list_test_history(
    store: StoreClient, repository: str, test_id: str, side: Side | None, *, limit: int
) -> TestHistory:
    """The newest ``limit`` (from 1 on) outcomes of a test over the suite runs of a repository, of one ``side`` unless
    it is None.

    Pages of the store are taken together: a good and a bad outcome on the same tree count as flaky where one page has
    both. Raises StoreUnavailable and StoreRefused.
    """
    entries: list[HistoryEntry] = []
    conclusive = flaky = 0
    first_bad = bad_since = None
    token = ""
    while True:
        page = store.history_page(repository, test_id, side, size=min(limit - len(entries), MAX_PAGE), token=token)
        if all(entry.bad for entry in entries):
            bad_since = page.bad_since or bad_since
        entries.extend(page.entries)
        conclusive += page.conclusive
        flaky += page.flaky
        # Of the first page: a run that comes in between is newer than all pages.
        first_bad = first_bad if token else page.first_bad
        token = page.next_page_token
        if not token or len(entries) >= limit:
            break
    return TestHistory(
        repository=repository,
        test_id=test_id,
        side=side,
        entries=tuple(entries),
        complete=not token,
        conclusive=conclusive,
        flaky=flaky,
        bad_since=bad_since,
        first_bad=first_bad,
    )
