"""Gives both sides of a run the same path, and runs every child of a run.

Where the kernel allows it, a child runs in a mount namespace of its own, in which the folders of its side are bound to
``Home.mount_point``, and its TMPDIR to ``Home.short_place``: tree, TMPDIR and HOME have the same names on both sides
and in every run. Elsewhere the child sees its folders where they lie, ``workspaces/<slot>/b`` or ``.../h``, and has a
TMPDIR in the short place.

In the namespace the repository's git directory, which the worktree leads to, can be read and not written: a test that
stashes, commits or configures in its own tree would otherwise do so in the user's repository.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.isolation.child import ChildExit, Work, run_child
from autopack_executor.workspace.folders import SideFolders
from autopack_executor.workspace.home import Home
from autopack_model.suite_run.value import Isolation

# Every step is an exec, so the process that was started becomes the command: its exit code and signal are the
# command's own. A step that fails ends with a code and without a word from the recorder, which is no evidence.
_ENTER = 'cd "$1" && shift && unset OLDPWD && exec "$@"'
# The git directory ($5, or nothing) is protected as far as the kernel allows; the suite runs without it all the same.
_PROTECT = '{ [ -z "$5" ] || { "$1" --bind "$5" "$5" && "$1" -o remount,bind,ro "$5"; } 2>/dev/null || :; }'
_BIND_AND_ENTER = f'{_PROTECT} && "$1" --bind "$2/tmp" "$4" && "$1" --bind "$2" "$3" && shift 5 && {_ENTER}'
PROBE_TIMEOUT_S = 10.0
# Where the system's own tools are: never on the PATH of a child, which begins with what a setup command installed.
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePaths:
    """The directories of a side as its children see them."""

    tree: Path
    tmp: Path
    home: Path
    pyc: Path
    out: Path

    @staticmethod
    def below(directory: Path, *, tmp: Path) -> "SidePaths":
        """The paths when the folders are seen at ``directory``, but for TMPDIR, which is seen at ``tmp``."""
        return SidePaths(
            tree=directory / "tree",
            tmp=tmp,
            home=directory / "home",
            pyc=directory / "pyc",
            out=directory / "out",
        )


class Sandbox:
    """Runs children of a run in the workspaces of ``home``. ``superuser`` says whether this process is root;
    ``force_siblings`` forgoes the mount namespace; ``tools`` is where unshare, mount and setpriv are looked for.
    """

    def __init__(self, home: Home, *, superuser: bool, force_siblings: bool = False, tools: str = SYSTEM_PATH) -> None:
        self._home = home
        self._tools = _Tools.find(tools, superuser=superuser)
        self._isolation = Isolation.SIBLING_PATHS if force_siblings or self._tools is None else None
        self._guard = threading.Lock()

    @property
    def isolation(self) -> Isolation:
        """How both sides get the same path here; found out once, by trying."""
        with self._guard:
            if self._isolation is None:
                works = self._namespace_works()
                self._isolation = Isolation.MOUNT_NAMESPACE if works else Isolation.SIBLING_PATHS
            return self._isolation

    def paths(self, folders: SideFolders) -> SidePaths:
        """The directories of ``folders`` as its children see them."""
        if self.isolation is Isolation.MOUNT_NAMESPACE:
            return SidePaths.below(self._home.mount_point, tmp=self._home.short_place.root)
        return SidePaths.below(folders.directory, tmp=folders.short_tmp)

    def run(
        self,
        folders: SideFolders,
        argv: Sequence[str],
        *,
        variables: Mapping[str, str],
        log: Path,
        timeout_s: float,
        cancel: threading.Event,
        on_tick: Callable[[], None] = lambda: None,
        in_tree: bool = True,
        work: Work | None = None,
        folder: str = "",
        services: str | None = None,
    ) -> ChildExit:
        """Run ``argv`` in the tree of ``folders``, or in its empty home where the tree need not be checked out yet.

        ``folder`` is one of the tree. What is started with a marker as ``services`` (``Workspace.services``) leaves its
        own children running. ``log`` is a real path; ``argv`` and ``variables`` use ``paths``. Raises the same errors
        as ``child.run_child``.
        """
        place = self.paths(folders).tree / folder if in_tree else self.paths(folders).home
        return run_child(
            self._command(folders, place, argv, git=_git_directory(folders.tree) if in_tree else None),
            variables={**variables, "PWD": str(place)},
            marker=services or folders.workspace.next_marker(),
            log=log,
            timeout_s=timeout_s,
            cancel=cancel,
            on_start=folders.workspace.record_child,
            on_tick=on_tick,
            work=work,
            leaving=services is not None,
        )

    def _command(self, folders: SideFolders, cwd: Path, argv: Sequence[str], *, git: Path | None) -> list[str]:
        if self.isolation is Isolation.MOUNT_NAMESPACE and self._tools is not None:
            return self._in_namespace(self._tools, folders.directory, cwd, argv, git=git)
        return ["/bin/sh", "-c", _ENTER, "autopack", str(cwd), *argv]

    def _in_namespace(
        self, tools: "_Tools", directory: Path, cwd: Path, argv: Sequence[str], *, git: Path | None
    ) -> list[str]:
        points = (str(self._home.mount_point), str(self._home.short_place.root))
        bound = (str(directory), *points, "" if git is None else str(git))
        shell = ("/bin/sh", "-c", _BIND_AND_ENTER, "autopack", tools.mount, *bound, str(cwd))
        return [*tools.enter, *shell, *tools.leave, *argv]

    def _namespace_works(self) -> bool:
        """Whether a file of a directory is seen at the mount point, by a child in a namespace of its own."""
        if self._tools is None:
            return False
        with tempfile.TemporaryDirectory(prefix="probe-", dir=self._home.locks) as name:
            (Path(name) / "seen").touch()
            (Path(name) / "tmp").mkdir()
            point = self._home.mount_point
            # Its name is nobody else's, and it keeps the short place while this looks.
            kept = self._home.short_place.root / Path(name).name
            self._home.short_place.renew(kept)
            try:
                outcome = subprocess.run(
                    self._in_namespace(self._tools, Path(name), point, ["/bin/sh", "-c", "test -e seen"], git=None),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    timeout=PROBE_TIMEOUT_S,
                )
            except (OSError, subprocess.TimeoutExpired):
                return False
            finally:
                self._home.short_place.remove(kept)
        return outcome.returncode == 0


def _git_directory(tree: Path) -> Path | None:
    """The git directory of the repository that ``tree`` is a worktree of, or None when it is none."""
    try:
        link = os.fsdecode((tree / ".git").read_bytes().strip().removeprefix(b"gitdir: "))
        own = tree / link
        common = own / os.fsdecode((own / "commondir").read_bytes().strip())
    except OSError:
        return None
    return Path(os.path.realpath(common))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tools:
    """The commands that make a namespace: ``enter`` before the shell that mounts, ``leave`` after it."""

    enter: tuple[str, ...]
    mount: str
    leave: tuple[str, ...]

    @staticmethod
    def find(path: str, *, superuser: bool) -> "_Tools | None":
        """The tools on ``path``, or None when one is missing.

        As an ordinary user, a namespace gives capabilities that a test must not have: it would pass where permission
        is denied. They are needed for the mount and dropped again before the command.
        """
        unshare, mount, setpriv = (shutil.which(name, path=path) for name in ("unshare", "mount", "setpriv"))
        if unshare is None or mount is None or setpriv is None:
            return None
        private = ("--mount", "--propagation", "private", "--")
        if superuser:
            return _Tools(enter=(unshare, *private), mount=mount, leave=())
        return _Tools(
            enter=(unshare, "--user", "--map-current-user", "--keep-caps", *private),
            mount=mount,
            leave=(setpriv, "--inh-caps", "-all", "--ambient-caps", "-all", "--bounding-set", "-all", "--"),
        )
