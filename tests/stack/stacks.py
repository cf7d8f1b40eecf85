"""Stacks of the tests' own: with ports, secrets and volumes that nobody else has."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.stack.compose import Stack, with_defaults
from tests.e2e.stack import free_port


@contextmanager
def running_stack(folder: Path, *overrides: Path, build: bool) -> Iterator[Stack]:
    """A stack with its files in ``folder``, started and healthy; afterwards it is gone with all that it stored.
    ``overrides`` are further files of Compose. Raises StackFailed.
    """
    own = {
        "AUTOPACK_REPOSITORIES": str(folder / "repositories"),
        # Not 0: a service that is started again would have another port.
        "AUTOPACK_STORE_PORT": str(free_port()),
        "AUTOPACK_EXECUTOR_PORT": str(free_port()),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
    stack = Stack(
        project=f"autopack-test-{secrets.token_hex(4)}",
        environment=with_defaults(inherited | own, secrets=folder / "secrets"),
        secrets=folder / "secrets",
        overrides=overrides,
    )
    try:
        stack.up(build=build)
        yield stack
    finally:
        stack.down(volumes=True)
