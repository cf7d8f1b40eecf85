"""What a repository may say of how it is tested."""

import pytest

from autopack_model.gate_configuration.document import read_configuration
from autopack_model.gate_configuration.duration import duration, milliseconds
from autopack_model.gate_configuration.env_file import read_env_file
from autopack_model.gate_configuration.settings import settings
from autopack_model.gate_configuration.value import ConfigurationRefused, GateConfiguration, NamedVariable
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.variable import Variable

WHOLE = """
[gate]
setup = "make setup"
python = "python3.12"
arguments = "-m 'not slow'"
folder = "./services/a/"
timeout = "1h30m"
env = ["URL", "MODE=test=1"]
env_file = ".env.test"
copy = ["b", ".env"]
before_side = "start"
after_side = "stop"
setup_env = ["TOKEN"]
"""


def read(text: str, *, in_project_file: bool = False) -> GateConfiguration | None:
    """The configuration of a file with ``text``."""
    return read_configuration(text, "autopack.toml", in_project_file=in_project_file)


def test_every_key_is_read() -> None:
    """Each key becomes what it stands for, lists ascend, and the line of each key is known."""
    configuration = read(WHOLE)
    assert configuration is not None
    assert (
        GateConfiguration(
            source="autopack.toml",
            lines=configuration.lines,
            setup="make setup",
            python="python3.12",
            arguments=("-m", "not slow"),
            folder="services/a",
            timeout_ms=5_400_000,
            env=(NamedVariable(name="MODE", value="test=1"), NamedVariable(name="URL", value=None)),
            env_file=".env.test",
            copy=(".env", "b"),
            before_side="start",
            after_side="stop",
            setup_env=(NamedVariable(name="TOKEN", value=None),),
        )
        == configuration
    )
    assert ("autopack.toml:7", "autopack.toml, gate.nothing") == (
        configuration.place("timeout_ms"),
        configuration.place("nothing"),
    )


def test_a_project_file_has_the_table_below_tool() -> None:
    """In a pyproject.toml the table is tool.autopack.gate; other tables are none of ours."""
    text = "[project]\nname = 'a'\n[tool.autopack.gate]\nsetup = 'make'\n"
    configuration = read(text, in_project_file=True)
    assert configuration is not None
    assert ("make", "autopack.toml:4") == (configuration.setup, configuration.place("setup"))
    assert None is read("[tool.other]\ngate = 1\n", in_project_file=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate]\ntimout = 1", "'timout' is not a key of gate; did you mean 'timeout'?"),
        ("[gate]\nenv-file = 'a'", "'env-file' is not a key of gate; did you mean 'env_file'?"),
        ("[gates]\n", "'gates' is not a table; did you mean 'gate'?"),
        ("setup = 'make'", "'setup' is not a table; known are gate"),
        ("gate = 1", "gate is a number; it has to be a table"),
        ("[gate]\nsetup = ", "is not TOML"),
        ("[gate]\nsetup = ['a']", "autopack.toml:2: setup is a list; it has to be a string"),
        ("[gate]\nsetup = ' '", "setup is empty"),
        ("[gate]\narguments = [1]", "arguments holds a number"),
        ('[gate]\narguments = "\'"', "arguments cannot be split into words"),
        ("[gate]\nfolder = '../a'", "folder '../a' has an empty part"),
        ("[gate]\nfolder = '/a'", "folder '/a' is absolute"),
        ("[gate]\ntimeout = 'soon'", "timeout 'soon' is not a length of time; write '10m'"),
        ("[gate]\ntimeout = 0", "timeout '0' is outside"),
        ("[gate]\ntimeout = true", "timeout is true or false"),
        ("[gate]\ntimeout = nan", "timeout is nan"),
        ("[gate]\nenv = ['A', 'A=1']", "env names A twice"),
        ("[gate]\nenv = ['A-B']", "env 'A-B' is not the name of a variable"),
        ("[gate]\nenv = ['HOME=/a']", "env HOME is set by Autopack"),
        ("[gate]\nsetup_env = ['AUTOPACK_X']", "setup_env AUTOPACK_X is set by Autopack"),
        ("[gate]\ncopy = ['a/../b']", "copy 'a/../b' has an empty part"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(text: str, message: str) -> None:
    """An unknown key, a value of another type and one that cannot be are refused, with the file and the key."""
    with pytest.raises(ConfigurationRefused) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.message.startswith("autopack.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10m", 600_000), ("90s", 90_000), ("1h30m", 5_400_000), ("1.5", 1500), (" 2 ", 2000), ("1h2m3.5s", 3_723_500)],
)
def test_lengths_of_time(text: str, expected: int) -> None:
    """A time limit has hours, minutes and seconds, or is a number of seconds; what is shown can be read again."""
    assert expected == milliseconds(text, "timeout")
    assert expected == milliseconds(duration(expected), "timeout")


def test_a_file_of_variables() -> None:
    """Comments and empty lines count nothing, quotes and escapes are read, and the last of two lines counts."""
    data = b"""\xef\xbb\xbf# first
export A=1 # one
B = "two\\nlines" # two
C='$A "as it is"'

A=last#1
D=
"""
    assert {"A": "last#1", "B": "two\nlines", "C": '$A "as it is"', "D": ""} == {
        variable.name: variable.value for variable in read_env_file(data, ".env")
    }


@pytest.mark.parametrize("line", [b"top secret", b"A='secret", b"1A=secret", b"PATH=secret", b"A=secret\xff"])
def test_a_bad_line_is_named_and_not_repeated(line: bytes) -> None:
    """The message has the file and the line, and nothing of what may be a secret."""
    with pytest.raises(ConfigurationRefused) as caught:
        read_env_file(b"A=1\n" + line, ".env")
    assert caught.value.message.startswith(".env")
    assert "secret" not in caught.value.message


def test_options_win_over_the_configuration_and_that_over_defaults() -> None:
    """Each setting says where it comes from; variables and copies of both are taken together, by name."""
    options = TestOptions(timeout_ms=1000, variables=(Variable(name="URL", value="mine"),))
    holding = settings(options, read(WHOLE), folder="elsewhere")
    assert (1000, "make setup", "services/a") == (holding.timeout_ms, holding.setup, holding.folder)
    assert (["URL"], ["MODE"]) == ([each.name for each in holding.given], [each.name for each in holding.named])
    listed = {(setting.key, setting.value): setting.origin for setting in holding.listing()}
    assert ("--timeout", "--env", "autopack.toml:8") == (
        listed["timeout", "1s"],
        listed["env", "URL"],
        listed["env", "MODE"],
    )
    bare = settings(TestOptions(), None, folder="")
    assert {"default"} == {setting.origin for setting in bare.listing()}
    assert 3_600_000 == bare.timeout_ms
    assert ("a", "--repo") == (
        settings(TestOptions(), None, folder="a").folder,
        settings(TestOptions(), None, folder="a").origins["folder"],
    )


def test_no_repr_tells_a_value() -> None:
    """Values of variables are in no text that is made of a value object, so that no log and no error holds them."""
    options = TestOptions(variables=(Variable(name="TOKEN", value="top secret"),))
    held = settings(options, read("[gate]\nenv = ['A=top secret']"), folder="")
    assert "top secret" not in repr(options) + repr(held) + "".join(map(repr, held.listing()))
    assert b"top secret" in list(options.secrets)
