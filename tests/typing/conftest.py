"""One check of types for all proofs: mypy's first look at our code is its only slow one."""

import pytest

from tests.typing.type_check import TypeCheck, TypeProblem


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> TypeCheck:
    """The check of our code beside edited contracts."""
    return TypeCheck(tmp_path_factory.mktemp("types"))


@pytest.fixture(scope="session")
def unedited(types: TypeCheck) -> list[TypeProblem]:
    """What mypy says of our code beside the contracts as they are."""
    return types.problems()
