"""The configuration of a repository, from the root of its base revision: never from a worktree or a candidate."""

from pathlib import Path
from typing import Protocol

from autopack_git.entry_kind import EntryKind
from autopack_model.gate_configuration.document import read_configuration
from autopack_model.gate_configuration.value import FILE, PROJECT_FILE, ConfigurationRefused, GateConfiguration
from autopack_model.gate_request.value import MAX_CONFIGURATION, ConfigurationFile
from autopack_model.policy.file import PolicyFile, read_policy
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
    own, project = _text(repository, base, FILE), _project_text(repository, base)
    first = None if own is None else read_configuration(own, FILE, in_project_file=False)
    second = None if project is None else read_configuration(project, PROJECT_FILE, in_project_file=True)
    if first is not None and second is not None:
        raise ConfigurationRefused(
            f"{FILE} and {PROJECT_FILE} ([tool.autopack]) both have a table gate; keep one of them", subject=FILE
        )
    return first or second


def policy_of(
    repository: KnowsTrees, base: Tree | None, given: ConfigurationFile | None, configuration: ConfigurationFile | None
) -> PolicyFile | None:
    """The policy that holds: that of the operator's file ``given``, else that of his ``configuration`` where it has
    one, else that of ``base``; None for the default one.

    Raises ConfigurationRefused, also for a file ``given`` that has no policy, GitFailed.
    """
    if given is not None:
        found = _policy_in(given)
        if found is None:
            raise ConfigurationRefused(
                f"{given.name} has neither a table policy nor a waiver; leave it out for the policy of the base",
                subject=given.name,
            )
        return found
    found = None if configuration is None else _policy_in(configuration)
    if found is not None or base is None:
        return found
    own, project = _text(repository, base, FILE), _project_text(repository, base)
    first = None if own is None else read_policy(own, FILE, in_project_file=False)
    second = None if project is None else read_policy(project, PROJECT_FILE, in_project_file=True)
    if first is not None and second is not None:
        raise ConfigurationRefused(
            f"{FILE} and {PROJECT_FILE} ([tool.autopack]) both have a policy or waivers; keep one of them", subject=FILE
        )
    return first or second


def _policy_in(file: ConfigurationFile) -> PolicyFile | None:
    return read_policy(file.text, file.name, in_project_file=file.name.endswith(PROJECT_FILE))


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


def _project_text(repository: KnowsTrees, tree: Tree) -> str | None:
    """The project file, where it speaks of Autopack: else a broken one is not Autopack's business."""
    project = _text(repository, tree, PROJECT_FILE)
    return project if project is not None and "autopack" in project else None


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
