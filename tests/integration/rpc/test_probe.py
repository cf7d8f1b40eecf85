"""The health check of containers."""

import subprocess
import sys
from pathlib import Path

import pytest

from autopack_rpc.health.checks import LIVENESS
from autopack_rpc.server.serving import serving
from tests.integration.rpc.scripted import ACCESS, DOMAIN, services


def probe(*arguments: str) -> tuple[int, str]:
    """The exit code and the line of one probe."""
    done = subprocess.run(
        [sys.executable, "-m", "autopack_rpc.health.probe", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("form", ["unix", "tcp"])
@pytest.mark.parametrize(("problem", "expected"), [(None, (0, "SERVING")), ("away", (1, "NOT_SERVING"))])
def test_it_says_whether_a_service_is_ready(
    tmp_path: Path, form: str, problem: str | None, expected: tuple[int, str]
) -> None:
    """A service that is ready is 0, one that is not is 1, on a socket and on a port; each with one line."""
    with serving(
        f"unix:{tmp_path}/socket" if form == "unix" else "127.0.0.1:0",
        services(tmp_path),
        domain=DOMAIN,
        distribution="autopack-proto",
        errors={},
        access=ACCESS,
        readiness=lambda: problem,
    ) as address:
        code, said = expected
        assert (code, f"{address}: {said}\n") == probe(address)
        assert (0, f"{address}: SERVING\n") == probe(address, "--service", LIVENESS)


def test_it_says_that_nobody_answers(tmp_path: Path) -> None:
    """Nobody there, a name that nothing has, and a wrong use are 2."""
    code, line = probe(f"unix:{tmp_path}/nothing", "--timeout", "2")

    assert (2, 1) == (code, line.count("\n"))
    assert "no answer (UNAVAILABLE" in line
    assert 2 == probe()[0]
