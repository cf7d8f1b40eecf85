"""What came of deriving a decision again, for people."""

from typing import TextIO

from rich.text import Text

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_clients.gatekeeper import Replayed
from autopack_model.identity.value import AttemptRef


def print_replay(attempt: AttemptRef, replayed: Replayed, stream: TextIO, *, color: bool) -> None:
    """Print whether the decisions are equal, the digest of each, and the members in which they differ."""
    out = console(stream, color=color)
    word, style = ("EQUAL", "bold green") if replayed.equal else ("DIFFERENT", "bold red")
    out.print(Text(word, style=style), Text(f"run {attempt.run_id}"))
    out.print(Text(f"  recorded  {replayed.recorded_digest}"))
    out.print(Text(f"  derived   {replayed.derived_digest}"))
    for member in replayed.differing:
        out.print(Text(f"  differs   {one_line(member)}", style="red"))
    if not replayed.equal:
        out.print(
            Text("  The stored evidence no longer gives the recorded decision; 'autopack doctor' shows the versions.")
        )
