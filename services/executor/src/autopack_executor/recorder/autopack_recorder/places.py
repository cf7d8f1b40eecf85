"""Where code comes from: the tree, what is installed, or elsewhere. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import sys
import types

# How many wrappings of a function are looked through.
_MAX_WRAPPINGS = 50


class Places:
    """Tells files of the tree from others. Made before any code of the tree runs."""

    def __init__(self, tree: str | None) -> None:
        self._tree = os.path.join(os.path.realpath(tree), "") if tree else None
        self._folders: dict[str, str] = {}
        library = os.path.dirname(os.path.realpath(os.__file__))
        roots = {os.path.realpath(entry) for entry in sys.path if entry}
        self._roots = tuple(
            os.path.join(root, "") for root in sorted({library, *roots}) if self._relative(root) is None
        )
        self._known: dict[str, str | None] = {}
        self._origins: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        """``path`` relative to the tree, links resolved; None where it leads elsewhere, or to what is installed."""
        if path not in self._known:
            self._known[path] = self._relative(self._real(path))
        return self._known[path]

    def blamed(self, path: str) -> str | None:
        """None for a file of the standard library or of a distribution, or of any other folder that was on
        ``sys.path`` at the start; else the path in the tree, or nothing for code of unknown origin.
        """
        if path not in self._origins:
            inside = self.of(path)
            real = self._real(path)
            trusted = path.startswith("<frozen ") or is_installed(real) or real.startswith(self._roots)
            self._origins[path] = inside if inside is not None else None if trusted else ""
        return self._origins[path]

    def _real(self, path: str) -> str:
        """``path`` with its links resolved; those of its folder once for all files in it."""
        folder, name = os.path.split(path)
        if not name or os.path.islink(path):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)

    def _relative(self, real: str) -> str | None:
        if self._tree is None or not os.path.join(real, "").startswith(self._tree):
            return None
        inside = real[len(self._tree) :]
        return None if is_installed(inside) else inside


def is_installed(path: str) -> bool:
    """Whether ``path`` leads through a folder that packages are installed in."""
    return ("-packages" in path) and not {"site-packages", "dist-packages"}.isdisjoint(path.split(os.sep))


def attribute(thing: object, name: str) -> object:
    """What a module or an item has under ``name`` itself, or None; read without waking a lazy one."""
    try:
        return object.__getattribute__(thing, "__dict__").get(name)
    except AttributeError:
        return None


def file_of_module(name: object) -> str | None:
    """The file of a module that is imported."""
    found = attribute(sys.modules.get(name), "__file__") if isinstance(name, str) else None
    return found if isinstance(found, str) else None


def code_of(value: object) -> types.CodeType | None:
    """The code that a call of ``value`` begins with, if it is written in Python."""
    for _ in range(_MAX_WRAPPINGS):
        if type(value) is types.FunctionType:
            return value.__code__
        inner = None
        if isinstance(value, (classmethod, staticmethod, types.MethodType)):
            inner = value.__func__
        elif isinstance(value, property):
            inner = value.fget
        if inner is None:
            return None
        value = inner
    return None


def innermost(value: object) -> object:
    """The function that decorators wrapped, as far as they tell."""
    for _ in range(_MAX_WRAPPINGS):
        inner = getattr(value, "__func__", None) or attribute(value, "__wrapped__")
        if inner is None:
            break
        value = inner
    return value


def file_of(value: object) -> str:
    """The file in which a function, a class or the class of an object is written; empty where that is unknown."""
    code = code_of(value)
    if code is not None:
        if os.path.isabs(code.co_filename) or code.co_filename.startswith("<frozen "):
            return code.co_filename
        return str(getattr(value, "__globals__", {}).get("__file__") or "")
    kind = value if isinstance(value, type) else type(value)
    return file_of_module(kind.__module__) or ""
