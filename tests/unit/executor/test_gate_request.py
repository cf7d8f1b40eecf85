"""What may be asked of the executor, and what its settings say."""

from dataclasses import replace
from pathlib import Path

import pytest

from autopack_executor.config import Addresses, BadSetting, Settings, settings_from
from autopack_model.errors import InvalidValue
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_rpc.roles import Role

DIGEST = "sha256:" + "a" * 64
MOUNTED = GateRequest(
    run_id=None,
    repository=Path("/repository"),
    base=None,
    candidate=CommitCandidate(revision="HEAD"),
    command=TestCommand(interpreter=None, arguments=(), setup=None, timeout_ms=1000),
    no_baseline=False,
)


def settings(**variables: str) -> Settings:
    """The settings of an environment."""
    return settings_from({"AUTOPACK_HOME": "/home"} | variables)


def test_a_repository_has_one_source() -> None:
    """A mounted one, a bundle or a URL: any other combination is refused, naming the field."""
    clone = replace(MOUNTED, repository=None, clone_url="https://host/a")
    bundle = replace(MOUNTED, bundle_digest=DIGEST)
    assert [True, False, False] == [request.mounted for request in (MOUNTED, clone, bundle)]
    for original, change, field in (
        (MOUNTED, {"repository": None}, "repository"),
        (MOUNTED, {"clone_url": "https://host/a"}, "repository"),
        (bundle, {"clone_url": "https://host/a"}, "clone_url"),
        (bundle, {"repository": None}, "repository"),
        (bundle, {"bundle_digest": "sha1:a"}, "bundle_digest"),
    ):
        with pytest.raises(InvalidValue) as caught:
            replace(original, **change)
        assert field == caught.value.path
    for original, field in ((bundle, "bundle_digest"), (clone, "clone_url")):
        with pytest.raises(InvalidValue) as caught:
            replace(original, candidate=WorktreeCandidate())
        assert field == caught.value.path


def test_settings_of_sources() -> None:
    """What may be cloned, how large a bundle is and how long it is kept come from the environment, with defaults."""
    assert ((), 2048 * 1024**2, 14 * 86_400.0, None) == (
        settings().clone_allow,
        settings().max_bundle_bytes,
        settings().keep_sources_s,
        settings().executor_python,
    )
    given = settings(
        AUTOPACK_CLONE_ALLOW=" https://a/b  file:///srv/git ",
        AUTOPACK_MAX_BUNDLE_MB="3",
        AUTOPACK_KEEP_SOURCES_DAYS="2",
        AUTOPACK_EXECUTOR_PYTHON="/opt/python",
    )
    assert ("https://a/b", "file:///srv/git") == given.clone_allow
    assert (3 * 1024**2, 2 * 86_400.0, Path("/opt/python")) == (
        given.max_bundle_bytes,
        given.keep_sources_s,
        given.executor_python,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTOPACK_CLONE_ALLOW", "host/a"),
        ("AUTOPACK_CLONE_ALLOW", "https://"),
        ("AUTOPACK_CLONE_ALLOW", "http://host/"),
        ("AUTOPACK_MAX_BUNDLE_MB", "0"),
        ("AUTOPACK_MAX_BUNDLE_MB", "1.5"),
        ("AUTOPACK_KEEP_SOURCES_DAYS", "-1"),
        ("AUTOPACK_KEEP_SOURCES_DAYS", "\u0662"),
    ],
)
def test_bad_settings_are_named(name: str, value: str) -> None:
    """A setting of no use is an error that names it."""
    with pytest.raises(BadSetting, match=name):
        settings(**{name: value})


def test_options_come_before_the_environment() -> None:
    """Each address that the command line names replaces its variable; the others stay."""
    environment = settings(AUTOPACK_EXECUTOR_ADDRESS="a:1", AUTOPACK_STORE_ADDRESS="b:2")
    reached = environment.reaching(Addresses(executor="c:3", token_file=Path("/token")))

    assert ("c:3", "b:2", None) == (reached.executor_address, reached.store_address, reached.gatekeeper_address)
    assert {Role.CLIENT: Path("/token")} == reached.token_files
    alone = settings().reaching(Addresses(store="b:2", gatekeeper="d:4", token_file=Path("/token")))
    assert {Role.EXECUTOR: Path("/token")} == alone.token_files
    with pytest.raises(BadSetting, match="--store is empty"):
        settings().reaching(Addresses(store=""))
