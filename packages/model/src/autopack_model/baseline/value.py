"""One execution of the test command on one side: its facts, as they were observed.

Nothing here says whether the suite run may be trusted; ``completeness.assess`` computes that from these facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autopack_model.digest import check_digest, digest_document


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


def command_digest(arguments: Sequence[str], setup_command: str | None, timeout_ms: int) -> str:
    """The digest of the test command of one gate: pytest arguments, setup command, and time-out in milliseconds."""
    return digest_document(
        {
            "schema": "autopack.command/1",
            "arguments": list(arguments),
            "setup": setup_command,
            "timeout_ms": timeout_ms,
        }
    )
