"""Fingerprints of requests."""

from dataclasses import replace

import pytest

from autopack_model.identity.value import Side
from autopack_model.run.value import CandidateKind, PatchFix, RunFailure, RunState, RunType
from autopack_model.suite_run.value import Tree
from autopack_store.requests import Request
from autopack_store.runs.ending import Ending
from tests.fakes.store import first_attempt, make_spec

SPEC = make_spec()
CHANGED = {
    "repository": replace(SPEC, repository="/srv/other"),
    "base": replace(SPEC, base=None),
    "head": replace(SPEC, head=Tree(revision="9" * 40, tree="d" * 40)),
    "candidate": replace(SPEC, candidate=CandidateKind.PATCH),
    "interpreter": replace(SPEC, interpreter=""),
    "arguments": replace(SPEC, arguments=("-q", "test", "s")),
    "setup": replace(SPEC, setup=""),
    "timeout_ms": replace(SPEC, timeout_ms=1),
    "run_type": replace(SPEC, run_type=RunType.REPAIR),
    "allowed_paths": replace(SPEC, allowed_paths=("src",)),
    "patch_fixes": replace(SPEC, patch_fixes=(PatchFix.HUNK_COUNTS,)),
    "folder": replace(SPEC, folder=""),
    "variables": replace(SPEC, variables=("DATABASE_URL",)),
    "setup_variables": replace(SPEC, setup_variables=()),
    "copies": replace(SPEC, copies=()),
    "before_side": replace(SPEC, before_side=None),
    "after_side": replace(SPEC, after_side=""),
    "run_id": replace(SPEC, run_id="run-2"),
}


def _fingerprint(*body: object) -> str:
    return Request.of("Method", "a", *body).fingerprint


def test_the_same_body_has_the_same_fingerprint() -> None:
    """Equal bodies of a method have one fingerprint, whatever the request's id."""
    assert Request.of("Method", "a", SPEC).fingerprint == Request.of("Method", "b", make_spec()).fingerprint


@pytest.mark.parametrize("field", CHANGED)
def test_every_field_is_part_of_the_fingerprint(field: str) -> None:
    """A body that differs in one field has another fingerprint."""
    assert _fingerprint(SPEC) != _fingerprint(CHANGED[field])


def test_every_field_of_a_spec_is_looked_at() -> None:
    """The cases above name every field of a run's spec."""
    assert set(SPEC.__dataclass_fields__) == set(CHANGED)


def test_method_and_order_are_part_of_the_fingerprint() -> None:
    """Another method, another order and another nesting give other fingerprints."""
    bodies: list[tuple[object, ...]] = [
        (),
        (None,),
        ("a", "b"),
        ("b", "a"),
        (("a", "b"),),
        (1,),
        (True,),
        ("1",),
        (Side.BASE,),
    ]
    fingerprints = {_fingerprint(*body) for body in bodies}
    fingerprints.add(Request.of("Other", "a").fingerprint)
    assert len(bodies) + 1 == len(fingerprints)


def test_endings_differ_by_their_failure() -> None:
    """The failure's code and message are part of the fingerprint."""
    failures = [RunFailure(code="A", message=""), RunFailure(code="B", message=""), RunFailure(code="A", message="x")]
    endings = [Ending(state=RunState.FAILED, failure=failure) for failure in failures]
    assert 3 == len({_fingerprint(ending, first_attempt()) for ending in endings})


@pytest.mark.parametrize("value", [b"x", 1.5, [1], {"a": 1}])
def test_a_value_without_a_stable_form_is_a_mistake(value: object) -> None:
    """What has no stable form cannot be fingerprinted by accident."""
    with pytest.raises(TypeError, match="cannot be part of a request's fingerprint"):
        _fingerprint(value)
