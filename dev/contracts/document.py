"""Write ``docs/contracts.md`` from the comments of the contracts, or check that it is current and nothing is unsaid.

Usage: ``python -m dev.contracts.document [--check]``. Exit code 1 when a comment says too little and, with
``--check``, when the page differs from what the contracts say.

A comment is prose. Below it, beginning a line of their own, stand the sentences that become columns, in this order and
each once: ``Unit: ``, ``Limit: `` and ``Rule: `` of a field, ``Callers: `` of an RPC. What must be said: the unit of
every number; the limit of every text, byte string and list, ``none of its own`` where it has none; the callers of every
RPC; the prose of everything. Units and forms of limits are those listed below, so that one thing has one name.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
PAGE = ROOT / "docs" / "contracts.md"

UNITS = frozenset(
    {
        "bytes",
        "chunks",
        "exit code",
        "executions",
        "index, from 0",
        "lines",
        "milliseconds",
        "milliseconds since the epoch, UTC",
        "number, from 1",
        "permission bits",
        "runs",
        "signal number",
        "suite runs",
        "tests",
        "times",
        "tokens",
    }
)
CALLERS = frozenset({"every role", "executor", "gatekeeper"})
NO_LIMIT = "none of its own"

_NUMBER = r"\d{1,3}(?:,\d{3})*"
_REST = r"(?:(?:, |; | of ).+)?"
_LIMITS: Mapping[str, str] = {
    "text": rf"(?:at most {_NUMBER}|{_NUMBER}(?: (?:or|to) {_NUMBER})?) characters{_REST}",
    "bytes": rf"(?:at most {_NUMBER}|{_NUMBER}(?: bytes?| [KM]iB)? to {_NUMBER}) (?:bytes|[KM]iB){_REST}"
    r"|(?:one byte|\w+ bytes) per .+",
    "entries": rf"at most {_NUMBER} entries{_REST}|one for each .+",
    "number": rf"(?:{_NUMBER} to {_NUMBER}|at most {_NUMBER}|at most the .+|below the .+){_REST}",
}
"""How a limit may be put, by the kind of field. ``entries`` is for lists, and for messages that come more than once."""

_FIELD_LABELS = ("Unit", "Limit", "Rule")
_RPC_LABELS = ("Callers",)
_LABELS = "|".join(_FIELD_LABELS + _RPC_LABELS)
_LABELLED_LINE = re.compile(rf"^(?=(?:{_LABELS}): )", re.MULTILINE)
_LABEL = re.compile(rf"(?:^|(?<=\. ))({_LABELS}): ")
_LOOKS_LABELLED = re.compile(rf"^([A-Z][a-z]+): |\. ({_LABELS}): ", re.MULTILINE)

_Field = FieldDescriptorProto
_NOT_NUMBERS = frozenset(
    {_Field.TYPE_BOOL, _Field.TYPE_STRING, _Field.TYPE_BYTES, _Field.TYPE_MESSAGE, _Field.TYPE_ENUM}
)


class ProtocFailed(Exception):
    """protoc refused the contracts; it has said why on standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What stands above an element: its paragraphs of prose, and its labelled sentences without the full stop."""

    prose: tuple[str, ...]
    labels: Mapping[str, str]

    def column(self, label: str) -> str:
        """The sentence with ``label``, or nothing."""
        return self.labels.get(label, "")


class Comments:
    """The comments of one file, by the path of their element; ``problems`` collects what is wrong with them."""

    def __init__(self, file: FileDescriptorProto, problems: list[str]) -> None:
        self._places = {tuple(place.path): place for place in file.source_code_info.location}
        self._problems = problems

    def at(self, path: tuple[int, ...], name: str, labels: Sequence[str] = ()) -> Comment:
        """The comment of the element ``name`` at ``path``, which may carry ``labels``."""
        place = self._places.get(path)
        if place is not None and place.trailing_comments:
            self.refuse(name, "has a comment behind it, which is read by no one; put it above")
        text = "" if place is None else "\n".join(line.strip() for line in place.leading_comments.strip().splitlines())
        prose, *labelled = _LABELLED_LINE.split(text, maxsplit=1)
        if not prose.strip():
            self.refuse(name, "has no comment that says what it is")
        if labels == _FIELD_LABELS and (stray := _LOOKS_LABELLED.search(prose)):
            found = stray[1] or stray[2]
            self.refuse(name, f"'{found}:' in the prose; labels are {', '.join(labels)}, the first begins a line")
        return Comment(
            prose=tuple(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", prose.strip())),
            labels=self._labels(name, " ".join("".join(labelled).split()), labels),
        )

    def refuse(self, name: str, problem: str) -> None:
        """Note that the comment of ``name`` is wrong."""
        self._problems.append(f"{name}: {problem}")

    def _labels(self, name: str, text: str, allowed: Sequence[str]) -> Mapping[str, str]:
        parts = _LABEL.split(text)[1:]
        names, sentences = parts[::2], parts[1::2]
        if names != [label for label in allowed if label in names]:
            expected = ", ".join(allowed) or "none"
            self.refuse(name, f"labels {', '.join(names)}; expected {expected}, in this order, each once")
        for label, sentence in zip(names, sentences, strict=True):
            if not sentence.strip().endswith(".") or not sentence.strip(" ."):
                self.refuse(name, f"'{label}: {sentence.strip()}' is no sentence with a full stop")
        return {label: sentence.strip().removesuffix(".") for label, sentence in zip(names, sentences, strict=True)}


def read_contracts(proto: Path) -> FileDescriptorSet:
    """Every contract below ``proto``/autopack with its comments, by file name. Raises ProtocFailed."""
    sources = sorted(str(path.relative_to(proto)) for path in (proto / "autopack").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contracts.bin"
        options = [f"--proto_path={proto}", "--include_source_info", f"--descriptor_set_out={target}"]
        status = subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *sources], check=False).returncode
        if status != 0:
            raise ProtocFailed(f"protoc failed with exit code {status}")
        return FileDescriptorSet.FromString(target.read_bytes())


def document(contracts: FileDescriptorSet) -> tuple[str, list[str]]:
    """The page, ending with a line feed, and what the comments leave unsaid: ``element: problem``, sorted."""
    problems: list[str] = []
    contents: list[str] = []
    sections: list[str] = []
    packages = sorted({file.package for file in contracts.file})
    for package in packages:
        contents.append(f"- {_link(package, package)}")
        sections.append(f"## {package}")
        entries: list[tuple[int, str, str]] = []
        for file in sorted(contracts.file, key=lambda file: file.name):
            if file.package == package:
                entries.extend(_elements(file, Comments(file, problems)))
        for _, name, section in sorted(entries):
            contents.append(f"  - {_link(name.removeprefix(f'{package}.'), name)}")
            sections.append(section)
    return "\n\n".join([_INTRODUCTION, "## Contents", "\n".join(contents), *sections]) + "\n", sorted(problems)


def _elements(file: FileDescriptorProto, comments: Comments) -> Iterator[tuple[int, str, str]]:
    """Services, messages and enums of ``file`` as (order of their kind, full name, section)."""
    source = f"Defined in [{file.name.rpartition('/')[2]}](../proto/{file.name})."
    for index, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield 0, name, _service(service, name, source, (6, index), comments)
    yield from _types(file.message_type, file.enum_type, file.package, source, ((4,), (5,)), comments)


def _types(
    messages: Sequence[DescriptorProto],
    enums: Sequence[EnumDescriptorProto],
    scope: str,
    source: str,
    paths: tuple[tuple[int, ...], tuple[int, ...]],
    comments: Comments,
) -> Iterator[tuple[int, str, str]]:
    for index, message in enumerate(messages):
        name, path = f"{scope}.{message.name}", (*paths[0], index)
        if message.options.map_entry:
            comments.refuse(name, "is a map, which has no order; use a list of a message")
            continue
        yield 1, name, _message(message, name, source, path, comments)
        yield from _types(message.nested_type, message.enum_type, name, source, ((*path, 3), (*path, 4)), comments)
    for index, enum in enumerate(enums):
        name = f"{scope}.{enum.name}"
        yield 2, name, _enum(enum, name, source, (*paths[1], index), comments)


def _service(service: ServiceDescriptorProto, name: str, source: str, path: tuple[int, ...], comments: Comments) -> str:
    rows = []
    for index, rpc in enumerate(service.method):
        full = f"{name}.{rpc.name}"
        comment = comments.at((*path, 2, index), full, _RPC_LABELS)
        callers = comment.column("Callers")
        if callers not in CALLERS:
            comments.refuse(full, f"'Callers: {callers}.' is none of: {', '.join(sorted(CALLERS))}")
        rows.append(
            [
                f"`{rpc.name}`",
                ("stream of " if rpc.client_streaming else "") + _type_link(rpc.input_type),
                ("stream of " if rpc.server_streaming else "") + _type_link(rpc.output_type),
                _escaped(callers),
                _escaped(" ".join(comment.prose)),
            ]
        )
    head = ("RPC", "request", "response", "callers", "meaning")
    return _section("Service", name, comments.at(path, name), source, head, rows)


def _message(message: DescriptorProto, name: str, source: str, path: tuple[int, ...], comments: Comments) -> str:
    rows = []
    for index, field in sorted(enumerate(message.field), key=lambda entry: entry[1].number):
        full = f"{name}.{field.name}"
        comment = comments.at((*path, 2, index), full, _FIELD_LABELS)
        for problem in field_problems(field, comment):
            comments.refuse(full, problem)
        prose = " ".join(comment.prose) + (" Deprecated." if field.options.deprecated else "")
        labels = [_escaped(comment.column(label)) for label in _FIELD_LABELS]
        rows.append([str(field.number), f"`{field.name}`", _type(field), _presence(field, message), _escaped(prose)])
        rows[-1].extend(labels)
    for index, oneof in enumerate(message.oneof_decl):
        if any(field.oneof_index == index and _in_oneof(field) for field in message.field):
            comments.at((*path, 8, index), f"{name}.{oneof.name}")
    head = ("#", "field", "type", "presence", "meaning", "unit", "limit", "rule")
    reserved = [(entry.start, entry.end - 1) for entry in message.reserved_range]
    closing = _reserved(reserved, message.reserved_name)
    return _section("Message", name, comments.at(path, name), source, head, rows, closing)


def _enum(enum: EnumDescriptorProto, name: str, source: str, path: tuple[int, ...], comments: Comments) -> str:
    rows = []
    for index, value in sorted(enumerate(enum.value), key=lambda entry: entry[1].number):
        comment = comments.at((*path, 2, index), f"{name}.{value.name}")
        rows.append([str(value.number), f"`{value.name}`", _escaped(" ".join(comment.prose))])
    reserved = [(entry.start, entry.end) for entry in enum.reserved_range]
    closing = _reserved(reserved, enum.reserved_name)
    return _section("Enum", name, comments.at(path, name), source, ("#", "value", "meaning"), rows, closing)


def field_problems(field: FieldDescriptorProto, comment: Comment) -> Iterator[str]:
    """What ``comment`` leaves unsaid about ``field``, or says wrongly."""
    unit, limit = comment.column("Unit"), comment.column("Limit")
    number = field.type not in _NOT_NUMBERS
    if number and not unit:
        yield "is a number without a unit; add 'Unit: ...'"
    if unit and unit not in UNITS:
        yield f"'Unit: {unit}.' is none of: {'; '.join(sorted(UNITS))}"
    if unit and not number and field.type != _Field.TYPE_BYTES:
        yield "has a unit, and is no number"
    if number and unit and field.name.endswith("_ms") != unit.startswith("milliseconds"):
        yield f"a name ends in _ms exactly when the unit is milliseconds, which here is {unit}"
    kind = _limit_kind(field)
    if kind in ("text", "bytes", "entries") and field.type != _Field.TYPE_MESSAGE and not limit:
        yield f"is bounded or not; add 'Limit: ...', '{NO_LIMIT}' where nothing refuses it"
    elif field.label == _Field.LABEL_REPEATED and not limit:
        yield f"is a list, bounded or not; add 'Limit: ...', '{NO_LIMIT}' where nothing refuses it"
    if limit and kind is None:
        yield "has a limit, and neither length nor amount"
    if limit and kind is not None and limit != NO_LIMIT and re.fullmatch(_LIMITS[kind], limit) is None:
        yield f"'Limit: {limit}.' is not put as limits of {kind} are; see dev/contracts/document.py"


def _limit_kind(field: FieldDescriptorProto) -> str | None:
    if field.label == _Field.LABEL_REPEATED or field.type == _Field.TYPE_MESSAGE:
        return "entries"
    if field.type not in _NOT_NUMBERS:
        return "number"
    return {_Field.TYPE_STRING: "text", _Field.TYPE_BYTES: "bytes"}.get(field.type)


def _type(field: FieldDescriptorProto) -> str:
    known = field.type in (_Field.TYPE_MESSAGE, _Field.TYPE_ENUM)
    name = _type_link(field.type_name) if known else _Field.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"list of {name}" if field.label == _Field.LABEL_REPEATED else name


def _in_oneof(field: FieldDescriptorProto) -> bool:
    return field.HasField("oneof_index") and not field.proto3_optional


def _presence(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    if _in_oneof(field):
        return f"one of `{message.oneof_decl[field.oneof_index].name}`"
    if field.label == _Field.LABEL_REPEATED:
        return "list"
    if field.proto3_optional:
        return "optional"
    return "required" if field.type in (_Field.TYPE_MESSAGE, _Field.TYPE_ENUM) else "plain"


def _reserved(ranges: Sequence[tuple[int, int]], names: Sequence[str]) -> str:
    numbers = [str(first) if first == last else f"{first} to {last}" for first, last in sorted(ranges)]
    taken = numbers + [f"`{name}`" for name in sorted(names)]
    return f"Never to be used again: {', '.join(taken)}." if taken else ""


def _section(
    kind: str,
    name: str,
    comment: Comment,
    source: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    closing: str = "",
) -> str:
    parts = [f"### {name}", *(_escaped(paragraph) for paragraph in comment.prose), f"{kind}. {source}"]
    if rows:
        parts.append("\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)]))
    return "\n\n".join(part for part in [*parts, closing] if part)


def _row(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _escaped(text: str) -> str:
    """``text`` with a backslash before what Markdown would read; an underscore within a word means nothing to it."""
    return re.sub(r"[\\`*\[\]<>|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)


def _link(text: str, name: str) -> str:
    # The anchor that GitHub makes of a heading: lower case, without the dots.
    return f"[{text}](#{name.lower().replace('.', '')})"


def _type_link(name: str) -> str:
    return _link(name.rpartition(".")[2], name.removeprefix("."))


_INTRODUCTION = f"""\
# Contracts

