"""Which services a command connects to."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from autopack_cli.config import CommandSettings, settings_from
from autopack_cli.session import gatekeeper_session, reading_role, records, session, store_session
from autopack_clients.errors import StoreUnavailable
from autopack_rpc.roles import Role
from autopack_rpc.settings import BadSetting

VARIABLES = {name: f"AUTOPACK_{name.upper()}_ADDRESS" for name in ("executor", "store", "gatekeeper")}


def settings(tmp_path: Path, *services: str, role: Role = Role.CLIENT) -> CommandSettings:
    """CommandSettings with the addresses of ``services``, where nobody listens, and the token of ``role``."""
    token = tmp_path / "token"
    token.write_text("t" * 32)
    addresses = {VARIABLES[name]: f"unix:{tmp_path}/{name}.sock" for name in services}
    return settings_from({"AUTOPACK_HOME": str(tmp_path), f"AUTOPACK_{role.name}_TOKEN_FILE": str(token), **addresses})


@pytest.mark.parametrize(
    ("services", "missing"),
    [
        (["executor"], "--store"),
        (["gatekeeper"], "--store"),
        (["store"], "--gatekeeper"),
        (["executor", "gatekeeper"], "--store"),
    ],
)
def test_a_gate_needs_to_know_where_its_run_is_recorded(tmp_path: Path, services: list[str], missing: str) -> None:
    """A part of the addresses is refused, with the option and the variable that are missing."""
    variable = VARIABLES[missing.removeprefix("--")]

    with pytest.raises(BadSetting) as caught, session(settings(tmp_path, *services)):
        pass
    assert f"{missing} (or {variable}) is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("services", "missing"),
    [(["executor", "gatekeeper"], "--store"), (["executor", "store"], "--gatekeeper"), (["store"], "--gatekeeper")],
)
def test_a_replay_needs_a_store_and_a_gatekeeper(tmp_path: Path, services: list[str], missing: str) -> None:
    """A replay with addresses, but without the store's or the gatekeeper's, is refused."""
    with (
        pytest.raises(BadSetting, match=rf"^{missing} \(or AUTOPACK_.* is missing: .* the store and the gatekeeper"),
        gatekeeper_session(settings(tmp_path, *services)),
    ):
        pass


@pytest.mark.parametrize("services", [["store"], ["executor", "store"], ["store", "gatekeeper"]])
def test_reading_needs_a_store_alone(tmp_path: Path, services: list[str]) -> None:
    """Where a store is configured, what is recorded is read from there, and no service is started for it."""
    with records(settings(tmp_path, *services)) as store, pytest.raises(StoreUnavailable, match="check that it runs"):
        store.run("r")
    assert ["token"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("services", [["executor"], ["gatekeeper"], ["executor", "gatekeeper"]])
def test_what_runs_elsewhere_is_recorded_elsewhere(tmp_path: Path, services: list[str]) -> None:
    """A command that needs the store alone does not embed one beside services of other machines."""
    given = settings(tmp_path, *services)
    commands: list[AbstractContextManager[object]] = [records(given), store_session(given, Role.CLIENT)]
    for command in commands:
        with pytest.raises(BadSetting, match=r"--store \(or AUTOPACK_STORE_ADDRESS\) is missing"), command:
            pass


def test_a_reader_has_the_role_whose_token_is_there(tmp_path: Path) -> None:
    """Who calls an executor is a client; otherwise the executor's token counts, if there is one."""
    assert Role.CLIENT == reading_role(settings(tmp_path, "executor", "store", role=Role.EXECUTOR))
    assert Role.EXECUTOR == reading_role(settings(tmp_path, "store", role=Role.EXECUTOR))
    assert Role.CLIENT == reading_role(settings(tmp_path, "store"))
