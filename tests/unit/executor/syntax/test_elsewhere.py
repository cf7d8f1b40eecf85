"""What unchanged files define, as far as a test may mean it by an attribute."""

import pytest

from autopack_executor.syntax.attributes import attributes


@pytest.mark.parametrize(
    "source",
    [
        "class Box:\n    def total(self): ...\n",
        "class Box:\n    total = 1\n",
        "class Box:\n    total: int\n",
        "def make(box):\n    box.total = 3\n",
        "from collections import namedtuple\nLine = namedtuple('Line', 'net total')\n",
        "class Box:\n    __slots__ = ('total',)\n",
        "setattr(Box, 'total', 3)\n",
    ],
)
def test_what_has_an_attribute_defines_it(source: str) -> None:
    """A member, a field, what is stored, and what a text names where that makes an attribute."""
    assert "total" in (attributes([source.encode()]) or [])


@pytest.mark.parametrize("source", ["total = 0\n", "def f():\n    total = 0\n", "f(total=3)\n", "x.total\n"])
def test_what_only_looks_like_an_attribute_is_none(source: str) -> None:
    """A variable, an argument and a use define no attribute."""
    assert [] == attributes([source.encode()])


def test_what_cannot_be_parsed_is_unknown() -> None:
    """One source that this Python cannot read may define anything."""
    assert None is attributes([b"class Box:\n    total = 1\n", b"def (:\n"])
