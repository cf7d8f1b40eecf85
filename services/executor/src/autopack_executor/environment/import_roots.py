"""Which module names the files of a repository may be imported under."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_SCRIPTS_AT_A_ROOT = frozenset({"setup.py", "noxfile.py", "tasks.py"})
_TEST_FOLDERS = frozenset({"test", "tests"})
_DOCUMENTATION_FOLDERS = frozenset({"doc", "docs"})
_VENDOR_FOLDERS = frozenset(
    {
        *("vendor", "_vendor", "vendors", "vendored", "_vendored", "thirdparty", "third_party", "third-party"),
        *("3rdparty", "3rd_party", "extern", "_extern", "external", "externals"),
    }
)


def importable_modules(paths: Iterable[str], folder: str = "") -> dict[str, str]:
    """Dotted module name to file, sorted by name, for the tracked files ``paths`` (relative, with ``/``) of a project
    whose tests run in ``folder`` of the repository.

    Import roots are the repository itself, its ``src`` and ``lib``, and every folder with a project file (with its
    ``src``). A copy of somebody else's project is no root: what lies below a folder for such copies, unless the tests
    run there, and a folder into which packages were installed. Its modules may come from the environment as well.

    Below a root, packages and their modules count; files in folders without ``__init__.py`` count from the nearest root
    only, and only when no other file could have their name. Tests, build scripts and the configuration of documentation
    are nobody's modules. Where two packages share a name, the first path stands.
    """
    files = sorted(set(paths))
    sources = [PurePosixPath(path) for path in files if path.endswith(".py")]
    packages = {path.parent for path in sources if path.name == "__init__.py"}
    roots = {root for root in _roots(files) if not _is_vendored(root, PurePosixPath(folder))} - _installed_into(files)
    regular: dict[str, str] = {}
    loose: list[tuple[str, str]] = []
    for path in sources:
        above = [root for root in path.parents if root in roots]
        if not _is_product(path, above):
            continue
        firm = [name for name, is_firm in _readings(path, above, packages) if is_firm]
        for name in firm:
            regular.setdefault(name, str(path))
        if not firm:
            loose += [(name, str(path)) for name, _ in list(_readings(path, above, packages))[:1]]
    claims = Counter(name for name, _ in loose)
    modules = {name: path for name, path in loose if claims[name] == 1} | regular
    return {name: modules[name] for name in sorted(modules)}


def _roots(files: list[str]) -> set[PurePosixPath]:
    top = PurePosixPath()
    roots = {top, top / "src", top / "lib"}
    for path in map(PurePosixPath, files):
        if path.name in _PROJECT_FILES:
            roots |= {path.parent, path.parent / "src"}
    return roots


def _is_vendored(root: PurePosixPath, folder: PurePosixPath) -> bool:
    if folder.is_relative_to(root):
        return False
    inside = root.relative_to(folder) if root.is_relative_to(folder) else root
    return not _VENDOR_FOLDERS.isdisjoint(part.casefold() for part in inside.parts)


def _installed_into(files: list[str]) -> set[PurePosixPath]:
    """The folders into which an installer copied packages: it left their metadata there."""
    found = (path.partition(".dist-info/")[0] for path in files if ".dist-info/" in path)
    return {PurePosixPath(name).parent for name in found} - {PurePosixPath()}


def _is_product(path: PurePosixPath, above: list[PurePosixPath]) -> bool:
    name, folders = path.name, path.parts[:-1]
    if name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py"):
        return False
    if _TEST_FOLDERS & set(folders) or (name in _SCRIPTS_AT_A_ROOT and path.parent in above):
        return False
    return not (name == "conf.py" and _DOCUMENTATION_FOLDERS & set(folders))


def _readings(
    path: PurePosixPath, above: list[PurePosixPath], packages: set[PurePosixPath]
) -> Iterator[tuple[str, bool]]:
    """Each name that ``path`` has from a root, nearest root first, and whether a package or the root vouches for it."""
    for root in above:
        parts = path.relative_to(root).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts and all(part.isidentifier() for part in parts):
            yield ".".join(parts), path.parent == root or root / parts[0] in packages
