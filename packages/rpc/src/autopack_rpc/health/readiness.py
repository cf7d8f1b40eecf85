"""Whether a service can do its work: looked at when somebody asks, and from time to time.

A look may hang (a database that is away without a word), so it has a thread of its own, and an answer does not wait for
it longer than LOOK_SECONDS.
"""

import threading
import time
from collections.abc import Callable

import structlog

Readiness = Callable[[], str | None]
"""Looks whether a service can work: None when it can, else what is wrong and what to do."""

FRESH_SECONDS = 1.0
"""Within so many seconds the last look is good enough for whoever asks."""

LOOK_SECONDS = 3.0
"""A look that takes longer than this counts as a bad one."""

INTERVAL_SECONDS = 5.0
"""How often a deployed service looks by itself."""


def always_ready() -> str | None:
    """The readiness of a service that needs nobody."""
    return None


class Monitor:
    """Looks, and tells ``publish`` what was found whenever it differs from what was told before."""

    def __init__(self, look: Readiness, publish: Callable[[str | None], None], *, domain: str) -> None:
        self._look = look
        self._publish = publish
        self._log = structlog.get_logger(domain)
        self._condition = threading.Condition()
        self._wanted = self._closing = False
        self._looking_since: float | None = None
        self._looks = 0
        self._looked_at = float("-inf")
        self._found: str | None = None
        self._telling = threading.Lock()
        self._told: list[str | None] = []

    def start(self, *, interval_s: float | None) -> None:
        """Begin; with an interval also look by itself, at once and then so often."""
        self._looking = threading.Thread(target=self._look_on, name="readiness-look", daemon=True)
        self._looking.start()
        if interval_s is not None:
            threading.Thread(target=self._pace, args=(interval_s,), name="readiness-pace", daemon=True).start()

    def close(self) -> None:
        """Look no more. A look under way may come to its end, within LOOK_SECONDS: what it looks at is closed next."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._looking.join(LOOK_SECONDS)

    def ask(self) -> None:
        """Have the newest finding published: at most FRESH_SECONDS old, or, when it does not come within LOOK_SECONDS,
        that it does not come.
        """
        with self._condition:
            if self._closing or time.monotonic() - self._looked_at <= FRESH_SECONDS:
                return
            found = self._found if self._looked() else f"looking takes longer than {LOOK_SECONDS:g} s"
        self._tell(found)

    def _looked(self) -> bool:
        """Have it looked, and say whether that came to an end in time. Holds the condition."""
        since = self._looking_since
        if since is not None and time.monotonic() - since > LOOK_SECONDS:
            return False
        before = self._looks
        self._wanted = True
        self._condition.notify_all()
        return self._condition.wait_for(lambda: self._looks != before or self._closing, timeout=LOOK_SECONDS)

    def _look_on(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._wanted or self._closing)
                if self._closing:
                    return
                self._wanted = False
                self._looking_since = time.monotonic()
            found = self._one_look()
            with self._condition:
                self._found, self._looked_at, self._looking_since = found, time.monotonic(), None
                self._looks += 1
                self._condition.notify_all()

    def _one_look(self) -> str | None:
        try:
            return self._look()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, it is not ready
            if not self._closing:
                self._log.error("looking whether the service is ready failed", exc_info=error)
            return f"looking failed: {type(error).__name__}"

    def _pace(self, interval_s: float) -> None:
        while True:
            self.ask()
            with self._condition:
                if self._condition.wait_for(lambda: self._closing, timeout=interval_s):
                    return

    def _tell(self, found: str | None) -> None:
        with self._telling:
            if self._closing or self._told == [found]:
                return
            self._told = [found]
            self._publish(found)
            if found is None:
                self._log.info("ready")
            else:
                self._log.warning("not ready", problem=found)
