"""Golden payloads of the old shape: each with the typed result that it is, or the pointers that have no place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_bridge.reading.attempt import Target
from autopack_bridge.reading.auditor import map_auditor
from autopack_bridge.reading.builder import map_builder
from autopack_bridge.reading.payload import read_payload
from autopack_bridge.reading.refusal import OldResultRefused
from autopack_git.patch_files import patch_files
from autopack_model.auditor_result.document import auditor_result_document
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.builder_result.document import builder_result_document
from autopack_model.builder_result.value import BuilderResult
from autopack_model.canonical import Json
from autopack_model.run.value import RunSpec, RunType
from tests.fakes.store import make_spec

FOLDER = Path(__file__).with_name("legacy")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyCase:
    """One golden payload; ``expected`` is None when it is refused, and ``refused`` empty when it is not."""

    kind: str
    spec: RunSpec
    payload: bytes
    expected: Mapping[str, Json] | None
    refused: tuple[str, ...]

    def outcome(self) -> Mapping[str, Json] | tuple[str, ...]:
        """The typed result as a document with its patches as text, or the pointers that the refusal names."""
        try:
            return typed_document(mapped(self.kind, self.payload, self.spec))
        except OldResultRefused as error:
            return refused_pointers(error)


def mapped(kind: str, payload: bytes, spec: RunSpec) -> BuilderResult | AuditorResult:
    """The typed result of ``payload``. Raises OldResultRefused."""
    target = Target(spec=spec, phase=None, attempt=None)
    if kind == "builder":
        return map_builder(read_payload(payload), target, patch_files)
    return map_auditor(read_payload(payload), target, patch_files)


def refused_pointers(error: OldResultRefused) -> tuple[str, ...]:
    """The pointers that a refusal names, ascending and each once."""
    return tuple(sorted({problem.pointer for problem in error.problems}))


def typed_document(result: BuilderResult | AuditorResult) -> dict[str, Json]:
    """Every field of ``result`` under its name in the contract, with the text of patches in place of their digests."""
    if isinstance(result, BuilderResult):
        return builder_result_document(result, result.patch.decode())
    return auditor_result_document(result, [patch.patch.decode() for patch in result.suggested_patches])


def legacy_names(kind: str) -> list[str]:
    """The names of the golden payloads of one kind, ascending."""
    return sorted(path.stem for path in FOLDER.glob(f"{kind}_*.json"))


def legacy_case(name: str) -> LegacyCase:
    """The golden payload ``name``."""
    found = json.loads((FOLDER / f"{name}.json").read_bytes())
    spec = replace(
        make_spec(),
        run_type=RunType[found["run"]["run_type"].upper()],
        allowed_paths=tuple(found["run"]["allowed_paths"]),
    )
    return LegacyCase(
        kind=found["kind"],
        spec=spec,
        payload=json.dumps(found["payload"]).encode(),
        expected=found.get("expected"),
        refused=tuple(found.get("refused", ())),
    )
