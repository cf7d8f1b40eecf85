"""What the manifests for Kubernetes must keep to besides their schemas."""

import pytest

from dev.checks.manifests import FOLDER, open_shares

EXECUTOR = (FOLDER / "executor.yaml").read_text(encoding="utf-8")
SOCKETS = "- {name: sockets, mountPath: /run/autopack, readOnly: true}"


def test_candidates_cannot_replace_the_gatekeepers_socket() -> None:
    """The folder with the gatekeeper's socket is mounted read-only where candidates run: they may call the gatekeeper,
    and not put another one in its place.
    """
    assert 1 == EXECUTOR.count(SOCKETS)
    assert [] == open_shares(EXECUTOR)


@pytest.mark.parametrize("writable", ["- {name: sockets, mountPath: /run/autopack}", SOCKETS.replace("true", "false")])
def test_a_writable_socket_folder_is_found(writable: str) -> None:
    """Without that the check names the workload, the volume and where it is mounted."""
    broken = EXECUTOR.replace(SOCKETS, writable)

    assert ["autopack-executor: sockets at /run/autopack"] == open_shares(broken)


def test_a_volume_of_its_own_may_be_written() -> None:
    """What no other container uses is the executor's own, and the gatekeeper may write its socket."""
    manifest = """
    {metadata: {name: it}, spec: {template: {spec: {
      initContainers: [{name: gatekeeper, volumeMounts: [{name: shared, mountPath: /a}, {name: other, mountPath: /b}]}],
      containers: [{name: executor, volumeMounts: [{name: own, mountPath: /a}, {name: shared, mountPath: /c}]}]}}}}
    """

    assert ["it: shared at /c"] == open_shares(manifest)
    assert [] == open_shares(manifest.replace("mountPath: /c", "readOnly: true, mountPath: /c"))
