"""Starts pytest as ``python -m pytest`` does, with the recorder loaded from the folder of this file.

Usage: ``python start_pytest.py ARGUMENTS``, with AUTOPACK_RECORDER_TREE in the environment. pytest and the recorder are
imported while nothing of the tree is on ``sys.path``, so that no file of the tree can take the place of their modules,
or run before they have noted what is pytest's own.

Where a file of the tree would have taken such a place (a project that pytest itself needs, or a module with the name of
a standard one), the process starts itself anew and imports in Python's own order: then the tests see what they see
without the recorder, and the recorder says which modules the tree stands for. Standard library only, Python 3.8.
"""

import os
import runpy
import sys
from importlib.machinery import PathFinder

_OWN_ORDER = "AUTOPACK_RECORDER_OWN_ORDER"


def main() -> None:
    """Import, bring ``sys.path`` into its order, and run pytest."""
    early = set(sys.modules)
    ours = os.path.dirname(os.path.abspath(__file__))
    found = [entry for entry in sys.path if os.path.abspath(entry) != ours]
    # The recorder's folder, which holds nothing else, comes first: workers of pytest-xdist take this order over.
    whole = [ours, *([] if getattr(sys.flags, "safe_path", False) else [os.getcwd()]), *found]
    tree = os.path.join(os.path.realpath(os.environ.get("AUTOPACK_RECORDER_TREE") or os.getcwd()), "")
    if os.environ.pop(_OWN_ORDER, None) is None:
        of_tree = [entry for entry in whole if _is_of(entry, tree)]
        sys.path[:] = [entry for entry in whole if entry not in of_tree]
        if not _imported() or any(_is_taken(name, of_tree, tree) for name in set(sys.modules) - early):
            os.environ[_OWN_ORDER] = "1"
            again = [sys.executable, *_options(), os.path.abspath(__file__), *sys.argv[1:]]
            os.execv(sys.executable, again)  # noqa: S606 - the same program, with the same arguments
        sys.path[:] = whole
    else:
        sys.path[:] = whole
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)


def _imported() -> bool:
    """Whether pytest can be imported without the tree; the recorder comes with it."""
    try:
        import pytest  # noqa: F401, PLC0415

        import autopack_recorder  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _is_of(entry: str, tree: str) -> bool:
    """Whether what is imported from ``entry`` lies in the tree, and nobody installed it there."""
    path = os.path.join(os.path.realpath(entry), "")
    return path.startswith(tree) and not {"site-packages", "dist-packages"} & set(path[len(tree) :].split(os.sep))


def _is_taken(name: str, of_tree: "list[str]", tree: str) -> bool:
    """Whether the module that was imported from elsewhere would have come from the tree."""
    if "." in name:
        return False
    spec = PathFinder.find_spec(name, of_tree)
    if spec is None or not spec.has_location:
        return False
    return not os.path.realpath(getattr(sys.modules[name], "__file__", None) or "").startswith(tree)


def _options() -> "list[str]":
    """The options of the interpreter, to start it again with the same."""
    return ["-X" + (name if value is True else f"{name}={value}") for name, value in sys._xoptions.items()] + [
        "-W" + option for option in sys.warnoptions
    ]


if __name__ == "__main__":
    main()
