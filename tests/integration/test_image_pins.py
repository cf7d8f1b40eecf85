"""The pins that an image is built from."""

import pytest

from dev.checkout import CONSTRAINTS, DISTRIBUTIONS, ROOT, ours
from dev.stack.image_pins import declared, reached, read
from tests.installed_packages import needed_here

TEXT = """\
child==2 ; sys_platform == 'linux' \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via parent
other==3 \\
    --hash=sha256:02
    # via
    #   -r constraints/dev.in
    #   -r autopack-store
parent==1 \\
    --hash=sha256:03
    # via -r autopack-store
"""


def test_what_a_pin_needs_comes_with_it() -> None:
    """A pin brings the pins that name it in their comments, with their markers and hashes."""
    pins, needed_by = read(TEXT)

    assert ["child", "parent"] == reached(["parent"], pins, needed_by)
    assert "child==2 ; sys_platform == 'linux' \\\n    --hash=sha256:00 \\\n    --hash=sha256:01" == pins["child"]


def test_a_name_without_a_pin_is_refused() -> None:
    """What is declared and not pinned is an error, never left out."""
    with pytest.raises(ValueError, match="not pinned: stranger"):
        reached(["parent", "stranger"], *read(TEXT))


@pytest.mark.parametrize("service", ["executor", "gatekeeper", "store"])
def test_an_image_is_built_from_what_its_service_needs(service: str) -> None:
    """An image gets the pins of the packages that a service and its distributions of ours need to run, and no build
    backend.
    """
    own = [DISTRIBUTIONS[name] for name in ours(f"autopack-{service}")]
    names = [name for folder in own for name in declared((folder / "pyproject.toml").read_text(encoding="utf-8"))]

    pinned = reached(names, *read(CONSTRAINTS.read_text(encoding="utf-8")))

    needed = [name for name in needed_here(f"autopack-{service}") if name not in DISTRIBUTIONS]
    # Pins are for every platform; what only others need is not installed here.
    elsewhere = {"colorama", "tzdata"}
    assert sorted(set(needed) - elsewhere) == sorted(set(pinned) - elsewhere)
    assert "hatchling" not in pinned


@pytest.mark.parametrize("service", ["executor", "gatekeeper", "store"])
def test_an_image_is_built_from_the_distributions_that_its_service_needs(service: str) -> None:
    """The Dockerfile of a service copies the folders of the service and of what it needs of ours, and no other one."""
    folders = {DISTRIBUTIONS[name].relative_to(ROOT).as_posix() for name in ours(f"autopack-{service}")}
    lines = (ROOT / "services" / service / "Dockerfile").read_text(encoding="utf-8").splitlines()

    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and not line.startswith("COPY --from")]

    wanted = {*folders, *(f"{folder}/pyproject.toml" for folder in folders), "constraints.txt"}
    assert wanted | ({"migrations"} if service == "store" else set()) == set(copied)
