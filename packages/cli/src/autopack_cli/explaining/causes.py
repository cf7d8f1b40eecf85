"""Why a suite run shows nothing: the likely cause, and what to do about it.

What the process did (time ran out, a signal) comes before what it printed, and that before what can only be concluded.
"""

import re
import signal
from collections.abc import Callable
from typing import Final

from autopack_cli.explaining.output_rules import MISSING_MODULE, SETUP, SUITE, Cause, cause_in
from autopack_model.suite_run.value import BindingState, CollectorState, RecorderFacts, SuiteRun

_COLOURS = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
_FRAME = re.compile(r'^INTERNALERROR>   File "([^"<]+)", line (\d+)', re.MULTILINE)
_LAST = re.compile(r"^INTERNALERROR> ([A-Za-z_][\w.]*(?:: .*)?)$", re.MULTILINE)
_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):[\s\S]*^([A-Za-z_][\w.]*(?:Error|Exception|Exit)\b.*)$", re.MULTILINE
)
_OF_PYTEST = re.compile(r"/(?:_pytest|pluggy)/")
# A shell says of a child that a signal ended it: 128 and the signal's number.
_SHELL: Final = 128

_SIGNALS: Final[dict[int, Cause]] = {
    signal.SIGKILL: Cause(
        what="the operating system ended it, most likely because it took too much memory, or somebody did",
        cure="look at the memory of the executor (dmesg tells), run fewer tests at the same time, and gate again",
    ),
    signal.SIGSEGV: Cause(
        what="the interpreter crashed in compiled code",
        cure="look at the compiled modules that the running test uses",
    ),
    signal.SIGBUS: Cause(
        what="the interpreter crashed on a file or memory that was not there, such as a full /dev/shm",
        cure="look at the disk space and the shared memory of the executor",
    ),
    signal.SIGABRT: Cause(
        what="compiled code, or an assertion in it, ended the process",
        cure="look at the compiled modules that the running test uses",
    ),
    signal.SIGTERM: Cause(
        what="something asked it to end: a test, another process, or a shutdown of the machine",
        cure="see whether a test signals its own process or group, and gate again",
    ),
}


def plain(text: str, tree: str) -> str:
    """``text`` without colours, and with paths from the ``tree`` on."""
    text = _COLOURS.sub("", text)
    return text.replace(f"{tree}/", "") if tree else text


def likely_cause(run: SuiteRun) -> Cause | None:
    """The likely cause of what ``run`` does not show, None where nothing tells it."""
    setup, process = run.setup, run.process
    install = _installing(run)
    if setup is not None and setup.exit_code != 0:
        if setup.timed_out:
            return Cause(what="the setup command did not end in time", cure="give it more time (--timeout)")
        text = plain(setup.output_tail, run.environment.tree_path)
        return cause_in(text, (*SETUP, MISSING_MODULE), install)
    if process.timed_out:
        return _timed_out(run.recorder)
    number = process.signal
    if number is None and process.exit_code is not None and process.exit_code > _SHELL:
        number = process.exit_code - _SHELL
    if number is not None and number in _SIGNALS:
        return _SIGNALS[number]
    if run.binding.state is BindingState.FOREIGN:
        return _foreign(run)
    text = plain(run.output_tail, run.environment.tree_path)
    return cause_in(text, SUITE, install) or _broken(text) or _concluded(run)


def cause_of_error(message: str, run: SuiteRun) -> Cause | None:
    """The likely cause of the error of a collector, None where its ``message`` says all."""
    return cause_in(message, (MISSING_MODULE,), _installing(run))


def _installing(run: SuiteRun) -> Callable[[str], str]:
    def how(wanted: str) -> str:
        if run.setup is not None:
            return f"let the setup command install it too: 'pip install {wanted}'"
        python = run.process.argv[0] if run.process.argv else "python"
        return f"run '{python} -m pip install {wanted}', or let --setup install it"

    return how


def _timed_out(recorder: RecorderFacts) -> Cause:
    if recorder.running:
        return Cause(
            what=f"{' and '.join(recorder.running)} had begun and did not end",
            cure="look for what the test waits for (a service, a lock, input), or give more time (--timeout)",
        )
    if not recorder.collected:
        return Cause(
            what="the collection of the tests did not end",
            cure="look for modules and conftest files that wait for something while they are imported",
        )
    return Cause(
        what=f"{recorder.reported} of {recorder.collected - recorder.deselected} tests had ended",
        cure="look for what holds the process at its end (threads, children, fixtures), or give more time (--timeout)",
    )


def _foreign(run: SuiteRun) -> Cause:
    return Cause(
        what=f"the environment holds the project itself, and the tests imported {run.binding.foreign[0]}"
        if run.binding.foreign
        else "the environment holds the project itself",
        cure="give each side an environment of its own: --setup 'pip install -e .', with what the tests need",
    )


def _broken(text: str) -> Cause | None:
    """An error that pytest did not expect: the last frame outside of pytest, and what was raised."""
    errors = _LAST.findall(text)
    frames = [frame for frame in _FRAME.findall(text) if not _OF_PYTEST.search(frame[0])]
    if errors and frames:
        (path, line), error = frames[-1], errors[-1]
        if error.startswith("SystemExit"):
            return Cause(
                what=f"{path} calls sys.exit at line {line}, which ends the session",
                cure="put the call behind 'if __name__ == \"__main__\":', or out of the way of the tests",
            )
        return Cause(
            what=f"a hook or plugin failed with {error} at {path}, line {line}",
            cure="correct it, or leave the plugin out: '-- -p no:NAME'",
        )
    found = _TRACEBACK.search(text)
    if found is None:
        return None
    return Cause(what=f"the process ended with {found[1]}", cure="look at the traceback for the place")


def _concluded(run: SuiteRun) -> Cause | None:
    """What follows from the facts alone."""
    recorder, process = run.recorder, run.process
    if recorder.session_started and not recorder.session_finished:
        where = f" in {' or '.join(recorder.running)}" if recorder.running else ""
        return Cause(
            what=f"something ended the process{where} without a word to pytest (os._exit, exec, a crash of a library)",
            cure="run what was running alone to see what ends the process",
        )
    if recorder.session_finished and recorder.collected and recorder.collected == recorder.deselected:
        tests = "the only test is" if recorder.collected == 1 else f"all {recorder.collected} tests are"
        return Cause(what=f"{tests} deselected", cure="correct the selection (-k, -m, --deselect)")
    if recorder.session_finished and not recorder.collected and not recorder.collectors:
        return Cause(
            what="pytest found no test",
            cure="check the arguments, and testpaths, python_files and norecursedirs in the configuration of pytest",
        )
    errored = [each for each in recorder.collectors if each.state is CollectorState.ERRORED]
    if errored:
        return Cause(
            what=f"{errored[0].collector} cannot be collected{f': {errored[0].cause}' if errored[0].cause else ''}",
            cure="correct what it imports, or what it does while it is imported",
        )
    if process.exit_code == 1 and recorder.session_finished:
        return Cause(
            what="a plugin or a hook made the exit code 1 although no test failed (a limit, a check of files, a leak)",
            cure="look at the end of the output for what it complains about",
        )
    return None
