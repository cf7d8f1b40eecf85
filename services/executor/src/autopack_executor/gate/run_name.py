"""Names for runs that were given none."""

from datetime import UTC, datetime


def generated_run_id(now_ms: int, entropy: int) -> str:
    """A run id that sorts by time: UTC date and time to the millisecond, and 32 bits of ``entropy`` in hex.

    ``now_ms`` is milliseconds since the epoch.
    """
    moment = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    return f"{moment:%Y%m%dt%H%M%S}{now_ms % 1000:03d}-{entropy & 0xFFFFFFFF:08x}"
