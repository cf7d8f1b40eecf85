"""The page ``docs/contracts.md``: a section with a table for each service, message and enumeration."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

from dev.contracts.comment_rules import CALLERS, NO_LIMIT, field_problems
from dev.contracts.comments import FIELD_LABELS, RPC_LABELS, Comment, Comments

_Field = FieldDescriptorProto

_INTRODUCTION = f"""\
# Contracts

<!-- Generated from the comments in proto/autopack by 'make proto'; do not edit. -->

These are all services, messages and enums that executor, gatekeeper, store and their clients speak. A server refuses,
with INVALID_ARGUMENT and the path of the field, whatever is over a limit, breaks a rule, or leaves out what is
required; enum value 0 and numbers that it does not know; and fields that it does not know, at any depth, since someone
newer is speaking. A caller without the token of a role that may call is refused whatever it sends. From the first
release on, nothing in `v1` is removed, renamed, retyped or renumbered: fields, values and RPCs are only added, and
`make check` compares with the last release. Deploy the server that knows a field before the client that sends it.

- **presence**: `required` is refused when left out; `optional` can be left out, which is not the same as zero or empty;
  exactly `one of` a group is given; of a `plain` field and a `list`, left out and zero, false or empty are the same.
- **limit**: `{NO_LIMIT}` leaves the 4 MiB that gRPC takes as one message; senders stay under 1 MiB and stream more
  in chunks. Characters are Unicode code points, 1 KiB is 1,024 bytes, and both ends of a range are within it.
- **rule**: what is refused besides. In a response, limit and rule are what the server promises."""


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
        comment = comments.at((*path, 2, index), full, RPC_LABELS)
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
        comment = comments.at((*path, 2, index), full, FIELD_LABELS)
        for problem in field_problems(field, comment):
            comments.refuse(full, problem)
        prose = " ".join(comment.prose) + (" Deprecated." if field.options.deprecated else "")
        labels = [_escaped(comment.column(label)) for label in FIELD_LABELS]
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
    parts = [f"### {name}", *map(_wrapped, comment.prose), f"{kind}. {source}"]
    if rows:
        parts.append("\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)]))
    return "\n\n".join(part for part in [*parts, closing] if part)


def _wrapped(paragraph: str) -> str:
    return textwrap.fill(_escaped(paragraph), 118, break_long_words=False, break_on_hyphens=False)


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
