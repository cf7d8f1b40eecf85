"""How a gate would run the tests, for people."""

import shlex
from collections.abc import Sequence
from typing import TextIO

from rich.text import Text

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_model.gate_configuration.settings import DEFAULT, Setting


def print_settings(listing: Sequence[Setting], base: str | None, stream: TextIO, *, color: bool) -> None:
    """Print a line for each setting: its key, its value, and where that comes from."""
    out = console(stream, color=color)
    out.print(Text(f"base         {'none' if base is None else base}"))
    shown = [_shown(setting) for setting in listing]
    width = min(60, max(map(len, shown), default=0))
    for setting, value in zip(listing, shown, strict=True):
        style = "dim" if setting.origin == DEFAULT else ""
        out.print(Text(f"{setting.key:<12} {value:<{width}}  {one_line(setting.origin, 300)}", style=style))


def _shown(setting: Setting) -> str:
    match setting.value:
        case None:
            return "-"
        case str(value):
            return one_line(value, 300)
        case words:
            return one_line(shlex.join(words), 300) or "-"
