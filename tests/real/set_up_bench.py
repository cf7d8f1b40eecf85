"""A real project that is set up as its developers do it, ready to be gated and to be run without Autopack."""

import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from autopack_model.gate_request.variable import Variable
from tests.e2e.gating import Gates
from tests.real.own_checkout import OwnCheckout
from tests.real.projects import POETRY, SetUpProject, Tools
from tests.real.source_releases import BASE, HEAD, fetch_parts, make_repository


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpBench:
    """A project with the sources of its two releases, and these as a repository. ``given`` are its variables."""

    project: SetUpProject
    base: Path
    head: Path
    repository: Path
    tools: Tools
    given: dict[str, str]

    def checkout(self, revision: str, place: Path) -> OwnCheckout:
        """A checkout of ``revision``, a branch, in ``place``, new, without anything set up."""
        return OwnCheckout.of(self.project, self.repository, revision, place, self.given)

    def options(self) -> TestOptions:
        """How the gate runs the project."""
        return TestOptions(
            interpreter=Path(sys.executable),
            arguments=self.project.arguments,
            setup=self.project.setup(self.tools),
            timeout_ms=300_000,
            folder=self.project.folder,
            variables=tuple(Variable(name=name, value=value) for name, value in sorted(self.given.items())),
            before_side=self.project.before_side,
            after_side=self.project.after_side,
        )

    def gate(self, gates: Gates) -> FullReport:
        """Gate the later release against the earlier one."""
        return gates.ended(
            GateRequest(
                run_id=None,
                repository=self.repository,
                base=BASE,
                candidate=CommitCandidate(revision=HEAD),
                options=self.options(),
                no_baseline=False,
                fresh_base=False,
            )
        )


def make_tools(folder: Path) -> Tools:
    """uv, as the tests have it, and Poetry in an environment of its own in ``folder``."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder / "poetry")], check=True)
    python = folder / "poetry" / "bin" / "python"
    subprocess.run([str(uv), "pip", "install", "--quiet", "--python", str(python), POETRY], check=True)
    return Tools(uv=uv, poetry=python.with_name("poetry"))


def set_up_bench(project: SetUpProject, folder: Path, fetching_python: Path, tools: Tools) -> SetUpBench:
    """Fetch both releases of ``project`` into ``folder``, and make its repository."""
    base = fetch_parts(project.base, folder / "base-release", python=fetching_python)
    head = fetch_parts(project.head, folder / "head-release", python=fetching_python)
    repository = folder / "repository"
    make_repository(repository, base, head)
    port = {} if project.port is None else {project.port: str(_free_port())}
    given = dict(project.variables) | port
    return SetUpBench(project=project, base=base, head=head, repository=repository, tools=tools, given=given)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert isinstance(port, int)
    return port
