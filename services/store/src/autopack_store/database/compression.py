"""Blobs: zstd frames with a checksum, and messages behind their lengths."""

from collections.abc import Callable, Iterable, Iterator

import zstandard

from autopack_store.errors import damaged

_LEVEL = 3
_QUICK_LEVEL = -1
_LENGTH_BYTES = 4


def packed(data: bytes) -> bytes:
    """``data`` as one zstd frame."""
    return packer()(data)


def packer(*, quick: bool = False) -> Callable[[bytes], bytes]:
    """What packs one small thing after the other as ``packed`` does; not for several threads.

    ``quick`` is for what is kept for a short while, and larger.
    """
    return zstandard.ZstdCompressor(level=_QUICK_LEVEL if quick else _LEVEL, write_checksum=True).compress


def unpacked(blob: bytes, what: str) -> bytes:
    """What ``packed`` was given. Raises DataLoss about ``what`` when the frame is damaged."""
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    try:
        data = decompressor.decompress(blob)
    except zstandard.ZstdError as error:
        raise damaged(what, str(error)) from error
    if not decompressor.eof or decompressor.unused_data:
        raise damaged(what, "it is cut short or too long")
    return data


def framed(items: Iterable[bytes]) -> bytes:
    """The ``items``, each behind its length in four big-endian bytes."""
    return b"".join(len(item).to_bytes(_LENGTH_BYTES, "big") + item for item in items)


def unframed(data: bytes, what: str) -> Iterator[bytes]:
    """What ``framed`` was given. Raises DataLoss about ``what`` when lengths and data do not fit."""
    start, end = 0, len(data)
    while start < end:
        body = start + _LENGTH_BYTES
        stop = body + int.from_bytes(data[start:body], "big")
        if body > end or stop > end:
            raise damaged(what, "it is cut short")
        yield data[body:stop]
        start = stop
