"""Install each distribution alone, import all of it and run its unit tests.

Usage: ``python -m dev.checks.standalone [NAME...]``. A shared environment hides an undeclared dependency. So every
distribution is built as a wheel and installed with nothing but what it declares (and autopack-proto), at the pins of
``constraints.txt`` with their hashes; pytest and hypothesis come only after everything was imported without them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.env.pins import CONSTRAINTS, DISTRIBUTIONS, PROTO, ROOT, declared, packages, read_pins

TEST_TOOLS = [Requirement("pytest"), Requirement("hypothesis")]
# Runs inside the new environment, isolated: imports every module of the packages given, and finds none of the others.
IMPORT_ALL = """
import importlib, importlib.util, pkgutil, sys
present, absent = (names.split(",") for names in sys.argv[1:])
modules = list(present)
for name in present:
    package = importlib.import_module(name)
    def fail(module):
        raise ImportError(module)
    modules += [found.name for found in pkgutil.walk_packages(package.__path__, name + ".", onerror=fail)]
failed = 0
for module in modules:
    try:
        importlib.import_module(module)
    except ImportError as error:
        print(f"{module} cannot be imported: {error}")
        failed += 1
failed += sum(bool(name and importlib.util.find_spec(name)) for name in absent)
print(f"{len(modules)} modules, {failed} problems")
sys.exit(failed > 0)
"""


class CheckFailedError(Exception):
    """A step failed for one distribution. The message says which, with what it printed."""


def run(what: str, *command: str | Path) -> str:
    """Run a step in the checkout and return what it printed. Raises CheckFailedError."""
    settings = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    settings |= {"PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    arguments = [str(argument) for argument in command]
    done = subprocess.run(
        arguments, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise CheckFailedError(f"{what} failed with exit code {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


def pip(what: str, python: Path, *arguments: str | Path) -> str:
    """Run this environment's pip for the interpreter ``python``. Raises CheckFailedError."""
    return run(what, sys.executable, "-m", "pip", "--no-input", "--python", python, *arguments)


def closure(requirements: Iterable[Requirement]) -> list[str]:
    """Names of all that ``requirements`` need here, as the installed packages declare it, themselves included; sorted.

    Raises PackageNotFoundError when .venv lacks one of them.
    """
    seen: set[tuple[str, str]] = set()
    todo = [
        (canonicalize_name(requirement.name), extra)
        for requirement in requirements
        for extra in ("", *requirement.extras)
    ]
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


def missing_files(name: str, wheel: Path) -> list[str]:
    """Files of the distribution's packages and forced inclusions that its wheel lacks: sorted paths in the wheel."""
    folder = DISTRIBUTIONS[name]
    settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    target = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    places: dict[Path, str] = {folder / package: Path(package).name for package in target["packages"]}
    places |= {(folder / source).resolve(): place for source, place in target.get("force-include", {}).items()}
    expected = {
        f"{place}/{path.relative_to(source).as_posix()}"
        for source, place in places.items()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        return sorted(expected - set(archive.namelist()))


def import_names(name: str) -> list[str]:
    """The names of a distribution's import packages."""
    return [Path(package).name for package in packages(name)]


def unit_tests(name: str) -> list[Path]:
    """The folders of the distribution's own unit tests: one per service, one per package of autopack-proto."""
    names = (
        [package.removeprefix("autopack_") for package in import_names(name)]
        if name == PROTO
        else [name.removeprefix("autopack-")]
    )
    return [folder for folder in (ROOT / "tests" / "unit" / part for part in names) if folder.is_dir()]


def install(python: Path, requirements: list[Requirement], file: Path) -> None:
    """Install the pins of ``requirements`` and of all that they need, hashes checked. Raises CheckFailedError."""
    pins = read_pins(CONSTRAINTS)
    names = closure(requirements)
    if unpinned := [name for name in names if name not in pins]:
        raise CheckFailedError(f"not pinned in constraints.txt: {', '.join(unpinned)}")
    file.write_text("".join(f"{pins[name].line}\n" for name in names), encoding="utf-8")
    pip("installing pins", python, "install", "-qq", "--require-hashes", "--only-binary=:all:", "-r", file)


def check(name: str, wheels: Path, scratch: Path) -> str:
    """Check one distribution alone; returns a line about what was done. Raises CheckFailedError."""
    own = sorted({PROTO, name})
    files = {part: next(wheels.glob(f"{part.replace('-', '_')}-*.whl")) for part in own}
    if lacking := missing_files(name, files[name]):
        raise CheckFailedError(f"{files[name].name} lacks {', '.join(lacking)}")
    environment = scratch / name
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    needed = [requirement for part in own for requirement in declared(DISTRIBUTIONS[part], build=False)]
    install(python, needed, scratch / f"{name}.txt")
    pip("installing the wheels", python, "install", "-qq", "--no-deps", "--no-index", *files.values())
    pip("checking declared dependencies", python, "check")
    present = [package for part in own for package in import_names(part)]
    absent = [
        package
        for part in sorted(DISTRIBUTIONS.keys() - set(own))
        for package in import_names(part)
        if package not in present
    ]
    imported = run("importing", python, "-I", "-c", IMPORT_ALL, ",".join(present), ",".join(absent))
    folders = unit_tests(name)
    if not folders:
        if name == PROTO:
            return f"{name}: {imported}"
        raise CheckFailedError(f"there is no folder of unit tests for {name} in tests/unit")
    install(python, [*needed, *TEST_TOOLS], scratch / f"{name}-tests.txt")
    tested = run("running unit tests", python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *folders)
    return f"{name}: {imported}; {tested.splitlines()[-1]}"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(DISTRIBUTIONS)}")
    names: list[str] = parser.parse_args().names or list(DISTRIBUTIONS)
    if unknown := sorted(set(names) - set(DISTRIBUTIONS)):
        parser.error(f"no such distribution: {', '.join(unknown)}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        wheels, scratch = Path(folder, "wheels"), Path(folder).resolve()
        build: list[str | Path] = [
            "wheel",
            "-qq",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--wheel-dir",
            wheels,
        ]
        run("building wheels", sys.executable, "-m", "pip", *build, *DISTRIBUTIONS.values())
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for name, result in [(name, pool.submit(check, name, wheels, scratch)) for name in names]:
                try:
                    print(result.result(), flush=True)
                except CheckFailedError as error:
                    print(f"{name} does not stand alone: {error}", file=sys.stderr, flush=True)
                    failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
