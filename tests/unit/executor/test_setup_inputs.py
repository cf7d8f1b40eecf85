"""What a setup command reads, which versions a head keeps, and what a setup leaves behind as evidence."""

from pathlib import Path

import pytest

from autopack_executor.environment.interpreter import Distribution, Interpreter
from autopack_executor.environment.pins import changed_names, moved, pins
from autopack_executor.environment.setup_evidence import only_metadata, setup_evidence
from autopack_executor.environment.setup_inputs import inputs_digest, is_plain, setup_inputs
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.suite_run.value import SetupChange


def write(worktree: Path, files: dict[str, str]) -> None:
    """Write ``files`` below ``worktree``."""
    for name, content in files.items():
        (worktree / name).parent.mkdir(parents=True, exist_ok=True)
        (worktree / name).write_text(content)


def interpreter(*distributions: Distribution) -> Interpreter:
    """An interpreter with these distributions."""
    return Interpreter(
        executable=Path("/env/bin/python"),
        implementation="CPython",
        version="3.11.7",
        build="",
        platform="",
        prefix=Path("/env"),
        base_prefix=Path("/usr"),
        path=(),
        hooks=(),
        distributions=distributions,
    )


def distribution(name: str, version: str = "1.0", *, url: str = "", requires: tuple[str, ...] = ()) -> Distribution:
    """An installed distribution."""
    return Distribution(name=name, version=version, url=url, editable=bool(url), record="", requires=requires)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pip install -e '.[test]'", True),
        ("pip install -q pytest && pip install --no-index --find-links '/a b' -r requirements.txt", True),
        ("python -m pip install pytest==8.*", True),
        ("pip install -e .\npip install pytest", True),
        ("uv sync --group test", True),
        ("uv pip install -e . --group dev", True),
        ("PIP_NO_INDEX=1 pip install .", True),
        ("poetry install --with test", True),
        ("pdm install -G test", True),
        ("hatch run true", True),
        ("make setup", False),
        ("sh prepare.sh", False),
        ("pip install $PACKAGES", False),
        ("pip install dist/*.whl", False),
        ("pip install -e . | tee log", False),
        ("cd sub && pip install -e .", False),
        ("uv run prepare", False),
        ("hatch run prepare", False),
        ("pip install 'unbalanced", False),
        ("", False),
    ],
)
def test_plain_commands(command: str, expected: bool) -> None:
    """Only calls of package installers have inputs that are known; in doubt they are not."""
    assert expected == is_plain(command)


def test_inputs_are_followed(tmp_path: Path) -> None:
    """An input is what the command names, the dependency files, and what any of them names in turn; no document."""
    write(
        tmp_path,
        {
            "setup.py": "from tools.version import V\nopen('deps/base.list'); open('README.md')",
            "tools/version.py": "V = 1",
            "deps/base.list": "acme",
            "README.md": "",
            "more.txt": "-r deps/extra.list",
            "deps/extra.list": "",
            "Makefile": "setup:\n\t./ci/install.py",
            "ci/install.py": "",
            "src/code.py": "",
            "tests/test_a.py": "",
        },
    )
    plain = ["deps/base.list", "deps/extra.list", "more.txt", "setup.py", "tools/version.py"]

    assert plain == list(setup_inputs(tmp_path, "pip install -r more.txt -e ."))
    assert sorted([*plain, "Makefile", "ci/install.py"]) == list(setup_inputs(tmp_path, "make setup -f more.txt"))


def test_names_outside_are_not_read(tmp_path: Path) -> None:
    """A command that names a file outside of the worktree adds nothing to its inputs."""
    (tmp_path / "outside").touch()
    (tmp_path / "tree").mkdir()

    assert {} == setup_inputs(tmp_path / "tree", f"cat ../outside {tmp_path}/outside")


def test_the_folder_of_git_is_no_input(tmp_path: Path) -> None:
    """A file that names .git, such as a list of what a linter leaves out, adds none of git's own files: in a worktree
    .git is a file that differs from run to run.
    """
    files = {
        "pyproject.toml": '[tool.ruff]\nexclude = [".git", ".git/config", "sub/.git"]',
        ".git": "gitdir: /runs/1",
        "sub/.git": "",
    }
    write(tmp_path, files)

    assert ["pyproject.toml"] == list(setup_inputs(tmp_path, "pip install ."))


