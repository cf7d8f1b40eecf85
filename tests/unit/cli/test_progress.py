"""Progress on a terminal."""

import io

from autopack_cli.render.progress import ProgressView
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def _testing(side: Side) -> Progress:
    return Progress(activity=Activity.TESTING, side=side, collected=30, done=30, failures=0, message="")


def test_each_activity_is_drawn() -> None:
    """An activity that is over before the next regular refresh of the line is shown all the same."""
    terminal = Terminal()

    with ProgressView(terminal, color=False) as view:
        view.show(_testing(Side.BASE), 10)
        view.show(_testing(Side.HEAD), 11)

    assert ["base: testing", "head: testing"] == [
        words for words in ("base: testing", "head: testing") if words in terminal.getvalue()
    ]


class Clock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def _setting_up(message: str) -> Progress:
    return Progress(activity=Activity.SETTING_UP, side=Side.BASE, collected=0, done=0, failures=0, message=message)


def test_the_clock_goes_on_between_reports() -> None:
    """On a terminal the seconds run while nothing is reported, and the last line of a set-up is shown."""
    terminal, clock = Terminal(), Clock()

    with ProgressView(terminal, color=False, clock=clock) as view:
        view.show(_setting_up("Collecting acme"), 2000)
        clock.seconds = 5.5

    assert "base: setting up Collecting acme" in terminal.getvalue()
    assert "2.0 s" in terminal.getvalue()
    assert "7.5 s" in terminal.getvalue()


def test_a_set_up_is_told_sparingly() -> None:
    """Where the output is no terminal, a set-up is told at its beginning and then twice a minute."""
    stream, clock = io.StringIO(), Clock()

    with ProgressView(stream, color=False, clock=clock) as view:
        for second in range(0, 60, 7):
            clock.seconds = second
            view.show(_setting_up(f"line {second}"), second * 1000)

    assert [
        "autopack: base: setting up line 0",
        "autopack: base: setting up line 35 (35.0 s)",
    ] == stream.getvalue().splitlines()
