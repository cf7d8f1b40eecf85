"""``docs/autopack.schema.json`` and the reader of configurations agree."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from autopack_model.gate_configuration.document import KEYS, read_configuration
from autopack_model.gate_configuration.tables import TABLES
from autopack_model.gate_configuration.value import ConfigurationRefused

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "autopack.schema.json").read_text())
GOOD = (
    "",
    "[gate]",
    "[gate]\nsetup = 'make'\npython = '.venv'\narguments = ['-q']\nfolder = 'a/b'\ntimeout = '10m'\nenv = ['A', 'B=1']",
    "[gate]\narguments = '-q -x'\ntimeout = 1.5\nenv_file = '.env'\ncopy = ['.env']\nsetup_env = ['TOKEN']",
    "[gate]\nbefore_side = 'start'\nafter_side = 'stop'\ncopy = '.env'",
)
BAD = (
    "[gates]",
    "[gate]\nunknown = 1",
    "gate = 1",
    *(f"[gate]\n{key} = true" for key in KEYS),
    "[gate]\nenv = ['1A']",
    "[gate]\ntimeout = 0",
    "[gate]\nfolder = '/a'",
    "[gate]\ncopy = ['/a']",
    "[gate]\nsetup = ''",
)


def test_the_schema_names_every_key() -> None:
    """Tables and keys of the schema are those that are read, in the same order."""
    gate = SCHEMA["properties"]["gate"]["properties"]
    assert (list(TABLES), list(KEYS)) == (list(SCHEMA["properties"]), list(gate))


@pytest.mark.parametrize("text", GOOD)
def test_what_is_read_fits_the_schema(text: str) -> None:
    """A configuration that the reader takes is valid."""
    read_configuration(text, "autopack.toml", in_project_file=False)
    jsonschema.validate(tomllib.loads(text), SCHEMA)


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused_does_not_fit_the_schema(text: str) -> None:
    """An unknown key and a value of another type are refused by both."""
    with pytest.raises(ConfigurationRefused):
        read_configuration(text, "autopack.toml", in_project_file=False)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), SCHEMA)
