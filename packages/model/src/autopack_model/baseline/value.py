"""One execution of the test command on one side: its facts, as they were observed.

Nothing here says whether the suite run may be trusted; ``completeness.assess`` computes that from these facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autopack_model.digest import check_digest, digest_document
from autopack_model.gate_request.test_command import TestCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineKey:
    """What a baseline is stored under: the same key means that the suite need not be measured again."""

    tree: str
    environment_fingerprint: str
    command_digest: str
    recorder_version: str

    def __post_init__(self) -> None:
        check_digest(self.environment_fingerprint, "key.environment_fingerprint")
        check_digest(self.command_digest, "key.command_digest")


def command_digest(command: TestCommand, missing_submodules: Sequence[str] = ()) -> str:
    """The digest of the test command of one gate: all that it is but the interpreter. What it runs on lacks the
    ``missing_submodules``, which the name of a tree does not say.

    Of variables that only set-up has the names count: a credential that changes changes nothing that is installed.
    """
    return digest_document(
        {
            "schema": "autopack.command/1",
            "arguments": list(command.arguments),
            "setup": command.setup,
            "timeout_ms": command.timeout_ms,
            "folder": command.folder,
            "before_side": command.before_side,
            "after_side": command.after_side,
            "variables": {variable.name: variable.digest for variable in command.variables},
            "setup_variables": [variable.name for variable in command.setup_variables],
            "copies": {copy.path: copy.digest for copy in command.copies},
            "missing_submodules": list(missing_submodules),
        }
    )
