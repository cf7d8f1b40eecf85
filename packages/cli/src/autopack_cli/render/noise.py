"""The unsteady tests of a commit, for people."""

from itertools import groupby
from typing import TextIO

from rich.text import Text

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_model.noise.value import Noise, Unsteady


def print_noise(noise: Noise, stream: TextIO, *, color: bool) -> None:
    """Print how many tests are unsteady, what each suite run said of them, and the suite runs that prove nothing."""
    out = console(stream, color=color)
    runs, unsteady, tests = noise.suites, noise.unsteady(), max(len(suite.states) for suite in noise.suites)
    what = f"{len(unsteady)} unstable" if unsteady else "no unstable test"
    style = "bold yellow" if unsteady or not noise.proven else "bold green"
    if not noise.proven and not unsteady:
        what = "nothing is proven"
    out.print(Text(what, style=style), Text(f"in {len(runs)} suite runs of {noise.revision[:12]}, {tests} tests"))
    for each in unsteady:
        out.print(Text(f"  {one_line(each.name, 1000)}"))
        out.print(Text(f"    {_counts(each)}; in order: {', '.join(each.labels)}", style="dim"))
    for suite in runs:
        if suite.incomplete_reason is not None:
            out.print(
                Text(
                    f"  run {suite.run_id} proves nothing ({suite.incomplete_reason.label}): autopack logs "
                    f"{suite.run_id}",
                    style="yellow",
                )
            )
        elif not suite.states:
            out.print(Text(f"  run {suite.run_id} has no tests: autopack logs {suite.run_id}", style="yellow"))


def _counts(each: Unsteady) -> str:
    """Each outcome with how often it was seen, the most frequent first."""
    counted = [(label, len(list(group))) for label, group in groupby(sorted(each.labels))]
    ranked = sorted(counted, key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{label} in {count} of {len(each.labels)}" for label, count in ranked)
