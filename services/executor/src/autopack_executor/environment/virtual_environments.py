"""Virtual environments made by a setup command, kept so that none ever serves a tree that it does not fit.

The rule. An environment belongs to a repository. It is *shared* by all of its trees with the same interpreter, command,
inputs of the command and tree path when all of these inputs are known (``setup_inputs``), and the setup left nothing in
it that belongs to one tree: no copy of a project module, no version taken from the commit, nothing written into the
worktree but metadata. Anything else *binds* it to the exact content of the tree that it was made from, and another
tree gets its own. Only what was made for a base is shared: a candidate prepares nothing that others run in.

A head whose inputs differ from those of base, or that is bound, is set up with the versions of base (``pins``). What
the setup wrote into the worktree is kept beside the environment and put into every worktree that uses it. One lock per
shared key keeps two gates from building the same. What is kept has limits; what a run uses stays until the run is over.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from autopack_executor.environment.dependency_files import version_from_commit
from autopack_executor.environment.interpreter import Interpreter
from autopack_executor.environment.interpreter_probe import probe_interpreter
from autopack_executor.environment.kept import Completed, EnvironmentLimits, KeptEnvironments, key_of
from autopack_executor.environment.pins import NO_PINS, Pins, changed_names, moved, pins
from autopack_executor.environment.project_copies import project_copies
from autopack_executor.environment.pycache import link_pycache
from autopack_executor.environment.setting_up import Place, Setup
from autopack_executor.environment.setup_evidence import locks_made, only_metadata, setup_evidence
from autopack_executor.environment.setup_inputs import inputs_digest, is_plain, setup_inputs
from autopack_executor.environment.setup_request import (
    BuiltEnvironment,
    SetupReference,
    SetupRequest,
    not_run_facts,
    setup_facts,
)
from autopack_executor.environment.variables import suite_variables
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace import worktree_content
from autopack_executor.workspace.folders import SideFolders
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.lock import held
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import SetupFacts

SCHEMA = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What an environment is wanted for: ``content`` describes the worktree, ``inputs`` what the command reads of it.

    ``shared`` is the key of what may serve other trees too, ``tree`` of what fits this one, ``own`` of what would be
    made now, with ``pins``.
    """

    request: SetupRequest
    folders: SideFolders
    content: Mapping[str, str]
    inputs: Mapping[str, bytes]
    named: frozenset[str]
    pins: Pins
    shared: str
    tree: str
    own: str


