"""``docs/autopack.schema.json`` and the reader of configurations agree."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from autopack_model.gate_configuration.document import KEYS, read_configuration
from autopack_model.gate_configuration.tables import TABLES
from autopack_model.gate_configuration.value import ConfigurationRefused
from autopack_model.policy.file import EFFECTS, WAIVER_KEYS, read_policy
from autopack_model.policy.file import KEYS as POLICY_KEYS

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "autopack.schema.json").read_text())
WAIVER = "category = 'removed'\nsubjects = '*'\nreason = 'r'\napprover = 'a'\nexpires = '2030-01-01'"
GOOD = (
    "",
    "[gate]",
    "[gate]\nsetup = 'make'\npython = '.venv'\narguments = ['-q']\nfolder = 'a/b'\ntimeout = '10m'\nenv = ['A', 'B=1']",
    "[gate]\narguments = '-q -x'\ntimeout = 1.5\nenv_file = '.env'\ncopy = ['.env']\nsetup_env = ['TOKEN']",
    "[gate]\nbefore_side = 'start'\nafter_side = 'stop'\ncopy = '.env'",
    "[policy]\nmin_tests = 1\nmax_new_skips = 0\nprotected_paths = ['a/**']\nunprotected_paths = ['tox.ini']",
    "[policy]\ntest_paths = ['a']\nproduct_paths = ['b']\nignored_paths = ['c']\n[policy.effects]\nunmuted = 'none'",
    f"[[waiver]]\n{WAIVER}",
)
BAD = (
    "waiver = 1",
    "[[waiver]]",
    f"[[waiver]]\n{WAIVER}\nunknown = 1",
    *(f"[policy]\n{key} = true" for key in POLICY_KEYS),
    "[policy]\nunknown = 1",
    "[policy.effects]\nremoved = 'mild'",
    "[policy]\nprotected_paths = ['/a']",
    "[policy]\nmin_tests = -1",
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
    policy, waiver = SCHEMA["properties"]["policy"]["properties"], SCHEMA["properties"]["waiver"]["items"]
    assert (list(TABLES), list(KEYS)) == (list(SCHEMA["properties"]), list(gate))
    assert (list(POLICY_KEYS), list(WAIVER_KEYS)) == (list(policy), list(waiver["properties"]))
    assert list(EFFECTS) == policy["effects"]["additionalProperties"]["enum"]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_read_fits_the_schema(text: str) -> None:
    """A configuration that the reader takes is valid."""
    _read_both(text)
    jsonschema.validate(tomllib.loads(text), SCHEMA)


def _read_both(text: str) -> None:
    read_configuration(text, "autopack.toml", in_project_file=False)
    read_policy(text, "autopack.toml", in_project_file=False)


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused_does_not_fit_the_schema(text: str) -> None:
    """An unknown key and a value of another type are refused by both."""
    with pytest.raises(ConfigurationRefused):
        _read_both(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), SCHEMA)
