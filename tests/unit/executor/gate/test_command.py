"""The test command of a run: what request, configuration and defaults come to."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_executor.gate.command import Commands, refuse_tracked
from autopack_model.baseline.value import command_digest
from autopack_model.errors import BadRequest
from autopack_model.gate_configuration.value import ConfigurationRefused
from autopack_model.gate_request.copied_file import CopiedFile
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import ConfigurationFile, GateRequest
from autopack_model.gate_request.variable import Variable
from tests.fakes.gate import REQUEST, Machine
from tests.fakes.gate_machine import INTERPRETER
from tests.fakes.gate_repository import BASE, HEAD, ROOT

DIGEST = "sha256:" + "a" * 64
PLAIN = replace(REQUEST, options=TestOptions())
SENT = replace(PLAIN, bundle_digest=DIGEST)


def resolved(
    machine: Machine,
    request: GateRequest = PLAIN,
    *,
    toml: str | None = None,
    caller: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> TestCommand:
    """The command of ``request`` where the base holds ``toml`` as its configuration."""
    own = {} if toml is None else {"autopack.toml": toml.encode()}
    machine.repository.files[BASE] = {**own, **(files or {})}
    commands = Commands(environments=machine.environments, caller=caller, key=b"key")
    return commands.resolve(request, machine.repository, BASE)


def test_without_a_configuration_the_defaults_hold(machine: Machine) -> None:
    """A request that says nothing of a repository that says nothing has pytest run at the top for an hour."""
    expected = TestCommand(interpreter=INTERPRETER, arguments=(), setup=None, timeout_ms=3_600_000)
    assert expected == resolved(machine)


def test_the_configuration_is_that_of_the_base(machine: Machine) -> None:
    """What the candidate says of how it is tested counts nothing."""
    machine.repository.files[HEAD] = {"autopack.toml": b"[gate]\nsetup = 'theirs'\n"}
    assert "ours" == resolved(machine, toml="[gate]\nsetup = 'ours'\n").setup


def test_the_operators_file_replaces_that_of_the_base(machine: Machine) -> None:
    """A configuration of the request counts alone."""
    given = ConfigurationFile(name="mine.toml", text="[gate]\ntimeout = 5\n")
    command = resolved(machine, replace(PLAIN, configuration=given), toml="[gate]\nsetup = 'make'\n")
    assert (None, 5000) == (command.setup, command.timeout_ms)


def test_two_configurations_are_refused(machine: Machine) -> None:
    """A table gate in both files is refused; a broken project file that is silent on Autopack is not our matter."""
    both = {"pyproject.toml": b"[tool.autopack.gate]\nsetup = 'b'\n"}
    with pytest.raises(ConfigurationRefused, match=r"autopack\.toml and pyproject\.toml .* both have a table gate"):
        resolved(machine, toml="[gate]\nsetup = 'a'\n", files=both)
    assert "b" == resolved(machine, files=both).setup
    assert "a" == resolved(machine, toml="[gate]\nsetup = 'a'\n", files={"pyproject.toml": b"["}).setup


def test_a_variable_of_the_caller(machine: Machine) -> None:
    """Its value comes from the caller where that is this process; another process hands out nothing of its own."""
    toml = "[gate]\nenv = ['URL']\n"
    command = resolved(machine, toml=toml, caller={"URL": "db://host"})
    assert [("URL", "db://host", True)] == [(each.name, each.value, each.secret) for each in command.variables]
    with pytest.raises(ConfigurationRefused, match=r"autopack\.toml:2: URL is not set; .* --env URL=VALUE"):
        resolved(machine, toml=toml, caller={})
    with pytest.raises(ConfigurationRefused, match=r"URL is taken from the caller, .* give it with --env URL"):
        resolved(machine, toml=toml, caller=None)
    given = replace(PLAIN, options=TestOptions(variables=(Variable(name="URL", value="mine"),)))
    assert ["mine"] == [each.value for each in resolved(machine, given, toml=toml, caller=None).variables]


def test_values_are_told_apart_without_being_told(machine: Machine) -> None:
    """Another value is another baseline; the digest of a value depends on the key, and stands in no repr."""
    toml = "[gate]\nenv = ['URL']\n"
    commands = [resolved(machine, toml=toml, caller={"URL": value}) for value in ("first", "first", "second")]
    digests = [command_digest(command) for command in commands]
    assert digests[0] == digests[1] != digests[2]
    machine.repository.files[BASE] = {"autopack.toml": toml.encode()}
    other = Commands(environments=machine.environments, caller={"URL": "first"}, key=b"other")
    assert digests[0] != command_digest(other.resolve(PLAIN, machine.repository, BASE))
    assert "first" not in repr(commands[0])


def test_a_file_that_another_machine_lacks_is_refused(machine: Machine) -> None:
    """A configuration that names a file of the checkout is refused for a sent repository, with the option that sends
    it; a tracked file of variables is read from the base.
    """
    with pytest.raises(ConfigurationRefused, match=r"does not have \.env, .* send it with --copy \.env"):
        resolved(machine, SENT, toml="[gate]\ncopy = ['.env']\n")
    with pytest.raises(ConfigurationRefused, match=r"does not have \.env, .* send it with --env-file \.env"):
        resolved(machine, SENT, toml="[gate]\nenv_file = '.env'\n")
    command = resolved(machine, SENT, toml="[gate]\nenv_file = 'ci.env'\n", files={"ci.env": b"A=1\n"})
    assert ["1"] == [each.value for each in command.variables]


def test_a_tracked_file_is_not_copied(machine: Machine) -> None:
    """What a side holds belongs to its commit, and no file is put where the commit has one for a folder."""
    options = TestOptions(copies=(CopiedFile(path="conf/.env", content=b"A=1"),))
    command = resolved(machine, replace(SENT, options=options))
    refuse_tracked(machine.repository, command, None, BASE)
    for files, message in (({"conf/.env": b""}, "belongs to the commit"), ({"conf": b""}, "conf is a file")):
        machine.repository.files[HEAD] = files
        with pytest.raises(BadRequest, match=message):
            refuse_tracked(machine.repository, command, BASE, HEAD)


@pytest.mark.parametrize(
    ("named", "toml", "expected"),
    [
        (ROOT, None, ""),
        (ROOT / "services/a", None, "services/a"),
        (ROOT / "services/a/tests", None, "services/a"),
        (ROOT / "services/b", None, ""),
        (ROOT / "services/a", "[gate]\nfolder = 'services/b'\n", "services/b"),
        (Path("/elsewhere"), None, ""),
    ],
)
def test_the_folder_of_the_tests(machine: Machine, named: Path, toml: str | None, expected: str) -> None:
    """A folder with a configuration of pytest is where the tests run when the repository is named by it, unless the
    configuration of the repository says another one.
    """
    files = {"services/a/pytest.ini": b"", "services/a/tests/test_it.py": b"", "services/b/it.py": b""}
    assert expected == resolved(machine, replace(PLAIN, repository=named), toml=toml, files=files).folder


def test_a_folder_that_the_base_lacks_is_refused(machine: Machine) -> None:
    """The message says where the folder was named and what lies there."""
    request = replace(PLAIN, options=TestOptions(folder="gone"))
    with pytest.raises(ConfigurationRefused, match=r"the folder gone \(--folder\) is nothing in the base"):
        resolved(machine, request)
    assert "gone" == resolved(machine, replace(request, no_baseline=True)).folder
