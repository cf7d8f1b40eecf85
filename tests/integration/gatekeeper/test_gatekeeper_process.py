"""The gatekeeper as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autopack_rpc.roles import Role


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a gatekeeper needs, and how to find it."""
    variables = {
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "AUTOPACK_STORE_ADDRESS": "127.0.0.1:1",
        "AUTOPACK_GATEKEEPER_ADDRESS": "127.0.0.1:0",
    }
    for role in Role:
        path = folder / role.value
        path.write_text(f"{role.value}-token-of-some-length")
        variables[f"AUTOPACK_{role.name}_TOKEN_FILE"] = str(path)
    return variables | more


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_comes(tmp_path: Path, number: signal.Signals) -> None:
    """It says where it listens, and leaves with 0."""
    with subprocess.Popen(
        [sys.executable, "-m", "autopack_gatekeeper"], env=environment(tmp_path), stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        try:
            line = json.loads(process.stderr.readline())
            process.send_signal(number)
            assert 0 == process.wait(timeout=30)
        finally:
            process.kill()
    assert "serving" == line["event"]
    assert line["address"].startswith("127.0.0.1:")
    assert not line["address"].endswith(":0")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"AUTOPACK_STORE_ADDRESS": ""}, 2, "set AUTOPACK_STORE_ADDRESS"),
        (
            {"AUTOPACK_GATEKEEPER_ADDRESS": "unix:/nowhere/at/all.sock"},
            70,
            "cannot listen on unix:/nowhere/at/all.sock",
        ),
    ],
)
def test_it_says_why_it_does_not_start(tmp_path: Path, more: dict[str, str], code: int, message: str) -> None:
    """A bad setting is a usage error, an address that cannot be bound is a failure."""
    finished = subprocess.run(
        [sys.executable, "-m", "autopack_gatekeeper"],
        env=environment(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert code == finished.returncode
    assert message in finished.stderr
