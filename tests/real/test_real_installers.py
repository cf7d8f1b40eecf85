"""Gates of tiny projects that poetry, pdm and hatch set up: as a user calls each, and as ``--setup auto`` finds it."""

import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import codes, embedded_gates, verdict
from tests.installed_packages import write_wheels
from tests.real.independent import IndependentEnvironment

pytestmark = pytest.mark.real

# Newer releases of hishel lack what pdm imports.
TOOLS = ("poetry==2.5.1", "pdm==2.29.4", "hishel[httpx2]<2", "hatch")
CODE = "def total(prices):\n    return sum(prices){}\n"
TESTS = "import shop\n\ndef test_total():\n    assert shop.total([1, 2]) == 3\n\ndef test_empty():\n    assert not 0\n"
PROJECT = """
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
"""
POETRY = """
[tool.poetry]
packages = [{ include = "shop", from = "src" }]

[tool.poetry.group.dev.dependencies]
%s

[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
"""
PDM = """
[dependency-groups]
dev = ["pytest>=8"]

[tool.pdm]
distribution = true

[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
"""
HATCH = """
[tool.hatch.envs.default]
dependencies = ["pytest>=8"]

[tool.hatch.build.targets.wheel]
packages = ["src/shop"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
COMMANDS = {"poetry": "poetry install", "pdm": "pdm install", "hatch": "hatch run true"}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the three programs, beside this interpreter: a gate looks for no program below TMPDIR."""
    environment = IndependentEnvironment(tmp_path_factory.mktemp("tools"), TOOLS)
    place = Path(sys.prefix, "tools")
    place.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        for name in COMMANDS:
            Path(folder, name).symlink_to(environment.python.parent / name)
        yield Path(folder)


def _wheels(folder: Path) -> dict[str, bytes]:
    """Wheels of pytest and of all that it may need on any machine: poetry resolves for all of them."""
    write_wheels("pytest", folder)
    info = "colorama-0.4.6.dist-info"
    with zipfile.ZipFile(folder / "colorama-0.4.6-py3-none-any.whl", "w") as wheel:
        wheel.writestr("colorama.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: colorama\nVersion: 0.4.6\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return {f"wheels/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}


def _project(tool: str, folder: Path) -> GitSandbox:
    """A project of the tool whose candidate breaks one of its two tests."""
    files: dict[str, str | bytes] = {
        "src/shop/__init__.py": "from shop.prices import total\n",
        "src/shop/prices.py": CODE.format(""),
        "tests/test_shop.py": TESTS,
    }
    if tool == "poetry":
        wheels = _wheels(folder / "wheels")
        named = {path.split("/")[1].split("-")[0].replace("_", "-"): path for path in wheels}
        text = POETRY % "".join(f'{name} = {{ path = "{path}" }}\n' for name, path in named.items())
        files |= wheels
    else:
        text = {"pdm": PDM, "hatch": HATCH}[tool]
    repository = GitSandbox(folder / "repository")
    repository.commit({**files, "pyproject.toml": PROJECT + text})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"src/shop/prices.py": CODE.format(" + 1")})
    repository.git("switch", "--quiet", "main")
    return repository


def _setup(gated: FullReport) -> tuple[str, bool]:
    """The command of head's set-up, and whether its environment was there already."""
    assert gated.head is not None
    assert gated.head.suite_run.setup is not None
    return gated.head.suite_run.setup.command, gated.head.suite_run.setup.reused


@pytest.mark.parametrize("tool", COMMANDS)
def test_a_project_of_an_installer_is_gated(
    tool: str, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool installs into the environment of the side: the broken test is seen, the other passes on both sides, and
    the command that ``--setup auto`` finds is the one that its user gives, which finds the environment again.
    """
    repository = _project(tool, tmp_path)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    with embedded_gates(tmp_path / "home") as gates:
        candidate = CommitCandidate(revision="candidate")
        found, given = (
            gates.gate(repository.root, candidate=candidate, setup=setup, timeout_ms=600_000)
            for setup in ("auto", COMMANDS[tool])
        )

    assert [("BLOCK", ["newly_failing"])] * 2 == [(verdict(gated), codes(gated)) for gated in (found, given)]
    # What comes from wheels in the tree belongs to that tree, so that head cannot share the environment of base.
    shared = tool != "poetry"
    assert [(COMMANDS[tool], shared), (COMMANDS[tool], True)] == [_setup(found), _setup(given)]
