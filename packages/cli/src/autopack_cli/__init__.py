"""``autopack``: the command line. Results go to standard output, messages to standard error."""

import gc
import os
import sys
import traceback


def main() -> None:
    """Run the command line and exit with its code. Nothing but a verdict ends with a verdict's code."""
    # Imported here so that loading the package costs nothing: typer brings much along.
    from autopack_cli.interruption import Interrupted, interruption  # noqa: PLC0415

    # Most of what a command makes stays until its end: looking for garbage among it, time and again and once more when
    # the process ends, takes a quarter of a second.
    gc.set_threshold(100_000, 20, 20)
    interruption.install()
    try:
        _open_missing_streams()
        from autopack_cli.app import app  # noqa: PLC0415

        stdout = sys.stdout
        try:
            app(prog_name="autopack")
        except SystemExit:
            # Typer takes a reader of the help that has gone for a failure, and then replaces the stream.
            if sys.stdout is not stdout:
                sys.exit(0)
            raise
    except Interrupted:
        print("autopack: stopped", file=sys.stderr)  # noqa: T201 - the command line speaks
        sys.exit(130)
    except Exception:  # noqa: BLE001 - the end of the process
        traceback.print_exc()
        sys.exit(70)
    finally:
        gc.freeze()


def _open_missing_streams() -> None:
    """A standard stream that the caller has closed would give its number to the next file that is opened: a database,
    say, into which messages would then be written.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    # Python leaves None where there was no stream at its start.
    streams = vars(sys)
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if streams[name] is None:
            streams[name] = os.fdopen(number, "r" if number == 0 else "w", closefd=False)
