"""Gates of tests that are not the same each time: what retries come to, what they cost, and what is said of them."""

import json
import sys
from pathlib import Path

import pytest

from autopack_store.cli import run as run_store
from tests.builders import GitSandbox
from tests.e2e.command import Command

# Counts its executions in all suite runs of a gate, and fails in those that the script marks with an F.
TESTS = """
import os
import pathlib
import product

def test_scripted():
    scene = pathlib.Path(os.environ["SCENE"])
    with open(scene / "counter", "a") as counter:
        counter.write(".")
    number = (scene / "counter").stat().st_size
    assert (scene / "script").read_text()[number - 1] == "P", "it has its moods"

def test_product():
    assert product.VALUE > 0
"""


class Scene:
    """A repository with a test that follows a script, and the gates of its changes."""

    def __init__(self, folder: Path) -> None:
        self.command = Command(home=folder / "home")
        self._folder = folder
        self._repository = GitSandbox(folder / "repository")
        self._repository.commit({"test_it.py": TESTS, "product.py": "VALUE = 1\n"})

    def gate(
        self, run_id: str, script: str, product: str = "VALUE = 2\n", *, files: tuple[str, ...] = ("product.py",)
    ) -> tuple[dict[str, object], str]:
        """Gate a change of the ``files``, while the test follows the ``script`` from its start; the result and what was
        said meanwhile. Each outcome of the script is used.
        """
        self._repository.git("switch", "--quiet", "--create", run_id, "main")
        changed = {"product.py": f"# {run_id}\n{product}", "test_it.py": f"# {run_id}\n{TESTS}"}
        self._repository.commit({name: changed[name] for name in files})
        self._repository.git("switch", "--quiet", "main")
        (self._folder / "counter").write_text("")
        (self._folder / "script").write_text(script)
        options = ("--base", "main", "--head", run_id, "--run-id", run_id, "--python", sys.executable, "--json", "-")
        outcome = self.command.run(
            "gate", "--repo", str(self._repository.root), *options, "--env", f"SCENE={self._folder}"
        )
        assert len(script) == (self._folder / "counter").stat().st_size, outcome.err
        result: dict[str, object] = json.loads(outcome.out)
        return result, outcome.err


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A repository that was never gated."""
    return Scene(tmp_path)


def retries(result: dict[str, object]) -> dict[str, str]:
    """The retries of each side: n for one that this gate made, r for a reused one, i for an incomplete one."""
    found = {}
    for name in ("base", "head", "cross"):
        side = result[name]
        if side is None:
            continue
        assert isinstance(side, dict)
        found[name] = "".join("i" if not each["complete"] else "nr"[each["reused"]] for each in side["retries"])
    return found


def codes(result: dict[str, object]) -> tuple[object, list[str]]:
    """The verdict, and the codes of the reasons."""
    reasons = result["reasons"]
    assert isinstance(reasons, list)
    return result["verdict"], [reason["code"] for reason in reasons]


def test_a_flaky_test_is_known_from_gate_to_gate(scene: Scene) -> None:
    """A test that is flaky on both sides is a warning. The next gate on the base runs it on head alone. Whatever the
    decisions rest on, they are derived again.
    """
    # base, head, head again, and base until it fails
    first, said = scene.gate("first", "P" + "F" + "P" + "PPF")
    assert (("ALLOW", ["still_flaky"]), {"base": "nnn", "head": "n"}) == (codes(first), retries(first))
    assert "head: retrying retry 1, of 1 newly bad test" in said
    assert "checking out" not in said.partition("retrying")[2]
    second, _ = scene.gate("second", "F" + "FP")
    assert (("ALLOW", ["still_flaky"]), {"base": "rrr", "head": "nn"}) == (codes(second), retries(second))

    explained = scene.command.run("explain", "second").out
    assert "reused baseline; 3 retries (3 of earlier runs)" in explained
    assert "base: passed; in 3 retries: 2 passed, 1 failed" in explained
    assert "head: failed; in 2 retries: 1 passed, 1 failed" in explained
    assert explained.count("it has its moods") == 2
    for run_id in ("first", "second"):
        assert scene.command.run("replay", run_id).out.startswith(f"EQUAL run {run_id}\n")
    database = f"sqlite:///{scene.command.home}/store.db"
    assert 0 == run_store(["verify", "--decisions", "--database", database], {})


def test_a_regression_is_blamed_sooner_from_gate_to_gate(scene: Scene) -> None:
    """A regression blocks beside a flaky test, and costs fewer sessions in the next gate on the same base."""
    broken = "VALUE = 0\n"
    first, said = scene.gate("first", "PP", broken)
    assert (("BLOCK", ["newly_failing"]), {"base": "nnnnn", "head": "nnnnn"}) == (codes(first), retries(first))
    assert 10 == said.count("retrying retry")
    second, said = scene.gate("second", "P", broken)
    assert (("BLOCK", ["newly_failing"]), {"base": "nrrrrr", "head": "nnnnn"}) == (codes(second), retries(second))
    assert 6 == said.count("retrying retry")


@pytest.mark.parametrize(
    ("files", "script", "on_cross", "on_base"),
    [
        # base, head, cross, then retries of the cross side and of base
        (("product.py", "test_it.py"), "PPFPPPF", "n", "nnn"),
        (("product.py", "test_it.py"), "FPFFPFP", "nn", "nn"),
        # The cross tree is base's, and what was measured of it is used.
        (("test_it.py",), "FPPPF", "n", "nn"),
    ],
    ids=["fails_on_cross", "failed_on_base", "cross_is_base"],
)
def test_a_test_that_is_flaky_on_the_cross_side_is_looked_at_on_base(
    scene: Scene, files: tuple[str, ...], script: str, on_cross: str, on_base: str
) -> None:
    """A test that base's code shows to be flaky as well says nothing against an edit of its file."""
    result, _ = scene.gate("edited", script, files=files)

    assert {"base": on_base, "head": "", "cross": on_cross} == retries(result)
    assert ("ALLOW", ["flaky"]) == codes(result)


def test_a_test_that_is_flaky_on_the_cross_side_alone_needs_a_person(scene: Scene) -> None:
    """Where base passes each time, only the candidate's code was seen to fail."""
    result, _ = scene.gate("edited", "PPFP" + "P" * 15, files=("product.py", "test_it.py"))

    assert {"base": "n" * 15, "head": "", "cross": "n"} == retries(result)
    assert ("NEEDS_HUMAN", ["rewritten"]) == codes(result)
