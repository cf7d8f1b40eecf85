"""The comment above an element of a contract: paragraphs of prose, and labelled sentences below it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import FileDescriptorProto

FIELD_LABELS = ("Unit", "Limit", "Rule")
RPC_LABELS = ("Callers",)
_LABELS = "|".join(FIELD_LABELS + RPC_LABELS)
_LABELLED_LINE = re.compile(rf"^(?=(?:{_LABELS}): )", re.MULTILINE)
_LABEL = re.compile(rf"(?:^|(?<=\. ))({_LABELS}): ")
_LOOKS_LABELLED = re.compile(rf"^([A-Z][a-z]+): |\. ({_LABELS}): ", re.MULTILINE)


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
        if labels == FIELD_LABELS and (stray := _LOOKS_LABELLED.search(prose)):
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
                self.refuse(name, f"'{label}: {sentence.strip()}' is not a sentence with a full stop")
        return {label: sentence.strip().removesuffix(".") for label, sentence in zip(names, sentences, strict=True)}
