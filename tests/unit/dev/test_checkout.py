"""The distributions that the checkout holds."""

import pytest

from dev.checkout import DISTRIBUTIONS, declared, ours, sources


def test_a_distribution_brings_what_its_needs_need() -> None:
    """The distributions of ours that one needs are those that it declares and those that they declare in turn."""
    assert {"autopack-git", "autopack-model", "autopack-proto"} == ours("autopack-git")
    assert set(DISTRIBUTIONS) == ours("autopack")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_what_is_declared_of_others_names_none_of_ours(name: str) -> None:
    """The requirements that become pins are of packages from the index only."""
    assert [] == [requirement for requirement in declared(name) if requirement.startswith("autopack")]


def test_one_distribution_has_no_code_of_its_own() -> None:
    """All of them but the one that brings the command and the services have exactly one import package."""
    assert {name: int(name != "autopack") for name in DISTRIBUTIONS} == {
        name: len(sources(name)) for name in DISTRIBUTIONS
    }
