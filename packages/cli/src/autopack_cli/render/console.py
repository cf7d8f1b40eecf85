"""The console that everything is printed on, and the colours of verdicts and effects."""

from typing import TextIO

from rich.console import Console

from autopack_cli.messages import silence
from autopack_model.decision.value import Effect, Verdict

VERDICT_STYLES = {
    Verdict.ALLOW: "bold green",
    Verdict.BLOCK: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.NEEDS_HUMAN: "bold yellow",
}
EFFECT_STYLES = {
    Effect.BLOCK: "red",
    Effect.INCONCLUSIVE: "yellow",
    Effect.REVIEW: "yellow",
    Effect.WARN: "cyan",
    Effect.NOTE: "dim",
}


class _Console(Console):
    """A console that goes quiet when its reader has gone, instead of ending the program with a verdict's code."""

    def on_broken_pipe(self) -> None:
        """Print nothing more."""
        self.quiet = True
        silence(self.file)


def console(stream: TextIO, *, color: bool) -> Console:
    """A console that prints text as it is: no markup, no highlighting, no wrapping."""
    return _Console(file=stream, no_color=not color, highlight=False, markup=False, soft_wrap=True)
