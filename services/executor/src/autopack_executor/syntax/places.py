"""Where a file of a tree stands: what its imports mean there, and which ``conftest.py`` files act on it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_SOURCE_FOLDERS = ("src", "lib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """What of a tree is needed to tell what an import means.

    ``entries`` has the names in each folder (``""`` is the root) that was looked at; ``autouse`` has the Python files
    that hold the word, none of them a ``conftest.py``. ``support`` has the digests of the changed files that
    help tests, and ``namesakes`` all files of the tree that an import could take for one of them.
    """

    entries: Mapping[str, Collection[str]]
    autouse: Collection[str]
    support: Mapping[str, str]
    namesakes: Collection[str] = ()

    def target(self, module: str, level: int, path: str) -> str:
        """What ``module``, imported by the file ``path`` with ``level`` leading dots, stands for.

        A module of the tree is named by the folder from which it is imported, a colon and its dotted name: that is the
        nearest folder above the file that holds a file or folder of this name, or ``src`` or ``lib``. Any other module
        keeps its name.
        """
        folder = PurePosixPath(path).parent
        if level:
            package = folder.parents[level - 2] if 2 <= level < len(folder.parts) + 2 else folder
            return ":" + ".".join((*package.parts, *([module] if module else [])))
        root = self._root(module.partition(".")[0], folder)
        return module if root is None else f"{root}:{module}"

    def acts_by_itself(self, target: str) -> bool:
        """Whether an import of ``target`` may bring a fixture that acts on tests which do not ask for it: a file of the
        same package holds the word.
        """
        root, separator, name = target.partition(":")
        if not separator:
            return False
        top = str(PurePosixPath(root) / name.partition(".")[0])
        return any(path == f"{top}.py" or path.startswith(f"{top}/") for path in self.autouse)

    def changed_support(self, target: str) -> Iterator[str]:
        """The digests of the changed files that help tests and that an import of ``target`` may read."""
        root, separator, name = target.partition(":")
        if separator:
            parts = [*PurePosixPath(root).parts, *name.split(".")]
            modules = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
            wanted = {path for module in modules for path in (f"{module}.py", f"{module}/__init__.py")}
        else:  # from wherever the import path leads
            top = target.partition(".")[0]
            wanted = {path for path in self.support if top in PurePosixPath(path).with_suffix("").parts}
        return (self.support[path] for path in sorted(wanted.intersection(self.support)))

    def helper_of(self, target: str, helpers: Mapping[str, Collection[str]]) -> str | None:
        """Which of the ``helpers``, with what they define, defines what ``target`` stands for. None where the tree has
        another file that the import may find.
        """
        root, separator, name = target.partition(":")
        module, _, last = name.rpartition(".")
        if not separator or not module:
            return None
        tails = tuple(f"/{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py"))
        if sum(f"/{path}".endswith(tails) for path in self.namesakes) > 1:
            return None
        file = "/".join((*PurePosixPath(root).parts, *module.split(".")))
        found = (path for path in (f"{file}.py", f"{file}/__init__.py") if last in helpers.get(path, ()))
        return next(found, None)

    def _root(self, top: str, folder: PurePosixPath) -> str | None:
        for candidate in (*map(text, (folder, *folder.parents)), *_SOURCE_FOLDERS):
            names = self.entries.get(candidate, ())
            if f"{top}.py" in names or top in names:
                return candidate
        return None


def text(folder: PurePosixPath) -> str:
    """The name of a folder, empty for the root."""
    return "" if folder == PurePosixPath() else str(folder)


def folders_of(paths: Collection[str]) -> frozenset[str]:
    """The folders that ``Folders.entries`` must have for the files ``paths``."""
    above = {text(folder) for path in paths for folder in PurePosixPath(path).parents}
    return frozenset(above | {*_SOURCE_FOLDERS} if above else ())


def conftests_above(path: str) -> Iterator[str]:
    """The ``conftest.py`` and ``__init__.py`` that may act on the file ``path``, nearest first."""
    return (str(folder / name) for folder in PurePosixPath(path).parents for name in ("conftest.py", "__init__.py"))
