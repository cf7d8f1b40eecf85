"""The order of text is the same on every database, whatever its locale."""

from autopack_store.runs.page import Page, RunFilter
from autopack_store.runs.rules import list_runs
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.store import first_attempt, make_spec

# In the order of their code points. Most locales pass over punctuation, and put digits behind letters or before them.
ORDERED = ("1", "a", "a-b", "a.b", "a0", "a_b", "a_c", "aa", "ab", "b-a")


def test_runs_of_one_moment_are_listed_by_code_point(database: SqlDatabase) -> None:
    """Runs that were made at the same time are listed, and paged through, in the order of their names' characters."""
    with database.write() as store:
        for run_id in sorted(ORDERED, key=lambda name: name[::-1]):
            store.runs.add(make_spec(run_id), first_attempt(run_id), 1)
    runs, token = list_runs(database, Page.of(3, "", RunFilter(repository="")))
    found = list(runs)
    while token:
        runs, token = list_runs(database, Page.of(3, token, RunFilter(repository="")))
        found += runs
    assert list(ORDERED) == [run.spec.run_id for run in found]
