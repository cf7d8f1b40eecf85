"""Makes the interpreter of a side ready, and describes it so that equal descriptions mean equal environments."""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

from autopack_executor.environment.interpreter import Interpreter
from autopack_executor.environment.interpreter_probe import (
    check_interpreter,
    find_origins,
    probe_interpreter,
    resolve_shim,
)
from autopack_executor.environment.interpreter_search import find_interpreter
from autopack_executor.environment.kept import DEFAULT_LIMITS, EnvironmentLimits
from autopack_executor.environment.linked_sources import linked_sources, sources_digest
from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.environment.project_copies import faithful_copies
from autopack_executor.environment.pycache import link_pycache
from autopack_executor.environment.search_path import programs_digest
from autopack_executor.environment.setup_request import SetupReference, SetupRequest
from autopack_executor.environment.variables import LOCALE, TIMEZONE, loader_variables, suite_variables
from autopack_executor.environment.virtual_environments import VirtualEnvironments
from autopack_executor.errors import InterpreterUnusable, PytestMissing
from autopack_executor.isolation.child import UMASK
from autopack_executor.isolation.output_log import last_line
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders, Workspace
from autopack_executor.workspace.home import Home
from autopack_model.digest import digest_document
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.report.artifact_folder import SETUP_FILE
from autopack_model.suite_run.value import Environment, KeyedDigest, SetupFacts


