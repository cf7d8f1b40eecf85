"""What a setup command reads of a worktree, as far as that can be known.

A *plain* command consists of the calls of package installers alone. What it reads are the dependency files, and the
files that they name in turn. Of any other command (``make``, a script, ``tox``) nobody can know what it reads.
"""

# ruff: noqa: PTH113
import hashlib
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from autopack_executor.environment.dependency_files import dependency_files, files_below, read_file

MAX_SCANNED_BYTES: Final = 256 * 1024
# What builds and scripts are called, for commands that are not plain.
_SCRIPTS = ("[Mm]akefile", "GNUmakefile", "*.mk", "*.sh", "[Jj]ustfile", "Taskfile*.y*ml", "tasks.py", "dodo.py")
# A build reads these for the text that it shows people.
_DOCUMENTS = (
    "readme*",
    "change*",
    "history*",
    "news*",
    "licen[cs]e*",
    "copying*",
    "authors*",
    "notice*",
    "*.md",
    "*.rst",
)
_LOCKS = ("*.lock", "pylock*.toml", "*-lock.json")
_WORDS = re.compile(r"[\s;&|<>()'\"=,\[\]{}:]+")
_IMPORTS = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_][\w.]*)", re.MULTILINE)
_BACKEND = re.compile(r"^\s*build-backend\s*=\s*[\"']([\w.]+)", re.MULTILINE)

_PIP = frozenset({"install", "uninstall", "check", "list", "freeze", "show", "cache", "debug", "--version"})
_INSTALLERS: Mapping[str, frozenset[str]] = {
    "pip": _PIP,
    "pip3": _PIP,
    "uv": frozenset({"sync", "lock"}),
    "poetry": frozenset({"install", "sync", "lock", "check"}),
    "pdm": frozenset({"install", "sync", "lock"}),
}
_HARMLESS = frozenset({"true", ":", "echo"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def is_plain(command: str) -> bool:
    """Whether ``command`` only calls package installers, so that the files that it reads are known."""
    try:
        steps = [step for line in command.strip().splitlines() for step in _steps(line)]
    except ValueError:
        return False
    return bool(steps) and all(_is_installer(step) for step in steps)


def setup_inputs(worktree: Path, command: str, *, folder: str = "") -> dict[str, bytes]:
    """The files of ``worktree`` that ``command``, run in ``folder``, is known to read, relative and sorted, with their
    content: the dependency files, those that the command names, and those that any of them names. For a command that
    is not plain also scripts and makefiles, and then it may well read more.
    """
    pending = {*dependency_files(worktree), *_named(worktree, PurePosixPath(folder), command)}
    if not is_plain(command):
        pending |= {path for path in files_below(worktree) if _matches(path, _SCRIPTS)}
    found: dict[str, bytes] = {}
    while pending:
        path = pending.pop()
        found[path] = read_file(worktree / path)
        pending |= {name for name in _mentioned(worktree, path, found[path]) if name not in found}
    return dict(sorted(found.items()))


def inputs_digest(inputs: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, of the names and the content of ``inputs``."""
    summed = hashlib.sha256()
    for path, data in sorted(inputs.items()):
        summed.update(os.fsencode(path) + b"\0" + str(len(data)).encode() + b"\0" + data)
    return summed.hexdigest()


def _steps(line: str) -> Iterator[list[str]]:
    """The simple commands of a line of shell. Raises ValueError where there is more to it."""
    if re.search(r"[$`\\]", line):
        raise ValueError(line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    step: list[str] = []
    for word in lexer:
        if word in ("&&", ";"):
            yield step
            step = []
        elif set(word) <= set("();<>|&"):
            raise ValueError(word)
        else:
            step.append(word)
    yield step


def _is_installer(words: list[str]) -> bool:
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    if not words:
        return True
    program, rest = PurePosixPath(words[0]).name, words[1:]
    if program in _HARMLESS:
        return True
    if re.fullmatch(r"python[\d.]*", program) and rest[:2] == ["-m", "pip"]:
        program, rest = "pip", rest[2:]
    if program == "uv" and rest[:1] == ["pip"]:
        program, rest = "pip", rest[1:] if rest[1:2] != ["sync"] else ["install"]
    if any("*" in word and "=" not in word for word in rest):
        return False
    if program == "hatch":
        return len(rest) == 2 and rest[0] == "run" and re.fullmatch(r"([\w.-]+:)?true", rest[1]) is not None
    action = next((word for word in rest if not word.startswith("-")), "--version")
    return action in _INSTALLERS.get(program, ())


def _mentioned(worktree: Path, path: str, data: bytes) -> Iterator[str]:
    """The files that an input names."""
    if len(data) > MAX_SCANNED_BYTES or b"\0" in data or _matches(path, _LOCKS):
        return
    text, folder = data.decode(errors="replace"), PurePosixPath(path).parent
    yield from _named(worktree, folder, text)
    if folder != PurePosixPath():
        yield from _named(worktree, PurePosixPath(), text)
    modules = [*_BACKEND.findall(text)]
    if PurePosixPath(path).name in ("setup.py", "noxfile.py"):
        modules += _IMPORTS.findall(text)
    for module in modules:
        place = folder.joinpath(*module.split("."))
        for candidate in (place.with_suffix(".py"), place / "__init__.py"):
            if (worktree / candidate).is_file():
                yield str(candidate)


def _named(worktree: Path, folder: PurePosixPath, text: str) -> Iterator[str]:
    """The files of the tree that stand in ``text``, relative to ``folder``; documents aside."""
    # Thousands of words pass through here, as text; hardly any is the name of a file, so that is asked first.
    root, start = os.fspath(worktree), str(folder)
    for word in sorted(set(_WORDS.split(text))):
        if not word or word.startswith(("/", "-", "~")) or len(word) > 255:
            continue
        path = os.path.normpath(f"{start}/{word}")
        if path.startswith("..") or not os.path.isfile(f"{root}/{path}"):
            continue
        # A worktree's .git is a file that names the run's own folder.
        if ".git" not in PurePosixPath(path).parts and not _matches(path, _DOCUMENTS):
            yield path


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    name = PurePosixPath(path).name
    return any(fnmatchcase(name, pattern) or fnmatchcase(name.lower(), pattern) for pattern in patterns)
