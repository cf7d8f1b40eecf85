"""Find imports of packages that the importing distribution does not declare itself.

Usage: ``python -m dev.checks.imports``. Installing a service alone does not show a dependency that comes along with
another one; this reads every import instead. Folders that are no packages hold code for other environments (the
recorder) and are left out.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from dev.env.pins import DISTRIBUTIONS, PROTO, ROOT, declared, packages


def providers() -> dict[str, set[str]]:
    """Names of the installed distributions that provide each module or package, by dotted name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for distribution in distributions():
        name = canonicalize_name(distribution.name)
        for file in distribution.files or ():
            if file.suffix in {".py", ".so", ".pyd"}:
                parts = [*file.parts[:-1], file.name.split(".", 1)[0]]
                for length in range(1, len(parts) + 1):
                    found[".".join(parts[:length])].add(name)
    return dict(found)


def modules(folder: Path) -> Iterator[Path]:
    """The source files of a package and its subpackages, sorted."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py":
            yield path
        elif (path / "__init__.py").is_file():
            yield from modules(path)


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every absolute import of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def undeclared(name: str, provided: Mapping[str, set[str]]) -> list[str]:
    """One line for each import of the distribution ``name`` that nothing which it declares provides, in file order."""
    folder = DISTRIBUTIONS[name]
    allowed = {canonicalize_name(requirement.name) for requirement in declared(folder, build=False)}
    known = {*sys.stdlib_module_names, *(Path(part).name for own in (name, PROTO) for part in packages(own))}
    found = []
    for package in packages(name):
        for path in modules(folder / package):
            for line, module in imported(path.read_text(encoding="utf-8")):
                parts = module.split(".")
                prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
                owners = next((provided[prefix] for prefix in prefixes if prefix in provided), set[str]())
                if parts[0] not in known and not owners & allowed:
                    who = " or ".join(sorted(owners)) or "nothing installed"
                    found.append(f"{path.relative_to(ROOT)}:{line}: {module} comes from {who}, not declared")
    return found


def main() -> int:
    """Run the command."""
    provided = providers()
    found = [line for name in DISTRIBUTIONS for line in undeclared(name, provided)]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
