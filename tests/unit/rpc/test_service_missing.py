"""What the embedded mode says of services that are not installed."""

import pytest

from autopack_rpc.embedded import ServiceMissing, embedded_services


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["executor"],
            "the executor is not installed on this machine; run 'pip install autopack-executor' ('pip install "
            "autopack' brings all services)",
        ),
        (
            ["store", "gatekeeper", "executor"],
            "the store, the gatekeeper and the executor are not installed on this machine; run 'pip install "
            "autopack-store autopack-gatekeeper autopack-executor' ('pip install autopack' brings all services)",
        ),
    ],
)
def test_the_message_names_all_of_them(names: list[str], message: str) -> None:
    """The message says which services are missing, and what to install."""
    assert message == str(ServiceMissing(names))


def test_what_is_not_installed_is_missing() -> None:
    """All names without an installed service are missing, and no service is loaded before that is known."""
    with pytest.raises(ServiceMissing, match=r"^the dispatcher and the nobody are not installed"):
        embedded_services("dispatcher", "nobody")
