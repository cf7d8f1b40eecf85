"""The same gate twice: on the stack's executor, and with embedded services."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from dev.stack.compose import Stack
from tests.e2e.command import Command, Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """What a gate came to, as far as it may not depend on where it ran: the verdict, the process's exit code
    and the reasons, each as code and effect. The digest of the decision covers the interpreter and the distributions
    of both sides, and those of a container are others.
    """

    verdict: str | None
    exit_code: int
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gating:
    """Gates by the command line; ``executor`` and ``store`` are the stack's addresses on this machine."""

    command: Command
    executor: str
    store: str
    token_file: Path

    @classmethod
    def on(cls, stack: Stack, command: Command) -> "Gating":
        """Gates on ``stack``."""
        return cls(
            command=command,
            executor=stack.address("executor", 7401),
            store=stack.address("store", 7403),
            token_file=stack.secrets / "client_token",
        )

    @property
    def options(self) -> tuple[str, ...]:
        """What names the stack's services."""
        return (f"--executor={self.executor}", f"--store={self.store}", f"--token-file={self.token_file}")

    def on_the_stack(self, repository: Path, *arguments: str) -> Gated:
        """Gate with the stack's services; the repository is sent there."""
        return self._gate(repository, *self.options, *arguments)

    def start(self, repository: Path, *arguments: str, patience_s: float = 60) -> Running:
        """Start a gate with the stack's services; a lost executor has ``patience_s`` to come back."""
        return self.command.start(
            *("gate", "--repo", str(repository), "--json", "-", *self.options, *arguments),
            variables={"AUTOPACK_PATIENCE_SECONDS": str(patience_s)},
        )

    def embedded(self, repository: Path, *arguments: str) -> Gated:
        """Gate with services that are parts of the command."""
        return self._gate(repository, "--python", sys.executable, *arguments)

    def _gate(self, repository: Path, *arguments: str) -> Gated:
        done = self.command.run("gate", "--repo", str(repository), "--json", "-", *arguments)
        assert done.out, f"the gate ended with {done.code} and no result:\n{done.err}"
        result = json.loads(done.out)
        return Gated(
            verdict=result["verdict"],
            exit_code=done.code,
            reasons=tuple((reason["code"], reason["effect"]) for reason in result["reasons"]),
        )


def ended(running: Running) -> tuple[int, str, str | None]:
    """The end of a gate: exit code, verdict, and the code of the failure when there is one."""
    outcome = running.end()
    assert outcome.out, f"the gate ended with {outcome.code} and no result:\n{outcome.err}"
    result = json.loads(outcome.out)
    failure = result["failure"]
    return outcome.code, result["verdict"], None if failure is None else failure["code"]
