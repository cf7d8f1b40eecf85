"""What a setup is asked to do, and what it came to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from autopack_executor.environment.interpreter import Interpreter
from autopack_model.gate_request.test_command import KeyedVariable
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import SetupFacts

TAIL_CHARACTERS: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReference:
    """What the setup of base was made from and came to, for the head that is set up beside it.

    ``key`` names the environments that serve the same repository, interpreter and inputs; ``inputs`` are the files that
    the command is known to read; ``locks`` the lock files that it made; ``made_from`` the interpreter that was named.
    ``interpreter`` is that of the environment, None when the setup failed.
    """

    key: str
    inputs: Mapping[str, bytes]
    locks: Mapping[str, bytes]
    made_from: Interpreter
    interpreter: Interpreter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupRequest:
    """What an environment is made from, for a side of ``repository``. ``timeout_ms`` (milliseconds) bounds the command,
    which runs in ``folder`` of the tree with both kinds of variables; ``beside`` is the setup of base, for a head that
    has one.
    """

    interpreter: Interpreter
    command: str
    timeout_ms: int
    side: Side
    repository: str
    beside: SetupReference | None
    folder: str = ""
    variables: tuple[KeyedVariable, ...] = ()
    setup_variables: tuple[KeyedVariable, ...] = ()

    @property
    def given(self) -> dict[str, str]:
        """The variables by name; those of set-up alone win."""
        return {variable.name: variable.value for variable in (*self.variables, *self.setup_variables)}

    @property
    def given_inputs(self) -> dict[str, str]:
        """What of them decides what is installed. Of set-up alone that is where packages come from; a credential
        that changes makes no other environment.
        """
        values = {f"variable {variable.name}": variable.digest for variable in self.variables}
        places = {
            f"setup variable {variable.name}": variable.digest
            if variable.name.startswith(("PIP_", "UV_")) or not variable.secret
            else ""
            for variable in self.setup_variables
        }
        return {**values, **places, "folder": self.folder}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEnvironment:
    """The result of a setup. ``interpreter`` and ``variables`` are None when it failed."""

    facts: SetupFacts
    interpreter: Interpreter | None
    variables: dict[str, str] | None
    reference: SetupReference


def setup_facts(
    command: str,
    *,
    exit_code: int | None = 0,
    timed_out: bool = False,
    duration_ms: int = 0,
    output_tail: str = "",
    reused: bool = False,
) -> SetupFacts:
    """The facts of a setup, as far as its process tells them."""
    return SetupFacts(
        command=command,
        reused=reused,
        exit_code=exit_code,
        timed_out=timed_out,
        duration_ms=duration_ms,
        output_tail=output_tail,
        not_run=False,
        pinned=False,
        moved=(),
        changed_files=(),
    )


def unusable_facts(facts: SetupFacts, problem: str) -> SetupFacts:
    """The facts of a setup that ended well and left no environment in which pytest runs, with the ``problem``."""
    said = f"autopack: {problem}"
    tail = facts.output_tail[-(TAIL_CHARACTERS - len(said) - 1) :]
    return replace(facts, exit_code=None, output_tail=f"{tail}\n{said}")


def not_run_facts(command: str) -> SetupFacts:
    """The facts of a setup that failed on base, and is not run again with the same inputs."""
    said = "autopack: the setup command failed on base, and has the same inputs on head, so it was not run again\n"
    return replace(setup_facts(command, exit_code=None, output_tail=said), not_run=True)
