"""Today's code beside the generated code of one contract, today's or an edited copy, in processes of their own."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from dev.contracts.generate import ROOT

PATIENCE_S = 240.0
# Isolated, so that nothing but the first folder of the path says which contract it is.
START = """
import runpy, sys
_, *path, module, asked = sys.argv
sys.path[:0], sys.argv[1:] = path, [asked]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


class Outcome(TypedDict, total=False):
    """What came of a call: the messages of the answer, or the status and what was said with it."""

    answer: list[dict[str, object]]
    code: str
    reason: str
    message: str
    violations: dict[str, str]


Outcomes = dict[str, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where services are, by name, and the token of each role."""

    addresses: dict[str, str]
    tokens: dict[str, str]

    def shown(self) -> dict[str, object]:
        """What a process can be told."""
        return {"addresses": self.addresses, "tokens": self.tokens}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the command ``autopack`` ended, and what it said on both of its outputs."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The generated code of a contract in the folder ``gen``. Every process says that its contract came from there."""

    gen: Path

    @contextlib.contextmanager
    def servers(self, home: Path, *names: str) -> Iterator[Servers]:
        """The services ``names``, with ``home`` as their state directory."""
        with self._serving({"home": str(home), "names": names}) as servers:
            yield servers

    @contextlib.contextmanager
    def executor(self, others: Servers, home: Path) -> Iterator[Servers]:
        """An executor that uses the store and the gatekeeper of ``others``; yields these with its own address."""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a socket's path is short
            asked = {"home": str(home), "socket": f"{folder}/socket", "others": others.shown()}
            with self._serving(asked) as servers:
                yield servers

    def call_all(self, servers: Servers) -> Outcomes:
        """What comes of each RPC of this contract when it is called with an empty request, by the RPC's full name."""
        done = subprocess.run(
            self._process("call", servers.shown()), capture_output=True, text=True, check=True, timeout=PATIENCE_S
        )
        said = json.loads(done.stdout)
        self._check(said["contract"])
        results: Outcomes = said["results"]
        return results

    def command(self, servers: Servers, home: Path, *arguments: str) -> Ended:
        """Run ``autopack`` as a client of ``servers``, with ``home`` as its state directory."""
        home.mkdir(exist_ok=True)
        variables = {f"AUTOPACK_{name.upper()}_ADDRESS": address for name, address in servers.addresses.items()}
        for role, token in servers.tokens.items():
            variables[f"AUTOPACK_{role.upper()}_TOKEN_FILE"] = str(home / role)
            (home / role).write_text(token)
        done = subprocess.run(
            self._process("command", {"arguments": arguments}),
            env={**_environment(), **variables, "AUTOPACK_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        *errors, contract = done.stderr.splitlines()
        self._check(json.loads(contract))
        return Ended(code=done.returncode, said="\n".join([*errors, done.stdout]))

    @contextlib.contextmanager
    def _serving(self, asked: Mapping[str, object]) -> Iterator[Servers]:
        with subprocess.Popen(
            self._process("serve", asked),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                said = json.loads(process.stdout.readline())
                self._check(said["contract"])
                yield Servers(addresses=said["addresses"], tokens=said["tokens"])
                process.stdin.close()
                assert 0 == process.wait(60)
            finally:
                process.kill()

    def _process(self, script: str, asked: Mapping[str, object]) -> list[str]:
        module = f"tests.contract.skew.{script}"
        return [sys.executable, "-I", "-c", START, str(self.gen), str(ROOT), module, json.dumps(asked)]

    def _check(self, contract: list[str]) -> None:
        assert [str(self.gen / "autopack")] == contract


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
