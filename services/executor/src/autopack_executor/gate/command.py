"""The test command of a run: what the request, the configuration of the base and the defaults come to together.

Resolved here and nowhere else, for the embedded executor and for one of its own. The configuration is read through git
from the base revision, so that no candidate chooses its own rules. Files that no commit holds are read from the user's
checkout, where this machine has one, and never through a link.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autopack_executor.gate.ports.machine import Environments
from autopack_executor.gate.ports.sources import Repository
from autopack_executor.workspace.checkout_files import read_checkout_file
from autopack_git.configuration import configuration_of, folder_within, own_folder
from autopack_git.entry_kind import EntryKind
from autopack_model.digest import keyed_digest
from autopack_model.errors import BadRequest, InvalidValue
from autopack_model.gate_configuration.env_file import read_env_file
from autopack_model.gate_configuration.settings import GateSettings, settings
from autopack_model.gate_configuration.value import ConfigurationRefused, NamedVariable
from autopack_model.gate_request.copied_file import MAX_COPIED_BYTES
from autopack_model.gate_request.test_command import KeyedFile, KeyedVariable, TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.gate_request.variable import Variable
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Makes test commands. ``caller`` is the environment of the caller of a gate, where this process is his, else
    None: a service of its own hands out nothing of its environment. ``key`` is that of the keyed digests.
    """

    environments: Environments
    caller: Mapping[str, str] | None = field(repr=False)
    key: bytes = field(repr=False)

    def resolve(self, request: GateRequest, repository: Repository, base: Tree | None) -> TestCommand:
        """The test command of ``request``. Raises ConfigurationRefused, InterpreterUnusable, BadRequest, GitFailed."""
        named = request.named_folder
        if request.mounted and request.repository is not None:
            named = folder_within(repository.root, request.repository)
        holding = settings(
            request.options,
            configuration_of(repository, base, request.configuration),
            folder=own_folder(repository, base, named),
        )
        checkout = repository.root if request.mounted else None
        self._check_folder(holding, repository, base, no_baseline=request.no_baseline)
        return TestCommand(
            interpreter=self._interpreter(holding, checkout),
            arguments=holding.arguments,
            setup=holding.setup,
            timeout_ms=holding.timeout_ms,
            folder=holding.folder,
            variables=self._variables(holding, repository, base, checkout),
            setup_variables=self._keyed(holding.setup_given, self._found(holding.setup_named, holding, "setup_env")),
            copies=tuple(self._copies(holding, checkout)),
            before_side=holding.before_side,
            after_side=holding.after_side,
        )

    def _interpreter(self, holding: GateSettings, checkout: Path | None) -> Path:
        if holding.interpreter is not None:
            return holding.interpreter
        if holding.python is None:
            return self.environments.choose()
        return self.environments.named(holding.python, checkout)

    def _check_folder(
        self, holding: GateSettings, repository: Repository, base: Tree | None, *, no_baseline: bool
    ) -> None:
        if not holding.folder or base is None or no_baseline:
            return
        kind = repository.kind(base, holding.folder)
        if kind is not EntryKind.FOLDER:
            what = "nothing" if kind is None else kind.value
            raise ConfigurationRefused(
                f"the folder {holding.folder} ({holding.origins.get('folder', 'folder')}) is {what} in the base "
                f"{base.revision[:12]}; name a folder of it, or judge the head alone with --no-baseline",
                subject=holding.folder,
            )

    def _variables(
        self, holding: GateSettings, repository: Repository, base: Tree | None, checkout: Path | None
    ) -> tuple[KeyedVariable, ...]:
        filed: Iterable[Variable] = ()
        if holding.env_file is not None:
            data = self._env_file(holding, holding.env_file, repository, base, checkout)
            filed = read_env_file(data, holding.env_file)
        given = {variable.name: variable for variable in (*filed, *holding.given)}
        # What the table says itself wins over the file that it names.
        for variable in self._found(holding.named, holding, "env"):
            given[variable.name] = variable
        public = {entry.name for entry in holding.named if entry.value is not None}
        return tuple(
            replace(variable, secret=variable.name not in public) for variable in self._keyed(given.values(), ())
        )

    def _env_file(
        self, holding: GateSettings, path: str, repository: Repository, base: Tree | None, checkout: Path | None
    ) -> bytes:
        if base is not None and repository.kind(base, path) is EntryKind.FILE:
            return repository.content(base, path)
        if checkout is None:
            raise ConfigurationRefused(
                f"{holding.place('env_file')}: the executor does not have {path}, which no commit holds; send it with "
                f"--env-file {path}",
                subject=path,
            )
        return read_checkout_file(checkout, path, holding.place("env_file"), most=MAX_COPIED_BYTES)

    def _found(self, named: tuple[NamedVariable, ...], holding: GateSettings, key: str) -> Iterator[Variable]:
        option = f"--{key.replace('_', '-')}"
        for entry in named:
            value = entry.value
            if value is None and self.caller is None:
                raise ConfigurationRefused(
                    f"{holding.place(key)}: {entry.name} is taken from the caller, and this executor is another "
                    f"process; give it with {option} {entry.name}",
                    subject=entry.name,
                )
            if value is None and self.caller is not None:
                value = self.caller.get(entry.name)
            if value is None:
                raise ConfigurationRefused(
                    f"{holding.place(key)}: {entry.name} is not set; set it, or give it with {option} "
                    f"{entry.name}=VALUE",
                    subject=entry.name,
                )
            try:
                yield Variable(name=entry.name, value=value)
            except InvalidValue as error:
                raise ConfigurationRefused(f"{holding.place(key)}: {error.problem}", subject=entry.name) from error

    def _keyed(self, given: Iterable[Variable], found: Iterable[Variable]) -> tuple[KeyedVariable, ...]:
        variables = {variable.name: variable for variable in (*given, *found)}
        return tuple(
            KeyedVariable(
                name=name,
                value=variables[name].value,
                digest=keyed_digest(self.key, f"{name}\0{variables[name].value}".encode()),
            )
            for name in sorted(variables)
        )

    def _copies(self, holding: GateSettings, checkout: Path | None) -> Iterator[KeyedFile]:
        contents = {copy.path: copy.content for copy in holding.copies}
        contents |= dict.fromkeys(holding.named_copies)
        left = MAX_COPIED_BYTES
        for path in sorted(contents):
            content = contents[path]
            where = holding.place("copy") if path in holding.named_copies else "--copy"
            if content is None:
                if checkout is None:
                    raise ConfigurationRefused(
                        f"{where}: the executor does not have {path}, which no commit holds; send it with --copy "
                        f"{path}",
                        subject=path,
                    )
                content = read_checkout_file(checkout, path, where, most=left)
            left -= len(content)
            yield KeyedFile(path=path, content=content, digest=keyed_digest(self.key, path.encode() + b"\0" + content))


def refuse_tracked(repository: Repository, command: TestCommand, *trees: Tree | None) -> None:
    """Refuse files to copy that a commit holds, or that have no place in it. Raises BadRequest."""
    for copy in command.copies:
        parts = copy.path.split("/")
        for tree in trees:
            if tree is None:
                continue
            if repository.kind(tree, copy.path) is not None:
                raise BadRequest(
                    f"{copy.path} cannot be copied: {tree.revision[:12]} holds it, so it belongs to the commit; take "
                    "it out of the files to copy, or have git ignore it",
                    subject=copy.path,
                )
            for length in range(1, len(parts)):
                folder = "/".join(parts[:length])
                kind = repository.kind(tree, folder)
                if kind is not None and kind is not EntryKind.FOLDER:
                    raise BadRequest(
                        f"{copy.path} cannot be copied: {folder} is {kind.value} in {tree.revision[:12]}, not a folder",
                        subject=copy.path,
                    )
