"""What holds of the options of a request, the configuration and the defaults, and where each of it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autopack_model.gate_configuration.duration import duration
from autopack_model.gate_configuration.value import GateConfiguration, NamedVariable
from autopack_model.gate_request.copied_file import CopiedFile
from autopack_model.gate_request.test_command import DEFAULT_TIMEOUT_MS
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.variable import Variable

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting that holds: its key, its value for people, never that of a variable, and where it comes from."""

    key: str
    value: str | tuple[str, ...] | None
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """Everything that holds. Nothing is looked up yet: neither files nor values that the caller has.

    ``interpreter`` is that of the options, ``python`` that of the configuration; at most one of them is given.
    ``given`` are the variables of the options, ``named`` those of the configuration that no option gives, and the same
    goes for set-up alone and for copies. ``env_file`` is that of the configuration. ``origins`` is by key.
    """

    interpreter: Path | None
    python: str | None
    arguments: tuple[str, ...]
    setup: str | None
    timeout_ms: int
    folder: str
    given: tuple[Variable, ...]
    named: tuple[NamedVariable, ...]
    env_file: str | None
    setup_given: tuple[Variable, ...]
    setup_named: tuple[NamedVariable, ...]
    copies: tuple[CopiedFile, ...]
    named_copies: tuple[str, ...]
    before_side: str | None
    after_side: str | None
    configuration: GateConfiguration | None
    origins: Mapping[str, str] = field(default_factory=dict)

    def listing(self) -> Iterator[Setting]:
        """Every setting, in the order of the keys of a configuration."""
        none = (None, DEFAULT)
        yield self._of("setup", self.setup)
        yield self._of("python", self.python or (None if self.interpreter is None else str(self.interpreter)))
        yield self._of("arguments", self.arguments)
        yield self._of("folder", self.folder or ".")
        yield self._of("timeout", duration(self.timeout_ms))
        yield from self._variables("env", self.given, self.named)
        yield self._of("env_file", self.env_file)
        yield from (Setting(key="copy", value=copy.path, origin="--copy") for copy in self.copies)
        yield from (Setting(key="copy", value=path, origin=self.place("copy")) for path in self.named_copies)
        if not self.copies and not self.named_copies:
            yield Setting(key="copy", value=none[0], origin=none[1])
        yield self._of("before_side", self.before_side)
        yield self._of("after_side", self.after_side)
        yield from self._variables("setup_env", self.setup_given, self.setup_named)

    def place(self, key: str) -> str:
        """Where ``key`` stands in the configuration."""
        return DEFAULT if self.configuration is None else self.configuration.place(key)

    def _of(self, key: str, value: str | tuple[str, ...] | None) -> Setting:
        return Setting(key=key, value=value, origin=self.origins.get(key, DEFAULT))

    def _variables(self, key: str, given: tuple[Variable, ...], named: tuple[NamedVariable, ...]) -> Iterator[Setting]:
        option = f"--{key.replace('_', '-')}"
        for variable in given:
            yield Setting(key=key, value=variable.name, origin=option)
        for entry in named:
            yield Setting(key=key, value=entry.name, origin=self.place(key))
        if not given and not named:
            yield Setting(key=key, value=None, origin=DEFAULT)


def settings(options: TestOptions, configuration: GateConfiguration | None, *, folder: str) -> GateSettings:
    """What holds: an option, else what the configuration says, else the default. ``folder`` is the default one.

    Variables and copies of both are taken together; of two variables with one name the option's counts.
    """
    read = configuration or GateConfiguration(source="")
    origins: dict[str, str] = {}

    def says(key: str, *, option: bool, file: bool, name: str = "") -> bool:
        """Note where ``key`` comes from; whether that is the configuration."""
        if option:
            origins[key] = name or f"--{key.replace('_', '-')}"
        elif file:
            origins[key] = read.place("timeout_ms" if key == "timeout" else key)
        return file and not option

    taken = {variable.name for variable in options.variables}
    setup_taken = {variable.name for variable in options.setup_variables}
    copied = {copy.path for copy in options.copies}
    python = says("python", option=options.interpreter is not None, file=read.python is not None)
    arguments = says("arguments", option=bool(options.arguments), file=read.arguments is not None, name="--")
    setup = says("setup", option=options.setup is not None, file=read.setup is not None)
    timeout = says("timeout", option=options.timeout_ms is not None, file=read.timeout_ms is not None)
    in_folder = says("folder", option=options.folder is not None, file=read.folder is not None)
    if options.folder is None and not in_folder and folder:
        origins["folder"] = "--repo"
    before = says("before_side", option=options.before_side is not None, file=read.before_side is not None)
    after = says("after_side", option=options.after_side is not None, file=read.after_side is not None)
    says("env_file", option=False, file=read.env_file is not None)
    return GateSettings(
        interpreter=options.interpreter,
        python=read.python if python else None,
        arguments=(read.arguments or ()) if arguments else options.arguments,
        setup=read.setup if setup else options.setup,
        timeout_ms=(read.timeout_ms if timeout else options.timeout_ms) or DEFAULT_TIMEOUT_MS,
        folder=(read.folder or "") if in_folder else folder if options.folder is None else options.folder,
        given=options.variables,
        named=tuple(entry for entry in read.env if entry.name not in taken),
        env_file=read.env_file,
        setup_given=options.setup_variables,
        setup_named=tuple(entry for entry in read.setup_env if entry.name not in setup_taken),
        copies=options.copies,
        named_copies=tuple(path for path in read.copy if path not in copied),
        before_side=read.before_side if before else options.before_side,
        after_side=read.after_side if after else options.after_side,
        configuration=configuration,
        origins=origins,
    )