class VirtualEnvironments:
    """Makes and finds virtual environments below ``home.environments``. ``environ`` is the caller's environment."""

    def __init__(self, home: Home, sandbox: Sandbox, environ: Mapping[str, str], limits: EnvironmentLimits) -> None:
        self._home = home
        self._sandbox = sandbox
        self._environ = environ
        self._kept = KeptEnvironments(home, limits)
        self._setup = Setup(home, sandbox, environ)

    def drop_unused(self) -> None:
        """Drop what is beyond the limits, and in no use."""
        self._kept.drop_unused()

    def obtain(
        self,
        request: SetupRequest,
        folders: SideFolders,
        *,
        cancel: threading.Event,
        on_wait: Callable[[], None],
        on_tick: Callable[[], None],
    ) -> BuiltEnvironment:
        """The environment for the tree of ``folders``, from what is kept or made now. While it is made, ``on_tick`` is
        called about five times a second.

        Raises Cancelled, InterpreterUnusable when no virtual environment can be made at all, EvidenceNotWritten.
        """
        wanted = self._wanted(request, folders)
        beside = request.beside
        if beside is not None and beside.interpreter is None and beside.inputs == wanted.inputs:
            return self._built(wanted, not_run_facts(request.command), None, key=None)
        with held(self._home.locks / f"environment-{wanted.shared}.lock", cancel=cancel, on_wait=on_wait):
            for key in self._serving(wanted):
                reused = self._reuse(key, wanted, cancel)
                if reused is not None:
                    return reused
            built = self._build(wanted, cancel, on_tick)
        self.drop_unused()
        return built

    def _wanted(self, request: SetupRequest, folders: SideFolders) -> _Wanted:
        inputs = setup_inputs(folders.tree, request.command, folder=request.folder)
        content = worktree_content.content(folders.tree)
        tree = worktree_content.digest(content)
        shared = self._shared_key(request, folders, inputs_digest(inputs) if is_plain(request.command) else tree)
        beside = request.beside
        named, kept = frozenset[str](), NO_PINS
        if beside is not None and beside.interpreter is not None:
            named = changed_names(beside.inputs, inputs)
            kept = pins(beside.interpreter, beside.locks, named)
        return _Wanted(
            request=request,
            folders=folders,
            content=content,
            inputs=inputs,
            named=named,
            pins=kept,
            shared=shared,
            tree=key_of({"shared": shared, "tree": tree}),
            own=key_of({"shared": shared, "tree": tree, "pins": kept.digest}),
        )

    def _shared_key(self, request: SetupRequest, folders: SideFolders, inputs: str) -> str:
        made_from = request.interpreter
        return key_of(
            {
                "schema": SCHEMA,
                "repository": request.repository,
                "executable": str(made_from.executable),
                "build": made_from.build,
                "platform": made_from.platform,
                "base_prefix": str(made_from.base_prefix),
                "command": request.command,
                "inputs": inputs,
                "tree_path": str(self._sandbox.paths(folders).tree),
                **request.given_inputs,
                **{name: value for name, value in self._environ.items() if name.startswith(("PIP_", "UV_"))},
            }
        )

    def _serving(self, wanted: _Wanted) -> Iterator[str]:
        """The keys of the environments that may serve, best first. Beside a base with other inputs, only what was made
        with the versions of that base.
        """
        beside = wanted.request.beside
        same = beside is None or beside.key == wanted.shared
        names = [f"shared-{wanted.shared}"] if same else []
        if beside is None:
            names.append(f"tree-{wanted.tree}")
        yield from (key for name in names if (key := self._kept.pointed(name)) is not None)
        yield wanted.own

    def _place(self, key: str, folders: SideFolders) -> Place:
        directory = self._kept.directory(key)
        variables = suite_variables(
            self._environ,
            self._sandbox.paths(folders),
            bin_directory=directory / "venv" / "bin",
            prefix=directory / "venv",
            pycache=directory / "pycache",
        )
        return Place(directory=directory, folders=folders, variables=variables)

    def _reuse(self, key: str, wanted: _Wanted, cancel: threading.Event) -> BuiltEnvironment | None:
        done = self._kept.completed(key) if self._kept.hold(key, wanted.folders.workspace) else None
        if done is None:
            return None
        place, started = self._place(key, wanted.folders), time.monotonic()
        link_pycache(place.pycache, self._sandbox.paths(wanted.folders), ())
        worktree_content.restore(done.changes, self._kept.written(key), wanted.folders.tree)
        interpreter = probe_interpreter(self._sandbox, wanted.folders, place.python, place.variables, cancel)
        if interpreter.pytest_problem:
            return None  # something emptied it since; make it anew
        took_ms = int((time.monotonic() - started) * 1000)
        facts = setup_facts(wanted.request.command, reused=True, duration_ms=took_ms)
        return self._built(
            wanted, replace(facts, pinned=done.pinned, changed_files=done.evidence), interpreter, key=key
        )

    def _build(self, wanted: _Wanted, cancel: threading.Event, on_tick: Callable[[], None]) -> BuiltEnvironment:
        folders, key = wanted.folders, wanted.own
        self._kept.begin(key, folders.workspace)
        place = self._place(key, folders)
        facts, interpreter = self._setup.run(place, wanted.request, wanted.pins, wanted.content, cancel, on_tick)
        if interpreter is None:
            self._kept.discard(key)
            return self._built(wanted, facts, None, key=None)
        after = worktree_content.content(folders.tree)
        changes = WorktreeChanges.between(wanted.content, after)
        worktree_content.save(changes, folders.tree, self._kept.written(key))
        evidence = setup_evidence(changes, wanted.content, after)
        self._kept.complete(
            key,
            Completed(repository=wanted.request.repository, changes=changes, evidence=evidence, pinned=facts.pinned),
        )
        self._kept.point(f"tree-{wanted.tree}", key)
        if self._may_be_shared(wanted, changes, interpreter):
            self._kept.point(f"shared-{wanted.shared}", key)
        return self._built(wanted, replace(facts, changed_files=evidence), interpreter, key=key)

    def _may_be_shared(self, wanted: _Wanted, changes: WorktreeChanges, interpreter: Interpreter) -> bool:
        return (
            wanted.request.side is Side.BASE
            and is_plain(wanted.request.command)
            and only_metadata(changes)
            and not version_from_commit(wanted.folders.tree)
            and not project_copies(interpreter, tree=self._sandbox.paths(wanted.folders).tree, files=wanted.content)
        )

    def _built(
        self, wanted: _Wanted, facts: SetupFacts, interpreter: Interpreter | None, *, key: str | None
    ) -> BuiltEnvironment:
        beside = wanted.request.beside
        if beside is not None and beside.interpreter is not None and interpreter is not None:
            differ = beside.inputs != wanted.inputs
            names = moved(beside.interpreter, interpreter, named=wanted.named, inputs_differ=differ)
            facts = replace(facts, moved=names)
        done = None if key is None else self._kept.completed(key)
        made = () if key is None or done is None else tuple(locks_made(done.changes, wanted.content))
        return BuiltEnvironment(
            facts=facts,
            interpreter=interpreter,
            variables=None if key is None else self._place(key, wanted.folders).variables,
            reference=SetupReference(
                key=wanted.shared,
                inputs=wanted.inputs,
                locks={} if key is None else {path: (self._kept.written(key) / path).read_bytes() for path in made},
                made_from=wanted.request.interpreter,
                interpreter=interpreter,
            ),
        )
