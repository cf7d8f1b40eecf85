"""The PATH of children: where programs lie on this machine, without what only the caller's shell has.

The same programs are found whatever terminal a gate is started from, so that a baseline of one is a baseline of the
others. ``programs_digest`` is what of a PATH can change an outcome: which programs there are, and where each is found.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

# Programs come and go there with a shell, a session or a machine's start: an activated version manager, an agent.
_PASSING = ("/tmp", "/var/tmp", "/dev/shm", "/run/user")  # noqa: S108 - nothing is written there
# Folders of an editor's terminal, and of one checkout.
_OWN_PROGRAMS = frozenset({".cursor-server", ".vscode-server", ".windsurf-server", "node_modules"})


def search_path(environ: Mapping[str, str], *, first: Path) -> str:
    """``first``, and the folders of the caller's PATH in their order: absolute, existing, resolved, each once.

    Left out are the folders of virtual environments, active or not, whose programs may be those of the user's own
    checkout; of packages for Node in a checkout; of an editor's terminal; and below the folders for temporary files.
    """
    conda = environ.get("CONDA_PREFIX")
    left_out = {str(first), *([os.path.realpath(Path(conda) / "bin")] if conda else [])}
    passing = [Path(folder) for folder in _PASSING]
    if environ.get("TMPDIR", "/").strip("/"):
        passing.append(Path(os.path.realpath(environ["TMPDIR"])))
    ordered = [str(first)]
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        folder = Path(os.path.realpath(entry))
        if (
            Path(entry).is_absolute()
            and str(folder) not in left_out
            and folder.is_dir()
            and not (folder.parent / "pyvenv.cfg").exists()
            and _OWN_PROGRAMS.isdisjoint(folder.parts)
            and not any(folder.is_relative_to(base) for base in passing)
        ):
            ordered.append(str(folder))
            left_out.add(str(folder))
    return os.pathsep.join(ordered)


def programs_digest(path: str) -> str:
    """A digest of the names that are found on ``path``, each with the folder where it is found first."""
    found: dict[str, str] = {}
    for folder in path.split(os.pathsep):
        for name in _names(folder):
            found.setdefault(name, folder)
    summed = hashlib.sha256()
    for name, folder in sorted(found.items()):
        summed.update(os.fsencode(f"{name}\0{folder}\0"))
    return f"sha256:{summed.hexdigest()}"


def _names(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
    except OSError:
        return  # it cannot be looked into, so that nothing is found there
