"""The version of all distributions."""

from dev.checkout import DISTRIBUTIONS
from dev.env.version import current, differing, with_version

SETTINGS = """\
name = "autopack-cli"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "autopack-model==0.1.0",
    "grpcio==0.1.0",
]
"""


def test_a_version_is_written_for_the_distribution_and_for_ours() -> None:
    """The own version and the versions of our own distributions change, and nothing else does."""
    expected = SETTINGS.replace('version = "0.1.0"', 'version = "0.2.0rc1"').replace("model==0.1.0", "model==0.2.0rc1")
    assert expected == with_version(SETTINGS, "0.2.0rc1")


def test_every_distribution_has_the_version_at_the_top() -> None:
    """No committed file has another version, and another one would be found in each of them."""
    assert [] == differing()
    texts = [(folder / "pyproject.toml").read_text(encoding="utf-8") for folder in DISTRIBUTIONS.values()]
    assert [] == [text for text in texts if with_version(text, f"{current()}rc1") == text]
