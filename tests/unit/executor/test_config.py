"""The settings of the executor."""

from pathlib import Path

import pytest

from autopack_executor.config import ExecutorSettings, settings_from
from autopack_executor.environment.kept import EnvironmentLimits
from autopack_rpc.settings import BadSetting


def settings(**variables: str) -> ExecutorSettings:
    """The settings of an environment."""
    return settings_from({"AUTOPACK_HOME": "/home"} | variables)


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


def test_settings_of_environments() -> None:
    """How many environments are kept, and for how long, comes from the environment, with defaults."""
    given = settings(AUTOPACK_KEEP_ENVIRONMENTS_DAYS="1", AUTOPACK_ENVIRONMENTS_PER_REPOSITORY="3")
    assert [EnvironmentLimits(most=20, keep_s=14 * 86_400.0), EnvironmentLimits(most=3, keep_s=86_400.0)] == [
        settings().environments,
        given.environments,
    ]


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
        ("AUTOPACK_KEEP_ENVIRONMENTS_DAYS", "soon"),
        ("AUTOPACK_ENVIRONMENTS_PER_REPOSITORY", "0"),
    ],
)
def test_bad_settings_are_named(name: str, value: str) -> None:
    """A setting of no use is an error that names it."""
    with pytest.raises(BadSetting, match=name):
        settings(**{name: value})
