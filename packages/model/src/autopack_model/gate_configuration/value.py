"""What a repository says of how it is tested: the table ``gate`` of its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autopack_model.errors import BadRequest
from autopack_model.gate_request.variable import check_variable_name

FILE = "autopack.toml"
PROJECT_FILE = "pyproject.toml"


class ConfigurationRefused(BadRequest):
    """A configuration says something that cannot be, or names something that is not there. The message names the file
    and the key.
    """

    reason = "CONFIGURATION_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedVariable:
    """A variable of the configuration. ``value`` is None where it is taken from the caller of the gate.

    Raises InvalidValue for a name that the operator cannot give.
    """

    name: str
    value: str | None = field(repr=False)

    def __post_init__(self) -> None:
        check_variable_name(self.name, "name")

    @staticmethod
    def of(text: str) -> "NamedVariable":
        """The variable that ``NAME`` or ``NAME=VALUE`` stands for. Raises InvalidValue."""
        name, equals, value = text.partition("=")
        return NamedVariable(name=name, value=value if equals else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfiguration:
    """The table ``gate`` of the file ``source``. None, and an empty tuple, stand for what it does not say.

    ``lines`` has the line of each key in the file, where it could be found. Variables ascend by name, ``copy`` by path.
    """

    source: str
    lines: Mapping[str, int] = field(default_factory=dict)
    setup: str | None = None
    python: str | None = None
    arguments: tuple[str, ...] | None = None
    folder: str | None = None
    timeout_ms: int | None = None
    env: tuple[NamedVariable, ...] = ()
    env_file: str | None = None
    copy: tuple[str, ...] = ()
    before_side: str | None = None
    after_side: str | None = None
    setup_env: tuple[NamedVariable, ...] = ()

    def place(self, key: str) -> str:
        """Where ``key`` stands: file and line, or file and key."""
        line = self.lines.get(key)
        return f"{self.source}, gate.{key}" if line is None else f"{self.source}:{line}"
