"""Columns: one byte per test, which is the number of its state or of its category."""


def tally(column: bytes) -> dict[int, int]:
    """How often each number occurs in ``column``, for those that do.

    Every pass takes one number out of what the pass before left: a million entries of which nearly all are equal cost
    little more than one pass.
    """
    counts: dict[int, int] = {}
    while column:
        number = column[0]
        rest = column.translate(None, bytes((number,)))
        counts[number] = len(column) - len(rest)
        column = rest
    return counts
