"""The configuration of a repository, from the root of its base revision: never from a worktree or a candidate."""

from pathlib import Path
from typing import Protocol

from autopack_git.entry_kind import EntryKind
from autopack_model.gate_configuration.document import read_configuration
from autopack_model.gate_configuration.value import FILE, PROJECT_FILE, ConfigurationRefused, GateConfiguration
from autopack_model.gate_request.value import MAX_CONFIGURATION, ConfigurationFile
from autopack_model.suite_run.value import Tree

_OWN_CONFIGURATION = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
    "setup.py",
)
"""What makes a folder a root for pytest."""


class KnowsTrees(Protocol):
    """A repository, as far as reading trees needs it."""

    def kind(self, tree: Tree, path: str) -> EntryKind | None:
        """What ``tree`` holds at ``path``; None for nothing."""

    def content(self, tree: Tree, path: str) -> bytes:
        """The content of the file at ``path``."""


def configuration_of(
    repository: KnowsTrees, base: Tree | None, given: ConfigurationFile | None
) -> GateConfiguration | None:
    """The configuration that holds: the ``given`` one of the operator, else that of ``base``; None for none.

    Raises ConfigurationRefused, GitFailed.
    """
    if given is not None:
        return read_configuration(given.text, given.name, in_project_file=given.name.endswith(PROJECT_FILE))
    if base is None:
        return None
    own, project = _text(repository, base, FILE), _text(repository, base, PROJECT_FILE)
    first = None if own is None else read_configuration(own, FILE, in_project_file=False)
    # A project file that is broken and does not speak of Autopack is not Autopack's business.
    mentioned = project is not None and "autopack" in project
    second = read_configuration(project or "", PROJECT_FILE, in_project_file=True) if mentioned else None
    if first is not None and second is not None:
        raise ConfigurationRefused(
            f"{FILE} and {PROJECT_FILE} ([tool.autopack]) both have a table gate; keep one of them", subject=FILE
        )
    return first or second


def own_folder(repository: KnowsTrees, base: Tree | None, named: str) -> str:
    """The folder that pytest would take for its root when it is started in ``named``: the nearest one, from there up to
    the top of the repository, that holds a configuration or a project file in ``base``. Empty for the top.
    """
    parts = named.split("/") if named and base is not None else []
    while parts and base is not None:
        folder = "/".join(parts)
        if any(repository.kind(base, f"{folder}/{name}") is EntryKind.FILE for name in _OWN_CONFIGURATION):
            return folder
        parts.pop()
    return ""


def folder_within(root: Path, path: Path) -> str:
    """The folder that ``path`` is, relative to ``root``, in which it lies; empty for ``root`` itself."""
    resolved = path.resolve()
    return "" if resolved == root or not resolved.is_relative_to(root) else resolved.relative_to(root).as_posix()


def _text(repository: KnowsTrees, tree: Tree, name: str) -> str | None:
    kind = repository.kind(tree, name)
    if kind is None:
        return None
    if kind is not EntryKind.FILE:
        if name == PROJECT_FILE:
            return None
        raise ConfigurationRefused(f"{name} of the base is {kind.value}; it has to be a file", subject=name)
    data = repository.content(tree, name)
    if len(data) > MAX_CONFIGURATION:
        raise ConfigurationRefused(
            f"{name} of the base has {len(data)} bytes; at most {MAX_CONFIGURATION} may be", subject=name
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationRefused(f"{name} of the base is not UTF-8, and it has to be", subject=name) from error
