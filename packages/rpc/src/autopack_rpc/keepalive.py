"""How two ends of a connection find out that the other one is gone without a word: HTTP/2 pings.

A network that is cut drops packets and says nothing, so a call would hang until its deadline. With pings it fails as
UNAVAILABLE within ``interval_s + timeout_s``, and can be made again. The other end of a Unix socket cannot vanish like
that: nothing is sent there.
"""

from dataclasses import dataclass

Options = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepalive:
    """A ping after ``interval_s`` seconds without a word from the other end, which has ``timeout_s`` to answer."""

    interval_s: float
    timeout_s: float

    @property
    def options(self) -> Options:
        """As gRPC's channel arguments."""
        return (
            ("grpc.keepalive_time_ms", round(self.interval_s * 1000)),
            ("grpc.keepalive_timeout_ms", round(self.timeout_s * 1000)),
            # The one that counts in gRPC 1.85 (its own default is a minute): found with a network that was really cut.
            ("grpc.http2.ping_timeout_ms", round(self.timeout_s * 1000)),
            # A call that waits for a long answer sends no data, and is the one to be watched.
            ("grpc.http2.max_pings_without_data", 0),
        )


CLIENT = Keepalive(interval_s=10.0, timeout_s=5.0)
"""While there are calls: who waits for an answer knows within 15 s that none will come."""

SERVER = Keepalive(interval_s=20.0, timeout_s=10.0)
"""An upload whose sender is gone gives its thread back within 30 s."""

SHORTEST_INTERVAL_S = 5.0
"""Who pings a server more often than this, without anything else to say, is turned away as too busy."""


def client_options(address: str, keepalive: Keepalive) -> Options:
    """The channel arguments of a client of ``address``."""
    return () if _local(address) else (*keepalive.options, ("grpc.keepalive_permit_without_calls", 0))


def server_options(address: str) -> Options:
    """The channel arguments of a server on ``address``."""
    if _local(address):
        return ()
    return (
        *SERVER.options,
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", round(SHORTEST_INTERVAL_S * 1000)),
    )


def _local(address: str) -> bool:
    return address.startswith(("unix:", "unix-abstract:"))
