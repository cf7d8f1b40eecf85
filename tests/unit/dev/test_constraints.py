"""What may stand in the file of pins."""

import pytest

from dev.checkout import CONSTRAINTS
from dev.env.constraints import stray_lines, unpinned

PIN = f"""\
child==2.0.1 ; sys_platform == 'linux' \\
    --hash=sha256:{"0" * 64} \\
    --hash=sha256:{"1" * 64}
    # via
    #   -r autopack-store
    #   -r constraints/dev.in
    #   parent
"""


def test_pins_hashes_and_names_may_stand_there() -> None:
    """The pins as uv writes them are accepted, and so is the committed file."""
    assert [] == stray_lines(PIN)
    assert [] == stray_lines(CONSTRAINTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://index.example/simple",
        "child @ https://index.example/child.whl",
        "child>=2 \\",
        "child==2.0.1",
        "    # via -r /home/somebody/requirements.in",
    ],
)
def test_nothing_else_may_stand_there(line: str) -> None:
    """An address, a path of a machine and a requirement without hashes are named with their line."""
    assert [f"constraints.txt:8: not an exact pin with sha256 hashes: {line!r}"] == stray_lines(PIN + line)


def test_a_tool_without_a_pin_is_named() -> None:
    """Each package that the workspace asks for has to be in the file."""
    assert "constraints/dev.in: ruff is not pinned" in unpinned(PIN)
    assert [] == unpinned(CONSTRAINTS.read_text(encoding="utf-8"))
