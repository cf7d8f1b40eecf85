"""The calls that fakes get, in order, and what a test wants to happen at one of them."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Action: TypeAlias = Callable[[], object]

PATIENCE_S = 30
"""How long a test waits for what happens at once, unless it never happens."""


def raising(error: BaseException) -> Action:
    """What raises ``error``."""

    def action() -> None:
        raise error

    return action


class Pause:
    """An action at which whoever comes there stops, until the test lets it go on."""

    def __init__(self) -> None:
        self._reached, self._released = threading.Event(), threading.Event()

    def __call__(self) -> None:
        """Stop here."""
        self._reached.set()
        assert self._released.wait(PATIENCE_S), "nobody let it go on"

    def reached(self) -> None:
        """Wait until somebody has stopped here."""
        assert self._reached.wait(PATIENCE_S), "nobody came here"

    def release(self) -> None:
        """Let everybody go on, now and later."""
        self._released.set()


@dataclass(slots=True, kw_only=True)
class Calls:
    """The names of all calls (``store.upload``) in order, safe between threads."""

    names: list[str] = field(default_factory=list)
    _before: dict[str, Action] = field(default_factory=dict)
    _after: dict[str, Action] = field(default_factory=dict)
    _numbered: dict[int, Action] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def before(self, name: str, action: Action) -> None:
        """Have ``action`` done when ``name`` is called, before it has any effect."""
        self._before[name] = action

    def before_number(self, number: int, action: Action) -> None:
        """Have ``action`` done at the call that becomes ``names[number]``, before it has any effect."""
        self._numbered[number] = action

    def after(self, name: str, action: Action) -> None:
        """Have ``action`` done when ``name`` has had its effect, before its caller gets the answer."""
        self._after[name] = action

    def count(self, of: str) -> dict[str, int]:
        """How often each method of a fake was called."""
        return dict(Counter(name for name in self.names if name.startswith(f"{of}.")))

    def only(self, *of: str) -> list[str]:
        """The calls of some fakes, in order."""
        return [name for name in self.names if name.partition(".")[0] in of]

    @contextlib.contextmanager
    def made(self, name: str) -> Iterator[None]:
        """Note the call of ``name``, whose effect is in the block."""
        with self._guard:
            number = len(self.names)
            self.names.append(name)
        self._numbered.get(number, _nothing)()
        self._before.get(name, _nothing)()
        yield
        self._after.get(name, _nothing)()


def _nothing() -> None:
    """What happens at most calls."""
