"""A network between a client and a server that can be cut: connections are forwarded, or nothing passes any more."""

import contextlib
import socket
import threading
from collections.abc import Iterator

_CHUNK = 65536


class Network:
    """Forwards connections to ``target``. While it is cut, packets vanish without a word: nothing is closed."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = threading.Event()
        self._open.set()
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.lost = threading.Event()
        """Set when the client has given a connection up that was cut."""

    def cut(self) -> None:
        """Let nothing pass, in either direction, not on new connections either."""
        self._open.clear()

    def mend(self) -> None:
        """Let everything pass again; what was swallowed stays so, with its connection."""
        self._open.set()

    def run(self) -> None:
        """Accept connections until the end."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._open.is_set():
                    self._sockets.append(client)  # accepted by the kernel, and never heard of again
                    threading.Thread(target=self._swallow, args=(client,), daemon=True).start()
                    continue
                server = socket.create_connection(self._target)
                self._sockets += (client, server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        self._ended.set()
        self._open.set()
        for opened in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if not self._open.is_set():
                    return self._swallow(source)
                sink.sendall(data)
        if self._open.is_set():
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
        else:
            self.lost.set()
        return None

    def _swallow(self, source: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while source.recv(_CHUNK):
                pass
        self.lost.set()


@contextlib.contextmanager
def network(target: str) -> Iterator[Network]:
    """A network in front of ``target`` (``host:port``)."""
    between = Network(target)
    thread = threading.Thread(target=between.run, daemon=True)
    thread.start()
    try:
        yield between
    finally:
        between.close()
        thread.join(10)
