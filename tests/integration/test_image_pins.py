"""The pins that an image is built from."""

import pytest

from dev.checks.standalone import closure
from dev.env.pins import CONSTRAINTS, DISTRIBUTIONS, PROTO
from dev.env.pins import declared as requirements_of
from dev.stack.image_pins import declared, reached, read

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
    """An image gets the pins of the packages that contracts and service need to run, and no build backend."""
    own = [DISTRIBUTIONS[name] for name in (PROTO, f"autopack-{service}")]
    names = [name for folder in own for name in declared((folder / "pyproject.toml").read_text(encoding="utf-8"))]

    pinned = reached(names, *read(CONSTRAINTS.read_text(encoding="utf-8")))

    needed = closure(requirement for folder in own for requirement in requirements_of(folder, build=False))
    # Pins are for every platform; what only others need is not installed here.
    elsewhere = {"colorama", "tzdata"}
    assert sorted(set(needed) - elsewhere) == sorted(set(pinned) - elsewhere)
    assert "hatchling" not in pinned
