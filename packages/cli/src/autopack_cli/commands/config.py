"""``autopack config``: how a gate would run the tests, and where each setting comes from."""

import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_cli.config import process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.gating.test_options import Place, configuration_file, local_interpreter, request_options
from autopack_cli.given_tests import GivenTests
from autopack_cli.json_target import json_target
from autopack_cli.render.settings import print_settings
from autopack_git.configuration import configuration_of, folder_within, own_folder
from autopack_git.repository import GitRepository
from autopack_git.resolution import resolve_base
from autopack_model.canonical import Json
from autopack_model.errors import BadRequest
from autopack_model.gate_configuration.settings import Setting, settings
from autopack_model.gate_request.candidate import WorktreeCandidate
from autopack_model.gate_request.value import GateRequest

SCHEMA = "autopack.settings/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigOptions:
    """The options of the command as they were given."""

    repo: str
    base: str | None
    tests: GivenTests
    json: str | None


def run_config(options: ConfigOptions) -> int:
    """Print every setting that holds; returns the exit code. No value of a variable is printed or looked up."""
    with reporting_errors():
        process = process_settings()
        if "://" in options.repo:
            raise BadRequest("config reads a repository on this machine; clone it first", subject="--repo")
        place = Path(options.repo).resolve()
        tests = options.tests
        interpreter = None if tests.python is None else local_interpreter(tests.python, process.search_path)
        request = GateRequest(
            run_id=None,
            repository=place,
            base=options.base,
            candidate=WorktreeCandidate(),
            options=request_options(tests, Place(checkout=place, reading=False), process.environ, interpreter),
            no_baseline=True,
            configuration=configuration_file(tests.config),
        )
        repository = GitRepository(place, state=process.home / "git")
        base = resolve_base(repository, request)
        holding = settings(
            request.options,
            configuration_of(repository, base, request.configuration),
            folder=own_folder(repository, base, folder_within(repository.root, place)),
        )
        listing = tuple(holding.listing())
        revision = None if base is None else base.revision
        target = None if options.json is None else json_target(options.json)
        with delivering():
            if target is not None:
                target.write(_document(listing, revision))
            if target is None or not target.is_standard_output:
                print_settings(listing, revision, sys.stdout, color=process.color)
    return 0


def _document(listing: tuple[Setting, ...], base: str | None) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "base": base,
        "settings": [
            {
                "key": setting.key,
                "value": list(setting.value) if isinstance(setting.value, tuple) else setting.value,
                "origin": setting.origin,
            }
            for setting in listing
        ],
    }
