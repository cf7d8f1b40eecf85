"""What the command line prints, where, and how it takes closed pipes and full disks."""

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from dev.demo.sample_repository import create_sample_repository
from tests.e2e.command import EXECUTABLE, Command
from tests.lean_python import lean_python

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository."""
    root = tmp_path_factory.mktemp("sample") / "tally"
    create_sample_repository(root)
    return root


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Command:
    """The command line with a state directory in which the baseline is known."""
    command = Command(home=tmp_path_factory.mktemp("home"))
    assert 0 == command.run(*gate(repository, "fix")).code
    return command


def gate(repository: Path, head: str, *options: str) -> list[str]:
    """Arguments that gate a candidate of the sample."""
    return [
        "gate",
        "--repo",
        str(repository),
        "--base",
        "main",
        "--head",
        head,
        "--python",
        str(lean_python()),
        *options,
    ]


def test_results_and_messages(command: Command, repository: Path) -> None:
    """The result goes to standard output, progress as plain lines to standard error, without colours for a pipe."""
    outcome = command.run(*gate(repository, "regression", "--run-id", "plain"))

    assert 1 == outcome.code
    assert "BLOCK run plain" == outcome.out.splitlines()[0]
    assert "autopack: run plain" == outcome.err.splitlines()[0]
    assert [] == [line for line in outcome.err.splitlines() if not line.startswith("autopack: ")]
    assert "autopack: head: collecting" in outcome.err.splitlines()
    assert "\x1b" not in outcome.out + outcome.err


def test_no_result_is_no_file(
    command: Command, repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A gate that cannot begin leaves no older result behind, which somebody could take for its own."""
    result = tmp_path / "result.json"
    result.write_text('{"verdict": "ALLOW"}')

    outcome = command.run_here(capfd, *gate(repository, "no-such-branch", "--json", str(result)))

    assert 2 == outcome.code
    assert not result.exists()


def test_json_on_standard_output(command: Command, repository: Path) -> None:
    """With ``--json -`` standard output holds the document and nothing else; the summary is a message."""
    outcome = command.run(*gate(repository, "broken-import", "--json", "-", "--run-id", "json"))

    document = json.loads(outcome.out)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert ("json", "BLOCK", 1, 1) == (document["run_id"], document["verdict"], document["exit_code"], outcome.code)
    assert ["tests/test_report.py"] == document["delta"]["new_collection_error"]
    assert "BLOCK run json" in outcome.err


def test_json_is_the_same_each_time(command: Command, repository: Path, tmp_path: Path) -> None:
    """The same candidate gives the same bytes but for the run's name, whatever stood in the file before. It is one that
    needs no retries: what one gate learns of the base counts in the next, which then rests on more evidence.
    """
    targets = [tmp_path / "first.json", tmp_path / "second.json"]
    targets[1].write_text("something else" * 10_000)

    for number, target in enumerate(targets):
        run_id = f"same-{number}"
        assert 0 == command.run(*gate(repository, "fix", "--json", str(target), "--run-id", run_id)).code

    first, second = (target.read_text() for target in targets)
    assert first.replace("same-0", "same-1") == second
    assert ["first.json", "second.json"] == sorted(path.name for path in tmp_path.iterdir())


def test_reader_that_goes_away(command: Command, repository: Path) -> None:
    """A reader that closes the pipe early gets no traceback, and the exit code stays the verdict's."""
    arguments = gate(repository, "regression", "--json", "-", "--run-id", "unread")
    with subprocess.Popen(
        [EXECUTABLE, *arguments], env=command.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        messages = process.stderr.read().decode()

    assert 1 == process.returncode
    assert "BLOCK run unread" in messages
    assert "Traceback" not in messages
    assert "Exception ignored" not in messages


def test_nobody_reads_messages(command: Command, repository: Path) -> None:
    """When standard error is closed early the gate goes on to its verdict."""
    arguments = gate(repository, "regression", "--run-id", "unheard")
    with subprocess.Popen(
        [EXECUTABLE, *arguments], env=command.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.close()
        result = process.stdout.read().decode()

    assert (1, "BLOCK run unheard") == (process.returncode, result.splitlines()[0])


@pytest.mark.parametrize("arguments", [["runs"], ["explain", "{run}"], ["--help"]], ids=lambda words: words[0])
def test_pipe_to_head(command: Command, arguments: list[str]) -> None:
    """``| head -1`` ends every command without a word."""
    run = command.run("runs").out.split()[0]
    words = [word.format(run=run) for word in arguments]
    with subprocess.Popen(
        [EXECUTABLE, *words], env=command.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (0, b"") == (process.returncode, said)


def test_full_disk_behind_standard_output(command: Command) -> None:
    """Results that cannot be written are a failure of ours, never a verdict."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [EXECUTABLE, "runs"], env=command.environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )

    said = b"autopack: the result cannot be written to standard output: No space left on device\n"
    assert (70, said) == (done.returncode, done.stderr)


def test_no_standard_streams(command: Command, repository: Path) -> None:
    """Without any standard stream the verdict is still right, and no file gets messages written into it."""
    words = shlex.join([str(EXECUTABLE), *gate(repository, "regression", "--run-id", "mute")])
    line = f"exec {words} <&- >&- 2>&-"

    assert 1 == subprocess.run(["sh", "-c", line], env=command.environment(), check=False).returncode
    assert "BLOCK" == command.run("runs", "--limit", "1").out.split()[3]


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["colour", "no_colour"])
def test_terminal(command: Command, repository: Path, variables: dict[str, str]) -> None:
    """On a terminal progress is one live line with tests done of collected; ``NO_COLOR`` leaves out the colours."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in command.environment().items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [EXECUTABLE, *gate(repository, "regression")],
        env={**environment, "TERM": "xterm", "COLUMNS": "120", **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)

    assert 1 == process.wait()
    text = shown.decode()
    assert "head: testing" in text
    assert "/30 tests, " in text
    assert "BLOCK" in text
    assert bool(variables) is ("\x1b[1;31m" not in text)
    assert "\x1b[2K" in text


def _read(descriptor: int) -> bytes:
    """The next piece; nothing when the last process has closed the other end."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_runs(command: Command, repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """``autopack runs`` lists the newest first, no more than asked for, of one repository if asked."""
    for head in ("regression", "broken-import"):
        assert 1 == command.run(*gate(repository, head)).code
    everything = command.run_here(capfd, "runs").out.splitlines()
    other = tmp_path / "other"
    create_sample_repository(other)

    limited = command.run_here(capfd, "runs", "--limit", "2")
    of_this = command.run_here(capfd, "runs", "--repo", str(repository / "tests"))
    of_other = command.run_here(capfd, "runs", "--repo", str(other))

    assert len(everything) > 2
    assert everything[:2] == limited.out.splitlines()
    assert everything == of_this.out.splitlines()
    assert (0, "", "autopack: no runs yet\n") == (of_other.code, of_other.out, of_other.err)
    moments = [" ".join(line.split()[1:3]) for line in everything]
    assert sorted(moments, reverse=True) == moments


def test_demo(tmp_path: Path) -> None:
    """``make demo`` comes to the five verdicts that it announces."""
    done = subprocess.run(
        [sys.executable, "-m", "dev.demo.__main__"],
        cwd=Path(__file__).parents[2],
        env={**Command(home=tmp_path).environment(), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    verdicts = [word for word in done.stdout.split() if word in {"ALLOW", "BLOCK", "INCONCLUSIVE", "NEEDS_HUMAN"}]
    assert ["ALLOW", "BLOCK", "BLOCK", "BLOCK", "BLOCK"] == verdicts
