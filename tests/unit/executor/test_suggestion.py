"""The setup command that a project's own files suggest."""

import pytest

from autopack_executor.environment.suggestion import suggest_setup, tells

PROJECT = "[build-system]\nrequires = []\n[project]\nname = 'a'\nversion = '1'\n"
OPTIONAL = "[tool.poetry.group.t]\noptional = true\n[tool.poetry.group.t.dependencies]\npytest = '*'\n"
INCLUDED = "[dependency-groups]\nt = ['pytest']\ndev = [{include-group = 't'}]\n"
GROUP = "[dependency-groups]\ntest = ['pytest>=8']\nlint = ['ruff']\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "pip install pytest"),
        ({"pyproject.toml": PROJECT}, "pip install -e . pytest"),
        ({"pyproject.toml": "not toml"}, "pip install pytest"),
        ({"setup.py": "setup(extras_require={'tests': ['pytest-cov']})"}, "pip install -e '.[tests]'"),
        ({"setup.cfg": "[options.extras_require]\ndev =\n    black\n    pytest"}, "pip install -e '.[dev]'"),
        (
            {"pyproject.toml": PROJECT + "[project.optional-dependencies]\ndocs = ['sphinx']\ntest = ['pytest']\n"},
            "pip install -e '.[test]'",
        ),
        ({"pyproject.toml": PROJECT + GROUP}, "pip install -e . --group test"),
        ({"pyproject.toml": GROUP}, "pip install --group test"),
        (
            {"pyproject.toml": "[dependency-groups]\nt = ['pytest']\ndev = [{include-group = 't'}]"},
            "pip install --group t",
        ),
        ({"pyproject.toml": PROJECT + GROUP, "uv.lock": ""}, "uv sync --group test"),
        ({"pyproject.toml": PROJECT + "[dependency-groups]\ndev = ['pytest']\n", "uv.lock": ""}, "uv sync"),
        (
            {"pyproject.toml": PROJECT + "[project.optional-dependencies]\nt = ['pytest']\n", "uv.lock": ""},
            "uv sync --extra t",
        ),
        ({"pyproject.toml": PROJECT, "uv.lock": ""}, "uv sync && uv pip install pytest"),
        ({"pyproject.toml": "[tool.poetry.group.dev.dependencies]\npytest = '*'", "poetry.lock": ""}, "poetry install"),
        ({"pyproject.toml": OPTIONAL}, "poetry install --with t"),
        ({"pyproject.toml": PROJECT + GROUP, "pdm.lock": ""}, "pdm install"),
        ({"pyproject.toml": PROJECT + "[tool.hatch.envs.default]\ndependencies = ['pytest']"}, "hatch run true"),
        ({"pyproject.toml": PROJECT + "[tool.hatch.envs.t]\nextra-dependencies = ['pytest']"}, "hatch run t:true"),
        (
            {"requirements.txt": "acme", "requirements-dev.txt": "pytest", "requirements-test.txt": "pytest"},
            "pip install -r requirements.txt -r requirements-test.txt",
        ),
        ({"requirements.txt": "acme"}, "pip install -r requirements.txt pytest"),
        ({"tox.ini": "[testenv]\ndeps =\n  pytest\n  py39: old\n  -r more.txt\n"}, "pip install pytest -r more.txt"),
    ],
)
def test_what_the_files_suggest(files: dict[str, str], expected: str) -> None:
    """The lock of a tool comes first, then groups, environments, extras, requirements files and tox.ini."""
    assert expected == suggest_setup({name: text.encode() for name, text in files.items()}).command


def test_the_advice_names_what_lies_in_the_tree() -> None:
    """The message says what was found, and the exact option."""
    files = {"pyproject.toml": (PROJECT + GROUP).encode(), "uv.lock": b""}

    assert (
        "the tree holds uv.lock, the dependency group 'test' with pytest; try --setup 'uv sync --group test' "
        "(--setup auto takes this one)"
    ) == suggest_setup(files).advice


def test_files_of_other_folders_tell_nothing() -> None:
    """A suggestion is made from the folder in which the tests run."""
    paths = ("pyproject.toml", "requirements/test.txt", "sub/pyproject.toml", "src/a.py", "notes.txt")

    assert ["pyproject.toml", "requirements/test.txt"] == [path for path in paths if tells(path)]
