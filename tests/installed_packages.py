"""What the packages that are installed here declare to need."""

from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed_here(name: str) -> list[str]:
    """The canonical names of all that the distribution ``name`` needs on this machine, itself included; sorted.

    Raises PackageNotFoundError when one of them is not installed.
    """
    seen: set[tuple[str, str]] = set()
    todo = [(canonicalize_name(name), "")]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(needed.name), wanted) for wanted in ("", *needed.extras)]
    return sorted({name for name, _ in seen})
