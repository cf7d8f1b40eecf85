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
