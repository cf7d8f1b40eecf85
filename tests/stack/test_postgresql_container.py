"""The PostgreSQL in a container that the storage tests use."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.stack.docker_engine import docker
from tests.postgresql import IMAGE, REQUIRED, SOURCES, PostgresqlMissing, contained_server, postgresql_server
from tests.postgresql import VARIABLE as NAMED

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from tests.postgresql import contained_server
with contained_server() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
NONE = "autopack.invalid/no-such-image:0"


def _containers() -> set[str]:
    return set(
        docker("ps", "--all", "--quiet", "--no-trunc", "--filter", "label=org.testcontainers.lang=python").split()
    )


def test_a_container_goes_when_its_tests_are_killed() -> None:
    """The container of tests that were killed with SIGKILL is removed, with what it stored."""
    before = _containers()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("postgresql://postgres:")
    (container,) = _containers() - before

    holder.kill()
    holder.communicate()

    deadline = time.monotonic() + 60
    while container in _containers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert container not in _containers()


def test_a_container_comes_before_packaged_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an engine answers, the server is one in a container, and its origin names the image."""
    monkeypatch.delenv(NAMED, raising=False)

    with postgresql_server() as server:
        assert "a container of the tests' own, from the image " in server.origin
    assert contained_server is SOURCES[1]


def test_a_missing_image_is_a_failure_where_docker_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """With AUTOPACK_REQUIRE_DOCKER=1 an image that cannot be had is a failure that names it and the setting."""
    monkeypatch.delenv(NAMED, raising=False)
    monkeypatch.setenv(REQUIRED, "1")
    monkeypatch.setenv(IMAGE, NONE)

    with pytest.raises(PostgresqlMissing, match=f"{REQUIRED}=1.*{NONE}.*{IMAGE}"), postgresql_server():
        pass


def test_a_missing_image_is_said_where_docker_is_not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the packaged server takes its place, and its origin says why."""
    monkeypatch.delenv(NAMED, raising=False)
    monkeypatch.delenv(REQUIRED, raising=False)
    monkeypatch.setenv(IMAGE, NONE)

    with postgresql_server() as server:
        assert f"in no container: the engine has no image {NONE}" in server.origin


def test_an_engine_that_does_not_answer_is_a_failure_where_docker_is_required(tmp_path: Path) -> None:
    """With AUTOPACK_REQUIRE_DOCKER=1 a missing engine is a failure that says how to get one."""
    asked = subprocess.run(
        [sys.executable, "-c", "from tests.postgresql import postgresql_server as s\nwith s(): pass"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != NAMED}
        | {REQUIRED: "1", "DOCKER_HOST": f"unix://{tmp_path}/no-engine"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == asked.returncode
    assert "no Docker engine answers" in asked.stderr.splitlines()[-1]
