"""Which setup command a project's own files suggest: what lies in its tree, and what installs pytest from that."""

import ast
import configparser
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

AUTO: Final = "auto"
"""The setup command that stands for the suggested one."""
_TELLING: Final = (
    *("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "uv.lock", "poetry.lock", "pdm.lock"),
    *("requirements*.txt", "*requirements.txt", "requirements/*.txt", "*-requirements.txt"),
)
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A setup command to try, and what in the tree it was made from; the most telling first."""

    command: str
    found: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What to tell the user, a clause."""
        holds = f"the tree holds {', '.join(self.found)}; " if self.found else ""
        return f"{holds}try --setup {shlex.quote(self.command)} (--setup auto takes this one)"


def suggest_setup(files: Mapping[str, bytes]) -> Suggestion:
    """The suggestion for a folder with ``files``, of which the locks may be empty here. The same files give the same
    suggestion.
    """
    project = _Project.read(files)
    found = tuple(_told(files, project))
    return Suggestion(command=_command(files, project), found=found)


def tells(path: str) -> bool:
    """Whether a suggestion is made from the file ``path``, relative to the folder in which the tests run."""
    return any(path.count("/") == pattern.count("/") and fnmatchcase(path, pattern) for pattern in _TELLING)


def suggest_setup_in(folder: Path) -> Suggestion:
    """The suggestion for a folder of a worktree. Raises OSError."""
    paths = (*folder.iterdir(), *folder.glob("requirements/*"))
    names = sorted(str(path.relative_to(folder)) for path in paths if path.is_file())
    return suggest_setup({name: (folder / name).read_bytes() for name in names if tells(name)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """What ``pyproject.toml`` and its elders declare. ``groups``, ``extras`` and ``environments`` are those with
    pytest, each list in the order of the file; ``installable`` says whether pip can install the folder.
    """

    tools: frozenset[str]
    groups: tuple[str, ...]
    optional_groups: frozenset[str]
    extras: tuple[str, ...]
    environments: tuple[str, ...]
    has_pytest: bool
    installable: bool

    @staticmethod
    def read(files: Mapping[str, bytes]) -> "_Project":
        try:
            data = tomllib.loads(files.get("pyproject.toml", b"").decode(errors="replace"))
        except tomllib.TOMLDecodeError:
            data = {}
        tool, project = _table(data, "tool"), _table(data, "project")
        poetry, hatch = _table(tool, "poetry"), _table(_table(tool, "hatch"), "envs")
        groups = _table(data, "dependency-groups")
        extras = {**_table(project, "optional-dependencies"), **_setup_extras(files)}
        poetry_groups = _table(poetry, "group")
        return _Project(
            tools=frozenset(tool),
            groups=(
                *(name for name in groups if _group_has_pytest(groups, name, set())),
                *(name for name, group in poetry_groups.items() if _has_pytest(_table(group, "dependencies"))),
            ),
            optional_groups=frozenset(
                name for name, group in poetry_groups.items() if isinstance(group, dict) and group.get("optional")
            ),
            extras=tuple(name for name, needed in extras.items() if _has_pytest(needed)),
            environments=tuple(
                name
                for name, table in hatch.items()
                if isinstance(table, dict)
                and _has_pytest([*_list(table.get("dependencies")), *_list(table.get("extra-dependencies"))])
            ),
            has_pytest=_has_pytest(project.get("dependencies"))
            or _has_pytest(_table(poetry, "dev-dependencies"))
            or _has_pytest(_table(poetry, "dependencies"))
            or _has_pytest(_table(tool, "uv").get("dev-dependencies"))
            or any(_has_pytest(group) for group in _table(_table(tool, "pdm"), "dev-dependencies").values()),
            installable=any((project, poetry, "build-system" in data, "setup.py" in files, "setup.cfg" in files)),
        )


def _command(files: Mapping[str, bytes], project: _Project) -> str:
    extra = project.extras[0] if project.extras else None
    group = project.groups[0] if project.groups else None
    known = project.has_pytest or group is not None
    if "uv.lock" in files or "uv" in project.tools:
        chosen = "" if group in (None, "dev") else f" --group {group}"
        if not known:
            return f"uv sync --extra {extra}" if extra else "uv sync && uv pip install pytest"
        return f"uv sync{chosen}"
    if "poetry.lock" in files or "poetry" in project.tools:
        if not known:
            return f"poetry install --extras {extra}" if extra else "poetry install && pip install pytest"
        return f"poetry install --with {group}" if group in project.optional_groups else "poetry install"
    if "pdm.lock" in files or "pdm" in project.tools:
        if not known:
            return f"pdm install -G {extra}" if extra else "pdm install && pip install pytest"
        return "pdm install"
    own = ["-e", f".[{extra}]" if extra else "."] if project.installable else []
    if group is not None:
        return shlex.join(["pip", "install", *own, "--group", group])
    if project.environments:
        name = project.environments[0]
        return "hatch run true" if name == "default" else f"hatch run {name}:true"
    if extra or project.has_pytest:
        return shlex.join(["pip", "install", *own])
    tox = _tox_dependencies(files)
    # Where tox says what the tests need it says all of it.
    needed = tox or tuple(word for name in _requirements(files) for word in ("-r", name))
    known = _has_pytest(tox) or any(_lines_have_pytest(files[name]) for name in _requirements(files))
    return shlex.join(["pip", "install", *own, *needed, *([] if known else ["pytest"])])


def _told(files: Mapping[str, bytes], project: _Project) -> Iterator[str]:
    yield from (name for name in ("uv.lock", "poetry.lock", "pdm.lock") if name in files)
    yield from (f"the dependency group {name!r} with pytest" for name in project.groups)
    yield from (f"the extra {name!r} with pytest" for name in project.extras)
    yield from (f"the hatch environment {name!r} with pytest" for name in project.environments)
    yield from _requirements(files)
    if _tox_dependencies(files):
        yield "tox.ini with dependencies"


def _requirements(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The requirements files to install: that of the project, and the first one for tests that has pytest."""
    names = sorted(name for name in files if name.endswith(".txt"))
    plain = [name for name in names if name in ("requirements.txt", "requirements/base.txt")]
    with_pytest = [name for name in names if _lines_have_pytest(files[name])]
    best = sorted(with_pytest, key=lambda name: ("test" not in name, "dev" not in name, name))[:1]
    return tuple(dict.fromkeys((*plain, *best)))


def _tox_dependencies(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The dependencies that hold for every environment of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(files.get("tox.ini", b"").decode(errors="replace"))
    except configparser.Error:
        return ()
    lines = [line.strip() for line in parser.get("testenv", "deps", fallback="").splitlines()]
    words = [line.split(maxsplit=1) if line.startswith("-") else [line] for line in lines if line]
    return tuple(word for line in words for word in line if "{" not in word and not re.match(r"[\w,.!-]+:", word))


def _setup_extras(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """The extras of setup.cfg and, where they are written out, of setup.py."""
    extras: dict[str, list[str]] = {}
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(files.get("setup.cfg", b"").decode(errors="replace"))
        if parser.has_section("options.extras_require"):
            extras |= {name: needed.splitlines() for name, needed in parser.items("options.extras_require")}
        tree = ast.parse(files.get("setup.py", b"").decode(errors="replace"))
    except (configparser.Error, SyntaxError, ValueError):
        return extras
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "extras_require":
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            extras |= {str(name): _list(needed) for name, needed in value.items()} if isinstance(value, dict) else {}
    return extras


def _group_has_pytest(groups: Mapping[str, object], name: str, seen: set[str]) -> bool:
    if name in seen:
        return False
    seen.add(name)
    entries = groups.get(name)
    if not isinstance(entries, list):
        return False
    included = [str(entry.get("include-group")) for entry in entries if isinstance(entry, dict)]
    return _has_pytest(entries) or any(_group_has_pytest(groups, each, seen) for each in included)


def _has_pytest(needed: object) -> bool:
    """Whether requirements, or a table of them, bring pytest: by itself, or with one of its plugins."""
    if not isinstance(needed, Iterable) or isinstance(needed, (str, bytes)):
        return False
    names = [found[1].lower() for entry in needed if isinstance(entry, str) and (found := _NAME.match(entry))]
    return any(name == "pytest" or name.startswith("pytest-") for name in names)


def _lines_have_pytest(data: bytes) -> bool:
    return _has_pytest(data.decode(errors="replace").splitlines())


def _table(data: object, name: str) -> dict[str, object]:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
