"""What the tests of the isolation workspace share: a state directory, and workspaces in it."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autopack_executor.isolation.child import ChildExit
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders, Workspace
from autopack_executor.workspace.home import Home
from autopack_model.identity.value import Side
from autopack_rpc.files import remove_tree

RunPython = Callable[..., ChildExit]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty state directory. The folders that a killed executor left in its short place go with the test."""
    home = Home(tmp_path / "state")
    yield home
    remove_tree(home.short_place.root)


@pytest.fixture(params=["namespace", "siblings"])
def sandbox(home: Home, request: pytest.FixtureRequest) -> Sandbox:
    """A sandbox of either kind; where the kernel allows no namespace, both are siblings."""
    return Sandbox(home, superuser=os.geteuid() == 0, force_siblings=request.param == "siblings")


@pytest.fixture
def workspace(home: Home, tmp_path: Path) -> Iterator[Workspace]:
    """An open run with a tree on either side that holds one file, ``side.txt``."""
    with home.open_run("run-1", tmp_path) as workspace:
        for side in (Side.BASE, Side.HEAD):
            tree = workspace.side(side).tree
            tree.mkdir()
            (tree / "side.txt").write_text(side.label)
        yield workspace


@pytest.fixture
def run_python(sandbox: Sandbox) -> RunPython:
    """Run a piece of Python in a side's workspace; its output is in ``out/log``."""

    def run(
        workspace: SideFolders,
        code: str,
        *,
        timeout_s: float = 30.0,
        cancel: threading.Event | None = None,
        on_tick: Callable[[], None] = lambda: None,
    ) -> ChildExit:
        return sandbox.run(
            workspace,
            [sys.executable, "-c", code],
            variables={"PATH": os.defpath},
            log=workspace.out / "log",
            timeout_s=timeout_s,
            cancel=cancel or threading.Event(),
            on_tick=on_tick,
        )

    return run
