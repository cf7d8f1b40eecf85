"""The newest outcomes of one test, over as many pages as it takes."""

from typing import Protocol

from autopack_model.history.value import HistoryEntry, HistoryPage, TestHistory
from autopack_model.identity.value import Side

MAX_PAGE = 500


class HistoryPages(Protocol):
    """A store, as far as the history of a test needs it."""

    def history_page(self, repository: str, test_id: str, side: Side | None, *, size: int, token: str) -> HistoryPage:
        """Up to ``size`` of the newest entries of a test, behind ``token`` unless that is empty. Raises
        StoreUnavailable and StoreRefused.
        """


def list_test_history(
    store: HistoryPages, repository: str, test_id: str, side: Side | None, *, limit: int
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
        if not any(entry.ends_series for entry in entries):
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
