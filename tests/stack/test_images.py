"""What the images of the services hold, and how their containers behave."""

import json
import time
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from dev.stack.compose import Stack
from dev.stack.docker_engine import docker
from tests.installed_packages import needed_here

DRIVERS = {"alembic", "psycopg", "psycopg-binary", "sqlalchemy"}
LISTED = "import importlib.metadata as m, json; print(json.dumps(sorted(d.name for d in m.distributions())))"


def _in(image: str, *command: str) -> str:
    return docker("run", "--rm", "--read-only", "--network=none", "--entrypoint", command[0], image, *command[1:])


def test_an_image_holds_what_its_service_declares(image: str, service: str) -> None:
    """The packages are the service and what it declares to need: no pip, and a database driver in the store alone."""
    held = {canonicalize_name(name) for name in json.loads(_in(image, "python", "-c", LISTED))}

    assert needed_here(f"autopack-{service}") == sorted(held)
    assert (DRIVERS if service == "store" else set()) == held & DRIVERS


def test_an_image_has_no_compiler(image: str) -> None:
    """Nothing that makes programs is on the search path of a service's image."""
    script = "for name in cc gcc g++ c++ clang tcc ld as make; do command -v $name; done; true"
    assert "" == _in(image, "/bin/sh", "-c", script)


def test_an_image_has_nothing_that_takes_other_rights(image: str) -> None:
    """A service is a user of its own who is not root, and owns no file of the system's."""
    assert "10001 10001" == _in(image, "/bin/sh", "-c", 'echo "$(id -u) $(id -g)"')
    assert "" == _in(image, "/bin/sh", "-c", "find / -xdev -user 10001 -not -path '/proc/*' -print 2>/dev/null; true")


def test_an_image_says_what_it_is(image: str, service: str) -> None:
    """The labels name title, description, licence, version and revision."""
    labels = json.loads(docker("image", "inspect", "--format", "{{json .Config.Labels}}", image))

    names = ("title", "description", "licenses", "version", "revision")
    assert [] == [name for name in names if not labels.get(f"org.opencontainers.image.{name}")]
    assert f"autopack-{service}" == labels["org.opencontainers.image.title"]


def test_an_image_keeps_nothing_of_how_packages_were_found(stack: Stack, image: str) -> None:
    """Neither the layers' commands nor the variables of an image name the package index of the build."""
    found = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    found += docker("image", "inspect", "--format", "{{json .Config}}", image)

    assert [] == [word for word in ("INDEX_URL", "TRUSTED_HOST") if word in found]


def test_the_gatekeeper_is_the_smallest(stack: Stack) -> None:
    """What the gatekeeper adds to its base image is less than what the others add."""
    layers = {
        name: sum(
            int(size)
            for size in docker(
                "history", "--human=false", "--format", "{{.Size}}", f"autopack-{name}:0.1.0"
            ).splitlines()
        )
        for name in ("executor", "gatekeeper", "store")
    }
    assert "gatekeeper" == min(layers, key=lambda name: layers[name])


def test_a_container_is_confined(stack: Stack, service: str) -> None:
    """A service's container has a read-only root file system, no capabilities, and limits of memory and processes."""
    (found,) = json.loads(docker("inspect", stack.container(service)))
    host = found["HostConfig"]

    assert (True, ["ALL"], ["no-new-privileges:true"]) == (
        host["ReadonlyRootfs"],
        host["CapDrop"],
        host["SecurityOpt"],
    )
    assert [] == [name for name in ("Memory", "PidsLimit") if not host[name]]


def test_only_executor_and_store_are_published_on_loopback(stack: Stack) -> None:
    """The ports of executor and store are open on this machine's loopback, and no other port is."""
    published = {
        name: docker("port", stack.container(name)) for name in ("postgres", "store", "gatekeeper", "executor")
    }

    assert {"executor", "store"} == {name for name, ports in published.items() if ports}
    assert ["127.0.0.1", "127.0.0.1"] == [
        stack.address("executor", 7401).partition(":")[0],
        stack.address("store", 7403).partition(":")[0],
    ]


def test_candidates_cannot_reach_database_or_the_gatekeepers_token(stack: Stack) -> None:
    """The executor's container shares no network with the database and does not hold the gatekeeper's token."""
    (executor,) = json.loads(docker("inspect", stack.container("executor")))
    (postgres,) = json.loads(docker("inspect", stack.container("postgres")))
    networks = [set(found["NetworkSettings"]["Networks"]) for found in (executor, postgres)]

    assert set() == set.intersection(*networks)
    assert ["/run/secrets/client_token", "/run/secrets/executor_token"] == sorted(
        mount["Destination"] for mount in executor["Mounts"] if mount["Destination"].startswith("/run/secrets/")
    )


def test_no_variable_holds_a_secret(stack: Stack) -> None:
    """The secrets of the stack are in no variable and no argument of any of its containers."""
    secrets = [path.read_text(encoding="ascii").strip() for path in sorted(Path(stack.secrets).iterdir())]

    for name in ("postgres", "migrate", "store", "gatekeeper", "executor"):
        configuration = docker("inspect", "--format", "{{json .Config}}", stack.container(name))
        assert [] == [secret for secret in secrets if secret in configuration], name


@pytest.mark.parametrize("name", ["gatekeeper", "executor", "store"])
def test_sigterm_ends_a_service_in_good_order(stack: Stack, name: str) -> None:
    """Process 1 of each container takes SIGTERM and leaves with 0; started again, the service becomes healthy again."""
    container = stack.container(name)

    docker("stop", "--time=40", container)
    ended = docker("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", container)
    docker("start", container)

    assert "0 false" == ended
    stack.wait_until_healthy()


def test_orphans_are_collected(stack: Stack) -> None:
    """What a test leaves running in the executor's container does not stay as a zombie when it ends."""
    container = stack.container("executor")
    docker("exec", container, "sh", "-c", "sleep 0.2 & exit 0")

    deadline = time.monotonic() + 10
    script = "grep -l '^State:.Z' /proc/[0-9]*/status; grep -lx 'Name:.sleep' /proc/[0-9]*/status; true"
    while (left := docker("exec", container, "sh", "-c", f"{script} 2>/dev/null")) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert "" == left