<!-- Generated from the comments in proto/autopack by 'make proto'; do not edit. -->

These are all services, messages and enums that executor, gatekeeper, store and their clients speak. A server refuses,
with INVALID_ARGUMENT and the path of the field, whatever is over a limit, breaks a rule, or leaves out what is
required; enum value 0 and numbers that it does not know; and fields that it does not know, at any depth, since someone
newer is speaking. A caller without the token of a role that may call is refused whatever it sends. Within `v1` nothing
is removed, renamed, retyped or renumbered: fields, values and RPCs are only added, and `make check` compares with the
last release. Whoever adds a field deploys the server that knows it before the client that sends it.

- **presence**: `required` is refused when left out; `optional` can be left out, which is not the same as zero or empty;
  exactly `one of` a group is given; of a `plain` field and a `list`, left out and zero, false or empty are the same.
- **limit**: `{NO_LIMIT}` leaves the 4 MiB that gRPC takes as one message; senders stay under 1 MiB and stream more
  in chunks. Characters are Unicode code points, 1 KiB is 1,024 bytes, and both ends of a range are within it.
- **rule**: what is refused besides. In a response, limit and rule are what the server promises."""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check: bool = parser.parse_args().check
    try:
        page, problems = document(read_contracts(PROTO))
    except ProtocFailed as error:
        sys.exit(str(error))
    for problem in problems:
        print(f"the comment of {problem}", file=sys.stderr)
    if problems:
        return 1
    current = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    if check and page != current:
        print(
            "docs/contracts.md does not say what the contracts say; run 'make proto' and commit the result",
            file=sys.stderr,
        )
        return 1
    if page != current:
        PAGE.write_text(page, encoding="utf-8")
        print("wrote docs/contracts.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
