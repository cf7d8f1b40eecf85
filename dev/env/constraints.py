"""Pin everything that the workspace installs, or check the pins.

Usage: ``python -m dev.env.constraints [--check] [--upgrade]``. Without options: resolve what the distributions and
``constraints/dev.in`` ask for, for every platform and Python 3.11 or newer, into ``constraints.txt``; pins that still
fit stay. The hashes come from the package index alone, because the resolver reads no pip settings: a local folder of
wheels may hold other bytes under the same name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.requirements import Requirement

from dev.env.pins import CONSTRAINTS, DISTRIBUTIONS, ROOT, BadPinsError, Pin, declared, listed, read_pins, unmet

DEV = ROOT / "constraints" / "dev.in"
LOCK_INPUT = ROOT / "constraints" / "lock.in"
LOCK = ROOT / "constraints" / "lock.txt"
RESOLVER = ROOT / ".venv-lock"


def needs(folder: Path) -> list[Requirement]:
    """What the distribution in ``folder`` needs to be built and to run."""
    return [*declared(folder, build=True), *declared(folder, build=False)]


def problems() -> list[str]:
    """What is wrong with the committed pins: lines that are no pins, and requirements that no pin meets. Sorted."""
    found: list[str] = []
    pins: dict[Path, dict[str, Pin]] = {}
    for path in (CONSTRAINTS, LOCK):
        try:
            pins[path] = read_pins(path)
        except BadPinsError as error:
            found.append(str(error))
    if CONSTRAINTS in pins:
        for name, folder in DISTRIBUTIONS.items():
            found += unmet(needs(folder), pins[CONSTRAINTS], name)
        found += unmet(listed(DEV), pins[CONSTRAINTS], "constraints/dev.in")
    if LOCK in pins:
        found += unmet(listed(LOCK_INPUT), pins[LOCK], "constraints/lock.in")
    return sorted(found)


def install_resolver() -> Path:
    """The path of the pinned resolver, installed into an environment of its own when it is not there yet."""
    program = RESOLVER / "bin" / "uv"
    stamp = RESOLVER / "installed-from.txt"
    if not stamp.is_file() or stamp.read_bytes() != LOCK.read_bytes():
        venv.create(RESOLVER, clear=True, with_pip=True)
        pip = [str(RESOLVER / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(LOCK)], check=True)
        shutil.copyfile(LOCK, stamp)
    return program


def resolve(program: Path, inputs: dict[str, str], output: Path, *, upgrade: bool) -> None:
    """Pin ``inputs`` (file name: text) into ``output``. Raises CalledProcessError when they do not resolve together."""
    with tempfile.TemporaryDirectory() as name:
        # The names of the inputs end up in comments of the output, so they are relative to a folder of their own.
        folder = Path(name)
        for file, text in inputs.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        if output.is_file():
            shutil.copyfile(output, folder / output.name)
        command = [str(program), "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version=3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--system-certs"]
        command += [f"--output-file={output.name}", *(["--upgrade"] if upgrade else []), *sorted(inputs)]
        settings = {key: value for key, value in os.environ.items() if key != "UV_FIND_LINKS"}
        subprocess.run(command, check=True, cwd=folder, env=settings, stdout=subprocess.DEVNULL)
        shutil.copyfile(folder / output.name, output)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check what is committed")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not the ones pinned now")
    options = parser.parse_args()
    check: bool = options.check
    upgrade: bool = options.upgrade
    if not check:
        program = install_resolver()
        inputs = {
            name: "".join(f"{requirement}\n" for requirement in needs(folder)) for name, folder in DISTRIBUTIONS.items()
        }
        inputs["constraints/dev.in"] = DEV.read_text(encoding="utf-8")
        try:
            resolve(program, inputs, CONSTRAINTS, upgrade=upgrade)
            resolve(program, {"constraints/lock.in": LOCK_INPUT.read_text(encoding="utf-8")}, LOCK, upgrade=upgrade)
        except subprocess.CalledProcessError as error:
            print(f"the resolver failed with exit code {error.returncode}; what it said is above", file=sys.stderr)
            return 1
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print("run 'make constraints' and commit the result", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
