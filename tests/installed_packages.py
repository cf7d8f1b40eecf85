"""What the packages that are installed here declare to need."""

import zipfile
from importlib.metadata import distribution
from pathlib import Path

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


def write_wheels(name: str, folder: Path) -> None:
    """Write a wheel of ``name`` and of each distribution that it needs here into ``folder``, from what is installed: a
    setup command can install them without an index.
    """
    folder.mkdir(exist_ok=True)
    for each in needed_here(name):
        found = distribution(each)
        label = f"{each.replace('-', '_')}-{found.version}"
        files = [file for file in found.files or () if ".." not in file.parts and "__pycache__" not in file.parts]
        with zipfile.ZipFile(folder / f"{label}-py3-none-any.whl", "w") as wheel:
            for file in files:
                place = str(file)
                if file.parts[0].endswith(".dist-info"):
                    place = f"{label}.dist-info/{'/'.join(file.parts[1:])}"
                if file.name not in ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json"):
                    wheel.write(str(found.locate_file(file)), place)
            wheel.writestr(f"{label}.dist-info/RECORD", "")
