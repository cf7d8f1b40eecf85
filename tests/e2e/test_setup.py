"""``--setup``: each side gets an environment of its own, so that an editable install never makes one test the other."""

import json
import shlex
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command, Outcome

# What pytest is made of: linked into environments, since there may be no index to install it from.
PARTS = [
    str(path)
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py")
    for path in sorted(Path(pytest.__file__).parent.parent.glob(f"{name}*"))
    if path.name in (name, f"{name}.py") or path.match(f"{name}-*.dist-info")
]
SITE = """site=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"""
# A build backend in the project's own tree: pip makes a real editable install, without an index.
BACKEND = """
    import pathlib, zipfile

    WHEEL = "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"

    def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
        files = {
            "thing.pth": str(pathlib.Path("src").resolve()),
            "thing-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: thing\\nVersion: 1\\n",
            "thing-1.dist-info/WHEEL": WHEEL,
        }
        record = "".join(f"{name},,\\n" for name in [*files, "thing-1.dist-info/RECORD"])
        with zipfile.ZipFile(pathlib.Path(wheel_directory, "thing-1-py3-none-any.whl"), "w") as wheel:
            for name, text in {**files, "thing-1.dist-info/RECORD": record}.items():
                wheel.writestr(name, text)
        return "thing-1-py3-none-any.whl"
"""
PROJECT = """
    [build-system]
    requires = []
    build-backend = "backend"
    backend-path = ["."]

    [project]
    name = "thing"
    version = "1"
"""
TEST = "import thing\n\ndef test_answer():\n    assert thing.ANSWER == 42\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project in the ``src`` layout whose candidate breaks its only test, and the command line."""

    repository: GitSandbox
    command: Command
    folder: Path

    @property
    def install(self) -> str:
        """A setup script: an editable install, beside the pytest that runs this test. It counts its runs."""
        return (
            f"echo ran >> {self.folder}/setups; {SITE}; ln -s {shlex.join(PARTS)} $site/ && "
            "python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --editable .\n"
        )

    @property
    def setups(self) -> int:
        """How often the setup command ran."""
        return len((self.folder / "setups").read_text().splitlines())

    def gate(self, *options: str, head: str = "candidate") -> Outcome:
        """Gate, with the result in ``result.json``."""
        environment = [] if "--python" in options else ["--python", sys.executable, "--setup", "sh prepare.sh"]
        return self.command.run(
            *("gate", "--repo", str(self.repository.root), "--base", "main", "--head", head),
            *(*environment, "--json", str(self.folder / "result.json"), *options),
        )

    def sides(self) -> list[tuple[str, object]]:
        """What the last result says of both sides: whether it was reused, and why it is incomplete."""
        result = json.loads((self.folder / "result.json").read_text())
        return [
            ("reused" if side["reused"] else "measured", side["incomplete_reason"])
            for side in (result["base"], result["head"])
        ]

    def environment_of_the_checkout(self) -> str:
        """An environment with an editable install of the user's own checkout."""
        root = self.folder / "environment"
        if root.exists():
            return str(root)
        venv.create(root, with_pip=False, symlinks=True)
        site = next((root / "lib").iterdir()) / "site-packages"
        for part in map(Path, PARTS):
            (site / part.name).symlink_to(part)
        (site / "thing.pth").write_text(f"{self.repository.root / 'src'}\n")
        return str(root)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Base says 42, the candidate 41; a third branch cannot be set up."""
    folder = tmp_path_factory.mktemp("setup")
    project = Project(
        repository=GitSandbox(folder / "repository"), command=Command(home=folder / "home"), folder=folder
    )
    project.repository.commit(
        {
            "pyproject.toml": dedent(PROJECT),
            "backend.py": dedent(BACKEND),
            "src/thing/__init__.py": "ANSWER = 42\n",
            "tests/test_thing.py": TEST,
            "prepare.sh": project.install,
        }
    )
    for branch, edit in (
        ("candidate", {"src/thing/__init__.py": "ANSWER = 41\n"}),
        ("unprepared", {"prepare.sh": "printf 'no compiler \\033[31m\\377\\000 here\\n'; exit 3\n"}),
    ):
        project.repository.git("switch", "--quiet", "--create", branch, "main")
        project.repository.commit(edit)
    project.repository.git("switch", "--quiet", "main")
    return project


def test_each_side_tests_itself(project: Project) -> None:
    """An editable install by ``--setup`` binds to each side; the next gate uses environment and baseline again.

    One whose setup command fails on head alone is blocked, and its output is shown, binary or not.
    """
    first = project.gate("--run-id", "first")

    assert (1, [("measured", None), ("measured", None)]) == (first.code, project.sides()), first
    assert "newly_failing" in first.out
    made = project.setups
    second = project.gate("--run-id", "second")
    assert (1, [("reused", None), ("measured", None)]) == (second.code, project.sides()), second
    assert made == project.setups
    third = project.gate("--run-id", "third", head="unprepared")
    assert (1, [("reused", None), ("measured", "setup_failed")]) == (third.code, project.sides()), third
    assert "head_setup_failed" in third.out
    explained = project.command.run("explain", "third").out
    assert "setup command 'sh prepare.sh' ended with exit code 3" in explained
    assert "no compiler \ufffd\\x00 here" in explained


def test_environment_of_another_checkout_is_refused(project: Project) -> None:
    """An environment in which the project comes from the user's checkout is refused before anything is recorded."""
    outcome = project.gate("--python", project.environment_of_the_checkout(), "--run-id", "refused")

    assert (2, "") == (outcome.code, outcome.out), outcome
    assert f"the tests would import thing from {project.repository.root}/src/thing/__init__.py" in outcome.err
    assert "--setup 'pip install -e .'" in outcome.err
    assert "there is no run refused" in project.command.run("explain", "refused").err


def test_environment_of_another_checkout_proves_nothing(project: Project) -> None:
    """Where the path of imports may be changed, the suites run and tell from where they imported: inconclusive."""
    for branch, start in (("hinting", "main"), ("hinting-candidate", "candidate")):
        project.repository.git("switch", "--quiet", "--create", branch, start)
        project.repository.commit({"conftest.py": "# sys.path stays as it is\n"})
    project.repository.git("switch", "--quiet", "main")

    outcome = project.gate(
        *("--python", project.environment_of_the_checkout(), "--run-id", "it", "--base", "hinting"),
        head="hinting-candidate",
    )

    assert (3, [("measured", "foreign_tree"), ("measured", "foreign_tree")]) == (outcome.code, project.sides()), outcome
    assert "base_foreign_tree" in outcome.out
    assert "give a setup command" in outcome.out
    assert "likely cause: the environment holds the project itself, and the tests imported thing=" in outcome.out
    explained = project.command.run("explain", "it").out
    assert f"imported thing={project.repository.root}/src/thing/__init__.py" in explained
    assert "--setup" in explained
