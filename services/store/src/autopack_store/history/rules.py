"""The newest outcomes of one test."""

from autopack_model.errors import InvalidValue
from autopack_model.identity.value import Side
from autopack_model.text import check_text
from autopack_store.history.entries import History
from autopack_store.page_token import TokenForm, check_page_size, not_a_token
from autopack_store.unit_of_work import Database

MAX_REPOSITORY = 4096


def list_test_history(
    database: Database, repository: str, test_id: str, side: Side | None, *, size: int, token: str
) -> History:
    """Up to ``size`` outcomes of the test, newest first, behind ``token`` unless it is empty. Raises InvalidValue for
    the field that is wrong, and DataLoss.
    """
    if not repository:
        raise InvalidValue("repository", "is not given")
    if not test_id:
        raise InvalidValue("test_id", "is not given")
    check_text(repository, "repository", most=MAX_REPOSITORY)
    count = check_page_size(size)
    tokens = TokenForm.of("history", repository, test_id, side)
    before = _number(tokens.read(token)) if token else None
    with database.read() as store:
        entries, further = store.history.entries(repository, test_id, side, before, count)
        first_bad = store.history.first_bad(repository, test_id, side)
    return History(
        entries=entries, next_page_token="" if further is None else tokens.write(further), first_bad=first_bad
    )


def _number(read: list[object]) -> int:
    match read:
        case [int(number)] if 0 <= number < 1 << 63:
            return number
    raise not_a_token()
