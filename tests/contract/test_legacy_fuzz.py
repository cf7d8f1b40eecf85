"""Whatever is thrown at the bridge: a typed result or a clear refusal, never a crash, and never a loss.

The oracle knows where each value of the old shape belongs in the typed result, and nothing of how it is brought there.
"""

import copy
import functools
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from autopack_bridge.reading.attempt import Target
from autopack_bridge.reading.auditor import map_auditor
from autopack_bridge.reading.builder import map_builder
from autopack_bridge.reading.payload import read_payload
from autopack_bridge.reading.refusal import OldResultRefused
from autopack_git.patch_files import patch_files
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.builder_result.value import BuilderResult
from autopack_model.run.value import RunSpec
from tests.contract.legacy_case import LegacyCase, legacy_case, legacy_names
from tests.contract.legacy_oracle import Tree, found, leaves, pointer_of

ODDITY = 1e-77
"""A number that has no place anywhere in the old shape."""

KEYS = (
    *("run_id", "phase", "phase_id", "attempt", "run_type", "allowed_paths", "metadata", "status", "success"),
    *("output", "patch_content", "files_modified", "files_changed", "lines_added", "lines_removed"),
    *("builder_attempts", "auditor_attempts", "tokens_used", "prompt_tokens", "completion_tokens"),
    *("duration_minutes", "duration_seconds", "model", "model_used", "stop_reason", "was_truncated", "truncated"),
    *("notes", "probe_results", "probe_type", "exit_code", "stdout", "stderr", "suggested_issues", "issue_key"),
    *("severity", "category", "source", "evidence_refs", "description", "recommendation", "approved", "confidence"),
    *("review_notes", "issues_found", "suggested_patches", "patch", "files_affected", "affected_files"),
)
WORDS = ("SUCCESS", "success", "FAILED", "approve", "reject", "high", "minor", "pytest", "src/app.py", "run-1", "gate")

CASES: Mapping[str, LegacyCase] = {
    name: legacy_case(name) for kind in ("builder", "auditor") for name in legacy_names(kind)
}
PLACED = sorted(name for name, case in CASES.items() if case.expected is not None)

_read_patch = functools.cache(patch_files)


def _mapped(kind: str, payload: bytes, spec: RunSpec) -> BuilderResult | AuditorResult | frozenset[str]:
    """The typed result, or the pointers that are refused."""
    target = Target(spec=spec, phase=None, attempt=None)
    try:
        if kind == "builder":
            return map_builder(read_payload(payload), target, _read_patch)
        return map_auditor(read_payload(payload), target, _read_patch)
    except OldResultRefused as error:
        return frozenset(problem.pointer for problem in error.problems if problem.problem)


def _objects(tree: Tree) -> Iterator[dict[str, Tree]]:
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _objects(value)


def _check_no_loss(kind: str, tree: Tree, spec: RunSpec) -> None:
    payload = json.dumps(tree).encode()
    outcome = _mapped(kind, payload, spec)
    event("refused" if isinstance(outcome, frozenset) else "placed")
    # Read again as the bridge must: exactly.
    exact: Tree = json.loads(payload, parse_float=Decimal)
    if isinstance(outcome, frozenset):
        _check_pointers(outcome, exact)
        for path, value in leaves(exact):
            if value == Decimal(str(ODDITY)):
                assert any(pointer_of(path[:length]) in outcome for length in range(len(path) + 1)), (path, outcome)
        return
    for path, value in leaves(exact):
        assert found(path, value, outcome, spec), (path, value, outcome)


def _check_pointers(pointers: frozenset[str], tree: Tree) -> None:
    """There are pointers, and each names something in the payload, or a member that its object lacks."""
    assert pointers
    known = {""} | {pointer_of(path[:length]) for path, _ in leaves(tree) for length in range(1, len(path) + 1)}
    for pointer in pointers:
        assert pointer in known or pointer.rpartition("/")[0] in known, (pointer, tree)


_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 2, ODDITY, 1.5, 2.0, 1e300])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
_names = st.sampled_from(KEYS) | st.text(max_size=5) | st.sampled_from(["a/b", "~", "/", "é", "\ud800"])
_trees: st.SearchStrategy[Tree] = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6), max_leaves=25
)


@settings(max_examples=300)
@given(st.sampled_from(["builder", "auditor"]), st.one_of(st.dictionaries(_names, _trees, max_size=12), _trees))
def test_arbitrary_json_is_placed_or_refused(kind: str, tree: Tree) -> None:
    """Any JSON value is a typed result that holds all of it, or is refused with pointers that exist."""
    _check_no_loss(kind, tree, CASES["builder_minimal"].spec)


