"""The policy of a file on this machine, and that of a base revision."""

from pathlib import Path

from autopack_cli.config import process_settings
from autopack_cli.gating.test_options import configuration_file
from autopack_git.configuration import policy_of
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.gate_configuration.value import FILE, PROJECT_FILE
from autopack_model.policy.file import PolicyFile, read_policy


def policy_file(name: str, option: str) -> PolicyFile:
    """What the file ``name`` says. Raises BadRequest, ConfigurationRefused."""
    file = configuration_file(name, option)
    found = None if file is None else read_policy(file.text, name, in_project_file=name.endswith(PROJECT_FILE))
    if found is None:
        raise BadRequest(f"{option} {name}: has neither a table policy nor a waiver", subject=option)
    return found


def base_policy(repo: str, base: str) -> PolicyFile | None:
    """The policy of the revision ``base`` of a repository on this machine; None for the default one.

    Raises BadRequest, ConfigurationRefused.
    """
    if "://" in repo:
        raise BadRequest("policy reads a repository on this machine; clone it first", subject="--repo")
    repository = GitRepository(Path(repo).resolve(), state=process_settings().home / "git")
    return policy_of(repository, repository.resolve(base), None, None)


def written_policy(repo: str) -> str:
    """The file of the checkout that would hold the policy: autopack.toml, or else pyproject.toml. Raises BadRequest."""
    folder = Path(repo)
    for name in (FILE, PROJECT_FILE):
        if (folder / name).is_file():
            return str(folder / name)
    raise BadRequest(f"{folder} has neither {FILE} nor {PROJECT_FILE}; name the file", subject="FILE")
