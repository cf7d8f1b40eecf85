"""What somebody asks the executor to gate."""

from dataclasses import dataclass
from pathlib import Path

from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.gate_request.candidate import Candidate, WorktreeCandidate
from autopack_model.gate_request.clone_url import check_clone_url
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.text import check_text

MAX_CONFIGURATION_NAME = 4096
MAX_CONFIGURATION = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """A configuration, in TOML; ``name`` is how messages call it. Raises InvalidValue."""

    name: str
    text: str

    def __post_init__(self) -> None:
        check_text(self.name, "name", least=1, most=MAX_CONFIGURATION_NAME)
        if "\0" in self.name:
            raise InvalidValue("name", "holds a NUL character")
        check_text(self.text, "text", most=MAX_CONFIGURATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """A request for one gate run. ``run_id`` and ``base`` are None when left to the executor. ``fresh_base`` wants the
    base measured, though a baseline is stored.

    The repository is one of three: the one at ``repository``, an absolute path inside it on the executor's machine;
    the one in the bundle with ``bundle_digest``, which ``repository`` (a path on its sender's machine) only names; or
    the one at ``clone_url``, and then ``repository`` is None. Raises InvalidValue for any other combination.

    ``configuration`` and ``policy`` are the operator's, in place of those of the base revision. ``named_folder`` is
    the folder that the caller named the repository by, where ``repository`` does not tell it any more.
    """

    run_id: str | None
    repository: Path | None
    base: str | None
    candidate: Candidate
    options: TestOptions
    no_baseline: bool
    clone_url: str | None = None
    bundle_digest: str | None = None
    fresh_base: bool = False
    configuration: ConfigurationFile | None = None
    policy: ConfigurationFile | None = None
    named_folder: str = ""

    def __post_init__(self) -> None:
        if self.fresh_base and self.no_baseline:
            raise InvalidValue("fresh_base", "is given together with no_baseline, which measures no base")
        if self.clone_url is not None:
            check_clone_url(self.clone_url, "clone_url")
            if self.bundle_digest is not None:
                raise InvalidValue("clone_url", "is given together with bundle_digest; name one of them")
            if self.repository is not None:
                raise InvalidValue("repository", "is given together with clone_url; name one of them")
        elif self.repository is None:
            raise InvalidValue("repository", "is not given, and neither is clone_url; name one of them")
        if self.bundle_digest is not None:
            check_digest(self.bundle_digest, "bundle_digest")
        if self.named_folder:
            check_file_path(self.named_folder, "named_folder")
        if not self.mounted and (absent := [copy.path for copy in self.options.copies if copy.content is None]):
            raise InvalidValue(
                "copies", f"{absent[0]!r} has no content, and the executor has no checkout to read it from"
            )
        if isinstance(self.candidate, WorktreeCandidate) and not self.mounted:
            field = "clone_url" if self.clone_url is not None else "bundle_digest"
            raise InvalidValue(field, "is given together with worktree, which is a checkout on the executor's machine")

    @property
    def mounted(self) -> bool:
        """Whether the repository lies on the executor's machine."""
        return self.clone_url is None and self.bundle_digest is None
