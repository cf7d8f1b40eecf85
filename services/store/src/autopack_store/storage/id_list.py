"""The bytes of a test set: the very ones that its digest covers (``autopack_results.digest.digest_test_ids``)."""

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise

from autopack_store.domain.errors import DataLoss

_COUNT_BYTES = 8
_LENGTH_BYTES = 4


def encoded(test_ids: Sequence[str]) -> bytes:
    """The number of ids in eight bytes, the length of each in characters in four (both little-endian), then all ids
    as UTF-8, one after the other.
    """
    lengths = [*map(len, test_ids)]
    return struct.pack(f"<Q{len(lengths)}I", len(lengths), *lengths) + "".join(test_ids).encode()


def decoded(data: bytes, what: str) -> tuple[str, ...]:
    """What ``encoded`` was given. Raises DataLoss about ``what`` when lengths and text do not fit."""
    count = int.from_bytes(data[:_COUNT_BYTES], "little")
    start = _COUNT_BYTES + _LENGTH_BYTES * count
    if len(data) < start:
        raise DataLoss(f"{what}: its test ids are cut short; restore the database from a backup", subject=what)
    try:
        text = data[start:].decode()
    except UnicodeDecodeError as error:
        raise DataLoss(f"{what}: its test ids are damaged ({error}); restore a backup", subject=what) from error
    ends = [0, *accumulate(struct.unpack_from(f"<{count}I", data, _COUNT_BYTES))]
    if ends[-1] != len(text):
        raise DataLoss(f"{what}: its test ids do not have their lengths; restore a backup", subject=what)
    return tuple(text[begin:end] for begin, end in pairwise(ends))
