"""Install each distribution alone, import all of it and load its commands.

Usage: ``python -m dev.checks.standalone [NAME... | --build FOLDER]``. A shared environment hides an
undeclared dependency. So every distribution is built as a wheel and installed with nothing but what it declares, at the
pins of ``constraints.txt`` with their hashes. Its tests run in ``make test``. ``--build`` only builds the wheels of all
distributions into a folder.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hatchling.build import build_wheel

from dev.checkout import CONSTRAINTS, DISTRIBUTIONS, ROOT, contents, declared, ours, sources
from dev.env.index import settings_for_uv
from dev.stack.image_pins import reached, read, required

UV = Path(sysconfig.get_path("scripts")) / "uv"
# Runs inside the new environment, isolated: imports every module of the packages given, loads every command and service
# of the distributions there, and finds none of the packages that must not be there.
IMPORT_ALL = """
import importlib, importlib.metadata, importlib.util, pkgutil, sys
present, absent = (names.split(",") if names else [] for names in sys.argv[1:])
modules = list(present)
for name in present:
    def fail(module):
        raise ImportError(module)
    package = importlib.import_module(name)
    modules += [found.name for found in pkgutil.walk_packages(package.__path__, name + ".", onerror=fail)]
failed = 0
for module in modules:
    try:
        importlib.import_module(module)
    except Exception as error:
        print(f"{module} cannot be imported: {error}")
        failed += 1
own = [found for found in importlib.metadata.distributions() if found.name.split("-")[0] == "autopack"]
entries = [entry for found in own for entry in found.entry_points]
for entry in entries:
    try:
        entry.load()
    except Exception as error:
        print(f"{entry.group} {entry.name} cannot be loaded: {error}")
        failed += 1
for name in absent:
    if importlib.util.find_spec(name):
        print(f"{name} is there, and nobody declared it")
        failed += 1
print(f"{len(modules)} modules, {len(entries)} entry points, {failed} problems")
sys.exit(failed > 0)
"""


class CheckFailedError(Exception):
    """A step failed for one distribution. The message says which, with what it printed."""


def run(what: str, environment: dict[str, str], *command: str | Path) -> str:
    """Run a step in the checkout and return what it printed. Raises CheckFailedError."""
    arguments = [str(argument) for argument in command]
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise CheckFailedError(f"{what} failed with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


def build(wheels: Path) -> dict[str, Path]:
    """Build the wheel of every distribution into ``wheels``; returns them by the distribution's name."""
    built: dict[str, Path] = {}
    for name, folder in DISTRIBUTIONS.items():
        with contextlib.chdir(folder):
            built[name] = wheels / build_wheel(str(wheels))
    return built


def missing_files(name: str, wheel: Path) -> list[str]:
    """Files of the distribution's packages and forced inclusions that its wheel lacks: sorted paths in the wheel."""
    expected = {
        f"{place}/{path.relative_to(source).as_posix()}"
        for source, place in contents(name).items()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        return sorted(expected - set(archive.namelist()))


def check(name: str, wheels: dict[str, Path], scratch: Path, environment: dict[str, str]) -> str:
    """Check one distribution alone; returns a line about what was done. Raises CheckFailedError."""
    if lacking := missing_files(name, wheels[name]):
        raise CheckFailedError(f"{wheels[name].name} lacks {', '.join(lacking)}")
    own = sorted(ours(name))
    pins, needed_by = read(CONSTRAINTS.read_text(encoding="utf-8"))
    try:
        names = reached([required(text) for part in own for text in declared(part)], pins, needed_by)
    except ValueError as error:
        raise CheckFailedError(str(error)) from error
    file = scratch / f"{name}.txt"
    file.write_text("".join(f"{pins[needed]}\n" for needed in names), encoding="utf-8")
    python = scratch / name / "bin" / "python"
    pip: list[str | Path] = [UV, "pip", "install", "--quiet", "--no-config", "--python", python]
    run("making the environment", environment, UV, "venv", "--quiet", "--python", sys.executable, scratch / name)
    run("installing the pins", environment, *pip, "--require-hashes", "--no-build", "-r", file)
    run("installing the wheels", environment, *pip, "--offline", "--no-deps", *(wheels[part] for part in own))
    run("checking what is declared", environment, UV, "pip", "check", "--quiet", "--python", python)
    present = [source.name for part in own for source in sources(part)]
    absent = [source.name for part in DISTRIBUTIONS if part not in own for source in sources(part)]
    done = run("importing", environment, python, "-I", "-c", IMPORT_ALL, ",".join(present), ",".join(absent))
    return f"{name}: {done}"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(DISTRIBUTIONS)}")
    parser.add_argument("--build", type=Path, metavar="FOLDER", help="only build the wheels of all into this folder")
    options = parser.parse_args()
    if options.build is not None:
        print(*sorted(wheel.name for wheel in build(options.build.resolve()).values()), sep="\n")
        return 0
    names: list[str] = options.names or list(DISTRIBUTIONS)
    if unknown := sorted(set(names) - set(DISTRIBUTIONS)):
        parser.error(f"no such distribution: {', '.join(unknown)}")
    failed = 0
    environment = settings_for_uv(Path(sys.executable), os.environ)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        scratch = Path(folder).resolve()
        wheels = build(scratch)
        for name, result in [(name, pool.submit(check, name, wheels, scratch, environment)) for name in names]:
            try:
                print(result.result(), flush=True)
            except CheckFailedError as error:
                print(f"{name} does not stand alone: {error}", file=sys.stderr, flush=True)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
