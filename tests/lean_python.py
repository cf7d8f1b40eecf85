"""An interpreter with pytest and nothing else, for suites that tests gate.

The environment of this checkout has a dozen of plugins, which each suite would load: that takes as long as all the rest
of a small one.
"""

import functools
import hashlib
import shutil
import sys
import tempfile
import venv
from importlib.metadata import distribution
from pathlib import Path

from tests.installed_packages import needed_here

_ENVIRONMENTS = Path(__file__).parent.parent / ".pytest_cache" / "lean"


@functools.cache
def lean_python() -> Path:
    """The interpreter. It is made once for a version of pytest and of Python, whichever process needs it first."""
    needed = [distribution(name) for name in needed_here("pytest")]
    named = (sys.version, sys.base_prefix, *(f"{each.name} {each.version}" for each in needed))
    home = _ENVIRONMENTS / hashlib.sha256("\n".join(named).encode()).hexdigest()[:16]
    if not home.exists():
        _ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_ENVIRONMENTS) as folder:
            made = Path(folder) / "environment"
            venv.create(made, symlinks=True)
            (packages,) = made.glob("lib/python*/site-packages")
            for file in (file for each in needed for file in each.files or ()):
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    target = packages / str(file)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(str(file.locate()), target)
            try:
                made.rename(home)
            except OSError:
                if not home.exists():  # else another process was faster
                    raise
    return home / "bin" / "python"