@settings(max_examples=200)
@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]":,0123456789.eE+-truefalsn\\ud8'), max_size=40))
def test_arbitrary_bytes_are_refused(data: bytes | str) -> None:
    """Bytes that are no result are refused, never a crash."""
    payload = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")

    for kind in ("builder", "auditor"):
        assert isinstance(_mapped(kind, payload, CASES["builder_minimal"].spec), frozenset)


_retyped: st.SearchStrategy[Tree] = _scalars | st.sampled_from([{"lost": ODDITY}, [ODDITY]])
_added: st.SearchStrategy[Tree] = st.sampled_from([ODDITY, {"deep": [{"deeper": ODDITY}]}, "SUCCESS", 1])
_FITTING: tuple[tuple[str, Tree], ...] = (
    ("notes", "a note\n"),
    ("review_notes", "a note\n"),
    ("tokens_used", 10),
    ("prompt_tokens", 4),
    ("completion_tokens", 6),
    ("model_used", "model-9"),
    ("confidence", "medium"),
    ("stop_reason", "end_turn"),
    ("run_type", "project_build"),
    ("probe_results", []),
    ("suggested_issues", []),
    ("issues_found", []),
)


@st.composite
def _mutants(draw: st.DrawFn) -> tuple[str, Tree, RunSpec]:
    """A golden payload that is placed, with one to four things in it renamed, retyped, moved, dropped or added."""
    case = CASES[draw(st.sampled_from(PLACED))]
    tree: dict[str, Tree] = json.loads(case.payload)
    for _ in range(draw(st.integers(1, 4))):
        mutate = draw(st.sampled_from(MUTATIONS))
        mutate(draw, tree)
    return case.kind, tree, case.spec


def _object(draw: st.DrawFn, tree: Tree) -> dict[str, Tree]:
    return draw(st.sampled_from(list(_objects(tree))))


def _rename(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    holder = _object(draw, tree)
    if holder:
        value = holder.pop(draw(st.sampled_from(sorted(holder))))
        holder[draw(_names)] = value


def _retype(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    holder = _object(draw, tree)
    if holder:
        holder[draw(st.sampled_from(sorted(holder)))] = copy.deepcopy(draw(_retyped))


def _add(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    _object(draw, tree)[draw(_names)] = copy.deepcopy(draw(_added))


def _add_fitting(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    """Say something more, at the top or in the bag, that most results can take."""
    bag = tree.get("metadata")
    holder = bag if isinstance(bag, dict) and draw(st.booleans()) else tree
    name, value = draw(st.sampled_from(_FITTING))
    holder.setdefault(name, copy.deepcopy(value))


def _drop(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    holder = _object(draw, tree)
    if holder:
        del holder[draw(st.sampled_from(sorted(holder)))]


def _bag(draw: st.DrawFn, tree: dict[str, Tree]) -> None:
    """Put a member of the top into the bag, where it may stay at the top too."""
    bag = tree.setdefault("metadata", {})
    names = sorted(name for name in tree if name != "metadata")
    if names and isinstance(bag, dict):
        name = draw(st.sampled_from(names))
        bag[name] = copy.deepcopy(tree[name]) if draw(st.booleans()) else tree.pop(name)


MUTATIONS = (_rename, _retype, _add, _drop, *(_bag,) * 4, *(_add_fitting,) * 4)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(_mutants())
def test_mutated_results_lose_nothing(mutant: tuple[str, Tree, RunSpec]) -> None:
    """A valid payload in which things were changed is placed whole, or refused; what has no place is named."""
    _check_no_loss(*mutant)


def test_the_oracle_finds_what_is_there_and_nothing_else() -> None:
    """Every leaf of the golden payloads is found in its result, and no scalar is that says something else."""
    checked = 0
    for name in PLACED:
        case = CASES[name]
        outcome = _mapped(case.kind, case.payload, case.spec)
        assert not isinstance(outcome, frozenset)
        for path, value in leaves(json.loads(case.payload, parse_float=Decimal)):
            assert found(path, value, outcome, case.spec)
            assert not found((*path, "x"), value, outcome, case.spec)
            for other in _others(value):
                assert not found(path, other, outcome, case.spec)
                checked += 1
    assert checked > 200


def _others(value: Tree) -> list[Tree]:
    match value:
        case bool():
            return [not value, int(value)]
        case str():
            return [value + "x", None]
        case int() | Decimal():
            return [value + 1, str(value)]
        case _:
            return [7]
