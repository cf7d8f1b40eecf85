"""Pages of a test's history, taken together."""

from dataclasses import dataclass, field
from itertools import takewhile

import pytest

from autopack_clients.history import list_test_history
from autopack_model.evidence.outcome import TestState
from autopack_model.history.value import HistoryEntry, HistoryPage, TestHistory
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import CollectorState

STATES: dict[str, TestState | CollectorState] = {
    "p": TestState.PASSED,
    "f": TestState.FAILED,
    "s": TestState.SKIPPED,
    "c": CollectorState.ERRORED,
}


@dataclass
class Pages:
    """A store whose pages are given: a letter of STATES for each entry, newest first, a capital one for a retry; it
    notes what it is asked.
    """

    pages: list[str]
    asked: list[tuple[int, str]] = field(default_factory=list)

    def history_page(self, repository: str, test_id: str, side: Side | None, *, size: int, token: str) -> HistoryPage:
        """The next page."""
        assert ("/srv/project", "t::a", None) == (repository, test_id, side)
        self.asked.append((size, token))
        number = int(token or "0")
        before = sum(map(len, self.pages[:number]))
        entries = tuple(entry(before + index, letter) for index, letter in enumerate(self.pages[number]))
        series = [one for one in takewhile(lambda one: not one.ends_series, entries) if one.bad]
        return HistoryPage(
            entries=entries,
            next_page_token=str(number + 1) if number + 1 < len(self.pages) else "",
            conclusive=sum(letter in "pf" for letter in self.pages[number]),
            flaky=number,
            bad_since=series[-1] if series else None,
            first_bad=entry(99 + number, "f"),
        )


def entry(number: int, letter: str) -> HistoryEntry:
    """What the suite run with that number, from the newest on, said."""
    return HistoryEntry(
        attempt=AttemptRef(run_id=f"run-{number}", phase="gate", attempt=1),
        side=Side.HEAD,
        outcome=STATES[letter.lower()],
        evidence_digest="sha256:" + "a" * 64,
        created_at_ms=1000 - number,
        retry=int(letter.isupper()),
    )


def history(store: Pages, limit: int) -> TestHistory:
    """What the pages come to."""
    return list_test_history(store, "/srv/project", "t::a", None, limit=limit)


@pytest.mark.parametrize(
    ("pages", "limit", "since", "or_earlier"),
    [
        (["p"], 9, None, False),
        (["ffp"], 9, "run-1", False),
        (["ff", "fp"], 9, "run-2", False),
        (["ff", "pf"], 9, "run-1", False),
        (["ff", "f"], 9, "run-2", False),
        (["ff", "", "f"], 9, "run-2", False),
        (["ff", "f"], 2, "run-1", True),
        (["fp", "f"], 2, "run-0", False),
        (["c", "f"], 9, None, False),
        (["sf", "f"], 9, None, False),
        ([""], 9, None, False),
        (["", "f"], 9, "run-0", False),
        (["PFf", "p"], 9, "run-2", False),
        (["PP", "Pf", "Ff"], 4, "run-3", True),
        (["PP", "f"], 2, None, False),
        (["F", "p"], 9, "run-0", False),
    ],
)
def test_a_bad_series_goes_over_pages(pages: list[str], limit: int, since: str | None, or_earlier: bool) -> None:
    """The series that the newest entry belongs to goes on over pages; that older ones may belong to it is said."""
    found = history(Pages(pages), limit)

    run_id = None if found.bad_since is None else found.bad_since.attempt.run_id
    assert (since, or_earlier) == (run_id, found.bad_since_or_earlier)


def test_pages_are_taken_together() -> None:
    """Entries and counts add up, up to the limit; the first bad run is the first page's."""
    store = Pages(["pf", "", "sp", "ff"])

    found = history(store, 4)

    assert ["run-0", "run-1", "run-2", "run-3"] == [one.attempt.run_id for one in found.entries]
    assert [(4, ""), (2, "1"), (2, "2")] == store.asked
    assert (3, 3, False) == (found.conclusive, found.flaky, found.complete)
    assert found.first_bad is not None
    assert "run-99" == found.first_bad.attempt.run_id
    assert 1.0 == found.flaky_rate


def test_the_last_page_completes_it() -> None:
    """A history whose pages end has everything."""
    assert history(Pages(["pf", "s"]), 9).complete
    assert None is history(Pages(["s"]), 9).flaky_rate


def test_no_page_is_larger_than_the_store_allows() -> None:
    """Many entries are asked for in pages of 500."""
    store = Pages(["p" * 500, "p" * 500, "p"])

    assert 1001 == len(history(store, 1200).entries)
    assert [(500, ""), (500, "1"), (200, "2")] == store.asked
