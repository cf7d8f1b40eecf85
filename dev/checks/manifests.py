"""Validate the Kubernetes manifests. Usage: ``python -m dev.checks.manifests``.

They have to fit the published schemas, where this is stricter than the validator by itself, which only warns of a kind
that it does not know; and candidates must not be able to write where another container of their pod looks.
"""

import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, for one call

from dev.checkout import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VALIDATOR = Path(sysconfig.get_path("scripts")) / "kubernetes-validate"

CANDIDATES_RUN_IN = "executor"
"""The container in which the code of candidates runs."""


def open_shares(manifests: str) -> list[str]:
    """What candidates could write to, of that which their pod's other containers have too: ``workload: volume at path``
    for each mount, sorted. Nothing else stands for the gatekeeper but its socket, so that must not be replaceable.
    """
    documents: list[object] = list(yaml.safe_load_all(manifests))
    return sorted(problem for document in documents for problem in _of_workload(document))


def _of_workload(document: object) -> Iterator[str]:
    pod = _at(document, "spec", "template", "spec")
    containers = [*_items(_at(pod, "initContainers")), *_items(_at(pod, "containers"))]
    users = Counter(
        volume
        for container in containers
        for volume in {_at(mount, "name") for mount in _items(_at(container, "volumeMounts"))}
    )
    for container in containers:
        if _at(container, "name") != CANDIDATES_RUN_IN:
            continue
        for mount in _items(_at(container, "volumeMounts")):
            name = _at(mount, "name")
            if users[name] > 1 and _at(mount, "readOnly") is not True:
                yield f"{_at(document, 'metadata', 'name')}: {name} at {_at(mount, 'mountPath')}"


def _at(value: object, *path: str) -> object:
    """What is found by these keys; None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def main() -> int:
    """Run the command; returns its exit code."""
    manifests = sorted(FOLDER.glob("*.yaml"))
    if not manifests:
        print(f"there is no manifest in {FOLDER}", file=sys.stderr)
        return 1
    done = subprocess.run(
        [str(VALIDATOR), "--strict", "--quiet", *map(str, manifests)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or done.stdout.strip():
        print(done.stdout, file=sys.stderr)
        return 1
    shares = [share for path in manifests for share in open_shares(path.read_text(encoding="utf-8"))]
    for share in shares:
        print(
            f"{share}: the container {CANDIDATES_RUN_IN}, in which candidates run, must mount it with readOnly: true, "
            "since another container uses it",
            file=sys.stderr,
        )
    if shares:
        return 1
    print(f"{len(manifests)} manifests are valid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
