"""The name of a repository in the records of runs."""

from pathlib import Path

from autopack_cli.config import CommandSettings
from autopack_cli.render.text import is_utf8
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.run.value import is_url


def recorded_name(repo: str, settings: CommandSettings) -> str:
    """The URL that ``repo`` is, or the top folder of the repository that it is in. Raises BadRequest."""
    if not repo or not is_utf8(repo):
        raise BadRequest(
            f"--repo {repo!r}: is neither a folder nor a URL; leave it out or give it a value", subject="--repo"
        )
    return repo if is_url(repo) else str(GitRepository(Path(repo).resolve(), state=settings.home / "git").root)
