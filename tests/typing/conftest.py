"""One copy of the contracts for all proofs: mypy's first check is its only slow one."""

import pytest

from tests.typing.contract_copy import ContractCopy, TypeProblem


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> ContractCopy:
    """The contracts, to be edited."""
    return ContractCopy(tmp_path_factory.mktemp("contract"))


@pytest.fixture(scope="session")
def unedited(contract: ContractCopy) -> list[TypeProblem]:
    """What mypy says of our code beside the contracts as they are."""
    return contract.check()
