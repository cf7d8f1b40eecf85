"""Copies of today's contracts that a test edits, and the code that the project generates from them."""

import importlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from google.protobuf.descriptor import FileDescriptor

from dev.contracts.generate import PROTO, contracts, generate


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of one .proto: ``old``, which occurs there exactly once, becomes ``new``."""

    file: str
    old: str
    new: str


def edited(*changes: tuple[str, str]) -> list[Edit]:
    """The edits that make each (pattern, replacement) wherever it is found; ``^`` and ``$`` match at lines."""
    edits = []
    for name in contracts(PROTO):
        text = changed = (PROTO / name).read_text()
        for pattern, replacement in changes:
            changed = re.sub(pattern, replacement, changed, flags=re.MULTILINE)
        if changed != text:
            edits.append(Edit(file=name, old=text, new=changed))
    return edits


def moved(file: str, message: str, field: str) -> Edit:
    """The field goes; another one of its name and type comes, so that today's code still finds what it names."""
    text = (PROTO / file).read_text()
    pattern = rf"(?s)(\nmessage {message} \{{\n)((?:(?!\n\}}).)*?\b{field} = )(\d+);"
    found, count = re.subn(pattern, r"\1  reserved \3;\n\g<2>998;", text)
    assert 1 == count, f"{message}.{field} is not once in {file}"
    return Edit(file=file, old=text, new=found)


def generate_copy(edits: Iterable[Edit], folder: Path) -> Path:
    """Generate the code of the contracts as ``edits`` make them, in the new folder ``folder``; returns where it is."""
    shutil.copytree(PROTO / "autopack", folder / "autopack")
    for edit in edits:
        path = folder / edit.file
        text = path.read_text()
        assert 1 == text.count(edit.old), f"{edit.old!r} is not once in {edit.file}"
        path.write_text(text.replace(edit.old, edit.new))
    generated = folder / "gen"
    generated.mkdir()
    generate(folder, generated)
    return generated


def contract_files() -> list[FileDescriptor]:
    """The descriptors of all contracts, sorted by name."""
    modules: list[ModuleType] = [
        importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2") for name in contracts(PROTO)
    ]
    found: list[FileDescriptor] = [module.DESCRIPTOR for module in modules]
    return found
