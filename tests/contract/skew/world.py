"""A version of the whole code in processes of its own: this checkout, or what is kept of the previous contract."""

import contextlib
import json
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
PATIENCE_S = 240.0

PATH = (
    "proto/gen",
    "proto/rpc",
    "proto/results",
    "services/executor/src",
    "services/gatekeeper/src",
    "services/store/src",
    ".",
)
# Isolated, and without the .pth files of site-packages: the editable installs of this checkout are not on the path. The
# last line that is printed says where all that was imported came from.
START = """
import json, runpy, sys
count, script = int(sys.argv[1]), sys.argv[2]
sys.path[:0] = sys.argv[3 : 3 + count]
sys.path.append(sys.argv[3 + count])
sys.argv = [script, *sys.argv[4 + count :]]
runpy.run_path(script, run_name="__main__")
found = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps([file for name, file in found.items() if name.startswith(("autopack", "tests.")) and file]))
"""

Outcome = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the services of a world are, by name, and the token of each role."""

    addresses: dict[str, str]
    tokens: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The full names of all RPCs that the caller's contract has, and what came of calling each."""

    methods: frozenset[str]
    results: dict[str, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The code of one version in ``tree``, laid out as this checkout. Every process says where its code came from."""

    tree: Path

    def servers(self, home: Path) -> contextlib.AbstractContextManager[Servers]:
        """All three services, with ``home`` as their state directory."""
        return self._serving(str(home))

    @contextlib.contextmanager
    def executor(self, others: Servers, home: Path) -> Iterator[Servers]:
        """An executor that uses the store and the gatekeeper of ``others``; yields these with its own address."""
        with (
            tempfile.TemporaryDirectory(dir="/tmp") as folder,
            self._serving(str(home), _json(others), f"{folder}/socket") as servers,
        ):
            yield servers

    def call_all(self, servers: Servers, repository: Path) -> Calls:
        """Call every RPC of ``servers``; ``repository`` has the branches main and candidate."""
        command = self._command("call.py", _json(servers), str(repository), sys.executable)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=PATIENCE_S)
        assert 0 == done.returncode
        *_, answer, origins = done.stdout.splitlines()
        self._check_origins(origins)
        said = json.loads(answer)
        return Calls(methods=frozenset(said["methods"]), results=said["results"])

    @contextlib.contextmanager
    def _serving(self, *arguments: str) -> Iterator[Servers]:
        command = self._command("serve.py", *arguments)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                said = json.loads(process.stdout.readline())
                yield Servers(addresses=said["addresses"], tokens=said["tokens"])
                process.stdin.close()
                assert 0 == process.wait(60)
                self._check_origins(process.stdout.readline())
            finally:
                process.kill()

    def _command(self, script: str, *arguments: str) -> list[str]:
        path = [str(self.tree / part) for part in PATH]
        start = [sys.executable, "-I", "-S", "-c", START, str(len(path)), str(HERE / script), *path]
        return [*start, sysconfig.get_path("purelib"), *arguments]

    def _check_origins(self, said: str) -> None:
        files = [Path(file).resolve() for file in json.loads(said)]
        assert [] == [file for file in files if not file.is_relative_to(self.tree)]
        assert any(file.parts[-2:] == ("autopack_rpc", "channel.py") for file in files)


def _json(servers: Servers) -> str:
    return json.dumps({"addresses": servers.addresses, "tokens": servers.tokens})