class HermeticEnvironments:
    """Implements ``ports.Environments`` for the workspaces of ``home``.

    ``environ`` is the caller's environment, of which children get an allow-listed part; ``superuser`` says whether
    this process is root; ``default`` is the interpreter of runs that name none, instead of the active one; ``limits``
    are those of the environments that are kept. Worktrees must be the trees of open runs.
    """

    def __init__(
        self,
        home: Home,
        sandbox: Sandbox,
        environ: Mapping[str, str],
        *,
        superuser: bool,
        default: Path | None = None,
        limits: EnvironmentLimits = DEFAULT_LIMITS,
    ) -> None:
        self._home = home
        self._sandbox = sandbox
        self._environ = dict(environ)
        self._superuser = superuser
        self._default = default
        # What the setup of each side came to.
        self._beside: WeakKeyDictionary[Workspace, dict[Side, SetupReference]] = WeakKeyDictionary()
        self._made = VirtualEnvironments(home, sandbox, self._environ, limits)
        self._made.drop_unused()

    def named(self, python: str, checkout: Path | None) -> Path:
        """See ``ports.Environments.named``."""
        path = Path(python)
        if path.is_absolute() or "/" not in python:
            return find_interpreter(path, self._environ) if checkout is None else self._in_checkout(path, checkout)
        if checkout is None:
            raise InterpreterUnusable(
                f"python = {python!r} is a path in a checkout, and the executor has none; give an absolute path of its "
                "machine, or the name of a command",
                subject=python,
            )
        return find_interpreter(checkout / path, self._environ)

    def _in_checkout(self, path: Path, checkout: Path) -> Path:
        """A folder of the checkout, such as ``.venv``, before a command of that name."""
        return find_interpreter(checkout / path if (checkout / path).exists() else path, self._environ)

    def choose(self) -> Path:
        """See ``ports.Environments.choose``."""
        return find_interpreter(self._default, self._environ)

    def check(self, command: TestCommand, *, cancel: threading.Event) -> Path:
        """See ``ports.Environments.check``."""
        executable = resolve_shim(find_interpreter(command.interpreter, self._environ), self._environ, cancel)
        variables = {"PATH": self._environ.get("PATH", os.defpath), **loader_variables(self._environ)}
        interpreter = check_interpreter(executable, variables, cancel)
        if command.setup is None:
            _require_pytest(interpreter, executable)
        return executable

    def origins(self, command: TestCommand, names: tuple[str, ...], *, cancel: threading.Event) -> dict[str, str]:
        """See ``ports.Environments.origins``."""
        executable = find_interpreter(command.interpreter, self._environ)
        variables = {"PATH": self._environ.get("PATH", os.defpath), **loader_variables(self._environ)}
        return find_origins(executable, variables, names, cancel)

    def prepare(
        self,
        command: TestCommand,
        worktree: Path,
        *,
        side: Side,
        repository: str,
        cancel: threading.Event,
        progress: Callable[[Progress], None],
    ) -> PreparedEnvironment:
        """See ``ports.Environments.prepare``. Raises ExecutorError when ``worktree`` belongs to no open run."""
        prepared = self._prepare(command, worktree, side=side, repository=repository, cancel=cancel, progress=progress)
        given = {variable.name: variable.value for variable in command.variables}
        # Not in the fingerprint, which has no key: the key of a baseline holds their digests beside it.
        environment = replace(
            prepared.environment,
            variables=tuple(KeyedDigest(name=each.name, digest=each.digest) for each in command.variables),
            timezone=given.get("TZ", prepared.environment.timezone),
            locale=given.get("LC_ALL", prepared.environment.locale),
        )
        return replace(prepared, variables={**prepared.variables, **given}, environment=environment)

    def _prepare(
        self,
        command: TestCommand,
        worktree: Path,
        *,
        side: Side,
        repository: str,
        cancel: threading.Event,
        progress: Callable[[Progress], None],
    ) -> PreparedEnvironment:
        def report(activity: Activity, message: str) -> None:
            progress(Progress(activity=activity, side=side, collected=0, done=0, failures=0, message=message))

        folders = self._home.side_folders(worktree)
        folders.renew()
        report(Activity.PREPARING, "looking at the interpreter")
        executable = find_interpreter(command.interpreter, self._environ)
        beside = self._reference(folders.workspace, side)
        # An environment is made from it: what is installed in it does not matter, and the rest is as it was for base.
        interpreter = self._probe(folders, executable, cancel) if beside is None else beside.made_from
        if command.setup is None:
            _require_pytest(interpreter, executable)
            variables = self._variables(folders, interpreter, executable)
            return self._ready(folders, interpreter, executable, variables, None)
        report(Activity.SETTING_UP, command.setup)
        built = self._made.obtain(
            SetupRequest(
                interpreter=interpreter,
                command=command.setup,
                timeout_ms=command.timeout_ms,
                side=side,
                repository=repository,
                beside=beside,
                folder=command.folder,
                variables=command.variables,
                setup_variables=command.setup_variables,
            ),
            folders,
            cancel=cancel,
            on_wait=lambda: report(Activity.WAITING, "another gate makes the same environment"),
            on_tick=lambda: report(Activity.SETTING_UP, last_line(folders.out / SETUP_FILE) or str(command.setup)),
        )
        self._beside.setdefault(folders.workspace, {})[side] = built.reference
        if built.interpreter is None or built.variables is None:
            variables = self._variables(folders, interpreter, executable)
            return PreparedEnvironment(
                python=executable,
                variables=variables,
                environment=self._describe(folders, interpreter, variables, pytest_version=""),
                setup=built.facts,
            )
        ready = self._ready(folders, built.interpreter, built.interpreter.executable, built.variables, built.facts)
        tree = self._sandbox.paths(folders).tree
        copies = faithful_copies(built.interpreter, tree=tree, worktree=folders.tree)
        return replace(ready, copies=copies)

    def _reference(self, workspace: Workspace, side: Side) -> SetupReference | None:
        """What the setup of the side before came to: that of base for head and the reverse side, that of head for
        the cross side.
        """
        known = self._beside.get(workspace, {})
        before = {Side.HEAD: Side.BASE, Side.CROSS: Side.HEAD, Side.REVERSE: Side.BASE}.get(side)
        return None if before is None else known.get(before)

    def _probe(self, folders: SideFolders, executable: Path, cancel: threading.Event) -> Interpreter:
        variables = suite_variables(
            self._environ,
            self._sandbox.paths(folders),
            bin_directory=executable.parent,
            prefix=None,
            pycache=self._sandbox.paths(folders).pyc,
        )
        # Bytecode is read where the interpreter keeps its own, and not written (the probe runs with -B): faster once.
        del variables["PYTHONPYCACHEPREFIX"]
        return probe_interpreter(self._sandbox, folders, executable, variables, cancel)

    def _ready(
        self,
        folders: SideFolders,
        interpreter: Interpreter,
        executable: Path,
        variables: dict[str, str],
        setup: SetupFacts | None,
    ) -> PreparedEnvironment:
        return PreparedEnvironment(
            python=executable,
            variables=variables,
            environment=self._describe(folders, interpreter, variables, pytest_version=interpreter.pytest_version),
            setup=setup,
            start_hooks=interpreter.start_hooks,
        )

    def _variables(self, folders: SideFolders, interpreter: Interpreter, executable: Path) -> dict[str, str]:
        installed = "\n".join((interpreter.build, str(executable), *map(repr, interpreter.distributions)))
        cache = self._home.pycache / hashlib.sha256(installed.encode()).hexdigest()[:16]
        paths = self._sandbox.paths(folders)
        link_pycache(cache, paths, interpreter.path)
        return suite_variables(
            self._environ,
            paths,
            bin_directory=executable.parent,
            prefix=interpreter.virtual_environment,
            pycache=cache,
        )

    def _describe(
        self, folders: SideFolders, interpreter: Interpreter, variables: Mapping[str, str], *, pytest_version: str
    ) -> Environment:
        tree_path = str(self._sandbox.paths(folders).tree)
        isolation = self._sandbox.isolation
        own = (Path(tree_path), Path(folders.workspace.owner.repository))
        fingerprint = digest_document(
            {
                "schema": "autopack.environment/2",
                "executable": str(interpreter.executable),
                "implementation": interpreter.implementation,
                "build": interpreter.build,
                "platform": interpreter.platform,
                "prefix": str(interpreter.prefix),
                "base_prefix": str(interpreter.base_prefix),
                "path": list(interpreter.path),
                "hooks": [list(hook) for hook in interpreter.hooks],
                "distributions": [[str(found), found.record] for found in interpreter.distributions],
                "linked": sources_digest(linked_sources(interpreter, own=own)),
                "variables": {name: value for name, value in variables.items() if name != "PATH"},
                "programs": programs_digest(variables["PATH"]),
                "isolation": isolation.label,
                "tree_path": tree_path,
                "umask": UMASK,
                "superuser": self._superuser,
            }
        )
        return Environment(
            fingerprint=fingerprint,
            implementation=interpreter.implementation,
            python_version=interpreter.version,
            pytest_version=pytest_version,
            platform=interpreter.platform,
            distributions=tuple(str(found) for found in interpreter.distributions),
            isolation=isolation,
            tree_path=tree_path,
            locale=LOCALE,
            timezone=TIMEZONE,
            umask=UMASK,
            superuser=self._superuser,
        )


def _require_pytest(interpreter: Interpreter, executable: Path) -> None:
    if interpreter.pytest_problem:
        raise PytestMissing(
            f"{interpreter.pytest_problem}; run '{executable} -m pip install pytest', name a virtual environment with "
            "--python, or let --setup install it (packages of the user site are not visible to tests)",
            subject=str(executable),
        )