def test_a_link_that_leads_nowhere_is_an_input(tmp_path: Path) -> None:
    """A dependency file that is a broken link counts by where it leads."""
    (tmp_path / "setup.py").symlink_to("nowhere")
    before = inputs_digest(setup_inputs(tmp_path, ""))
    (tmp_path / "setup.py").unlink()
    (tmp_path / "setup.py").symlink_to("elsewhere")

    assert before != inputs_digest(setup_inputs(tmp_path, ""))


LOCK = b"""
[[package]]
name = "acme"
version = "1.0"

[[package]]
name = "beta"
version = "1.0"
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"requirements.txt": b"acme==1\nbeta\n"}, {"requirements.txt": b"acme==2\nbeta\n"}, {"acme"}),
        ({"requirements.txt": b"acme\n"}, {"requirements.txt": b"acme\n# for Beta_Lib\n"}, {"beta-lib"}),
        ({"uv.lock": LOCK}, {"uv.lock": LOCK.replace(b'"beta"\nversion = "1.0"', b'"beta"\nversion = "2"')}, {"beta"}),
        ({".python-version": b"3.11"}, {".python-version": b"3.12"}, {"python"}),
        (
            {"pyproject.toml": b'requires-python = ">=3.9"'},
            {"pyproject.toml": b'requires-python = ">=3.12"'},
            {"python"},
        ),
        ({"Makefile": b"x"}, {"Makefile": b"x"}, set()),
    ],
)
def test_changed_lines_name_what_moves(before: dict[str, bytes], after: dict[str, bytes], expected: set[str]) -> None:
    """Names are taken from the lines that differ, of a lock file from the entries that do."""
    known = {"acme", "beta", "beta-lib", "python"}

    assert expected == changed_names(before, after) & known


def test_pins_keep_what_comes_from_an_index() -> None:
    """The constraints of a head name every version of base but for the project, pip, and what the change names."""
    base = interpreter(
        distribution("acme"), distribution("beta", "2+cpu"), distribution("pip", "26"), distribution("odd", "what?"),
        distribution("thing", url="file:///side/tree"),
    )  # fmt: skip

    assert "beta==2+cpu\n" == pins(base, {}, frozenset({"acme"})).constraints


def test_the_change_accounts_for_what_it_names_and_what_that_needs() -> None:
    """What a change names may move, with what that requires and what only one side has; anything else has drifted."""
    base = interpreter(
        distribution("acme", requires=("beta",)), distribution("beta"), distribution("gamma"), distribution("old"),
        distribution("thing", url="file:///side/tree"),
    )  # fmt: skip
    head = interpreter(
        distribution("acme", "2", requires=("beta",)), distribution("beta", "2"), distribution("gamma", "2"),
        distribution("new"), distribution("thing", "2", url="file:///side/tree"),
    )  # fmt: skip
    named = frozenset({"acme"})

    assert ("acme", "beta", "new", "old", "thing") == moved(base, head, named=named, inputs_differ=True)
    assert ("thing",) == moved(base, head, named=frozenset(), inputs_differ=False)


def test_only_metadata_fits_every_tree() -> None:
    """Metadata of an editable install and lock files are harmless; a generated or deleted file is not."""
    assert only_metadata(WorktreeChanges(written=("src/p.egg-info/PKG-INFO", "uv.lock"), deleted=()))
    assert not only_metadata(WorktreeChanges(written=("src/p/_version.py", "src/p.egg-info/PKG-INFO"), deleted=()))
    assert not only_metadata(WorktreeChanges(written=(), deleted=("a.py",)))


def test_what_a_setup_did_is_evidence() -> None:
    """Tracked files that changed or went are told, and new ones that decide how tests run; what is built is not."""
    before = {"a.py": "file 1", "b.py": "file 1", "p.egg-info/PKG-INFO": "file 1"}
    after = {
        "a.py": "file 2", "p.egg-info/PKG-INFO": "file 2", "sub/conftest.py": "file 3",
        "build/lib/conftest.py": "file 4", "made.txt": "file 5", "a.so": "file 6",
    }  # fmt: skip
    told = setup_evidence(WorktreeChanges.between(before, after), before, after)

    expected = [("a.py", "file 2"), ("b.py", ""), ("sub/conftest.py", "file 3")]
    assert tuple(SetupChange(path=path, content=content) for path, content in expected) == told
