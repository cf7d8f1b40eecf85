"""Gives both sides of a run the same path, and runs every child of a run.

Where the kernel allows it, a child runs in a mount namespace of its own, in which the room of its side is bound to
``Home.mount_point``: tree, TMPDIR and HOME have the same names on both sides and in every run. Elsewhere the child
sees its room where it lies, ``rooms/<slot>/b`` or ``.../h``.
"""

import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.adapters.child import ChildExit, run_child
from autopack_executor.adapters.home import Home
from autopack_executor.adapters.room import SideRoom
from autopack_results.suite_run import Isolation

# Every step is an exec, so the process that was started becomes the command: its exit code and signal are the
# command's own. A step that fails ends with a code and without a word from the recorder, which is no evidence.
_ENTER = 'cd "$1" && shift && unset OLDPWD && exec "$@"'
_BIND_AND_ENTER = 'mount --bind "$1" "$2" && shift 2 && ' + _ENTER
# As an ordinary user, a namespace gives capabilities that a test must not have: it would pass where permission is
# denied. They are needed for the mount and dropped again before the command.
_AS_USER = ("unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "--propagation", "private", "--")
_AS_ROOT = ("unshare", "--mount", "--propagation", "private", "--")
_DROP = ("setpriv", "--inh-caps", "-all", "--ambient-caps", "-all", "--bounding-set", "-all", "--")
PROBE_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePaths:
    """The directories of a side as its children see them."""

    tree: Path
    tmp: Path
    home: Path
    pyc: Path
    out: Path

    @staticmethod
    def below(directory: Path) -> "SidePaths":
        """The paths when the room is seen at ``directory``."""
        return SidePaths(
            tree=directory / "tree",
            tmp=directory / "tmp",
            home=directory / "home",
            pyc=directory / "pyc",
            out=directory / "out",
        )


class Sandbox:
    """Runs children of a run in the rooms of ``home``. ``superuser`` says whether this process is root;
    ``force_siblings`` forgoes the mount namespace."""

    def __init__(self, home: Home, *, superuser: bool, force_siblings: bool = False) -> None:
        self._home = home
        self._superuser = superuser
        self._isolation = Isolation.SIBLING_PATHS if force_siblings else None
        self._guard = threading.Lock()

    @property
    def isolation(self) -> Isolation:
        """How both sides get the same path here; found out once, by trying."""
        with self._guard:
            if self._isolation is None:
                works = self._namespace_works()
                self._isolation = Isolation.MOUNT_NAMESPACE if works else Isolation.SIBLING_PATHS
            return self._isolation

    def paths(self, room: SideRoom) -> SidePaths:
        """The directories of ``room`` as its children see them."""
        if self.isolation is Isolation.MOUNT_NAMESPACE:
            return SidePaths.below(self._home.mount_point)
        return SidePaths.below(room.directory)

    def run(
        self,
        room: SideRoom,
        argv: Sequence[str],
        *,
        variables: Mapping[str, str],
        log: Path,
        timeout_s: float,
        cancel: threading.Event,
        on_tick: Callable[[], None] = lambda: None,
        in_tree: bool = True,
    ) -> ChildExit:
        """Run ``argv`` in the tree of ``room``, or in its empty home where the tree need not be checked out yet.

        ``log`` is a real path; ``argv`` and ``variables`` use ``paths``. Raises as ``child.run_child``."""
        folder = self.paths(room).tree if in_tree else self.paths(room).home
        return run_child(
            self._command(room.directory, folder, argv),
            variables={**variables, "PWD": str(folder)},
            marker=room.room.next_marker(),
            log=log,
            timeout_s=timeout_s,
            cancel=cancel,
            on_start=room.room.record_child,
            on_tick=on_tick,
        )

    def _command(self, directory: Path, cwd: Path, argv: Sequence[str]) -> list[str]:
        if self.isolation is Isolation.SIBLING_PATHS:
            return ["/bin/sh", "-c", _ENTER, "autopack", str(cwd), *argv]
        return self._in_namespace(directory, cwd, argv)

    def _in_namespace(self, directory: Path, cwd: Path, argv: Sequence[str]) -> list[str]:
        enter, leave = (_AS_ROOT, ()) if self._superuser else (_AS_USER, _DROP)
        shell = ("/bin/sh", "-c", _BIND_AND_ENTER, "autopack", str(directory), str(self._home.mount_point), str(cwd))
        return [*enter, *shell, *leave, *argv]

    def _namespace_works(self) -> bool:
        """Whether a file of a directory is seen at the mount point, by a child in a namespace of its own."""
        with tempfile.TemporaryDirectory(prefix="probe-", dir=self._home.locks) as name:
            (Path(name) / "seen").touch()
            point = self._home.mount_point
            try:
                outcome = subprocess.run(
                    self._in_namespace(Path(name), point, ["test", "-e", str(point / "seen")]),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    timeout=PROBE_TIMEOUT_S,
                )
            except (OSError, subprocess.TimeoutExpired):
                return False
        return outcome.returncode == 0
