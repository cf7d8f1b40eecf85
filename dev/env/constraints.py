"""Pin everything that the workspace installs, or check the pins.

Usage: ``python -m dev.env.constraints [--check] [--upgrade]``. Without options: uv resolves what the distributions and
``constraints/dev.in`` ask for, for every platform and Python 3.11 or newer, into ``constraints.txt``; pins that still
fit stay. The hashes come from the package index alone: a local folder of wheels may hold other bytes under the same
name. ``--check`` installs nothing: the pins are what ``make venv`` installed, so what is installed has to be enough.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from dev.checkout import CONSTRAINTS, DISTRIBUTIONS, ROOT, declared
from dev.env.index import settings_for_uv

DEV = ROOT / "constraints" / "dev.in"
UV = [str(Path(sysconfig.get_path("scripts")) / "uv"), "pip"]
# A pin, a hash, or who asked for a pin: nothing in which an address or a machine's path could hide.
_LINE = re.compile(
    r"[a-z0-9-]+==[0-9][0-9a-z.+!]*( ; [^/@:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
    r"|    #( via)?( +([a-z0-9-]+|-r (autopack(-[a-z]+)?|constraints/dev\.in)))?"
)


def stray_lines(text: str) -> list[str]:
    """The lines of a file of pins that are neither a pin, a hash nor a name, with their numbers."""
    return [
        f"{CONSTRAINTS.name}:{number}: not an exact pin with sha256 hashes: {line[:120]!r}"
        for number, line in enumerate(text.splitlines(), start=1)
        if not _LINE.fullmatch(line)
    ]


def unpinned(text: str) -> list[str]:
    """One line for each package of ``constraints/dev.in`` that has no pin, in the file's order."""
    wanted = [line.split("#", 1)[0].strip() for line in DEV.read_text(encoding="utf-8").splitlines()]
    return [
        f"{DEV.relative_to(ROOT)}: {name} is not pinned" for name in wanted if name and f"\n{name}==" not in f"\n{text}"
    ]


def check() -> int:
    """Say what is wrong with the committed pins. Returns the exit code."""
    text = CONSTRAINTS.read_text(encoding="utf-8")
    problems = [*stray_lines(text), *unpinned(text)]
    print("".join(f"{problem}\n" for problem in problems), end="", file=sys.stderr)
    # What is installed are the pins, and our own distributions with what they declare.
    installed = subprocess.run([*UV, "check", "--quiet", "--python", sys.executable], check=False)
    if problems or installed.returncode != 0:
        print("run 'make constraints' and commit the result", file=sys.stderr)
        return 1
    return 0


def resolve(*, upgrade: bool) -> int:
    """Pin everything anew into ``constraints.txt``. Returns the exit code of uv, which says why it failed."""
    with tempfile.TemporaryDirectory() as name:
        # The names of the inputs end up in comments of the output, so they are relative to a folder of their own.
        folder = Path(name)
        (folder / "constraints").mkdir()
        shutil.copy(DEV, folder / "constraints")
        shutil.copy(CONSTRAINTS, folder)
        for distribution in DISTRIBUTIONS:
            needed = "".join(f"{requirement}\n" for requirement in declared(distribution))
            (folder / distribution).write_text(needed, encoding="utf-8")
        command = [*UV, "compile", "--quiet", "--no-config", "--universal", "--python-version=3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-header", f"--output-file={CONSTRAINTS.name}"]
        command += [*(["--upgrade"] if upgrade else []), "constraints/dev.in", *sorted(DISTRIBUTIONS)]
        settings = settings_for_uv(Path(sys.executable), os.environ)
        settings = {key: value for key, value in settings.items() if key not in {"UV_FIND_LINKS", "UV_INDEX"}}
        done = subprocess.run(command, cwd=folder, env=settings, stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            shutil.copyfile(folder / CONSTRAINTS.name, CONSTRAINTS)
        return done.returncode


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only check what is committed")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not the ones pinned now")
    options = parser.parse_args()
    return check() if options.check else resolve(upgrade=options.upgrade)


if __name__ == "__main__":
    sys.exit(main())
