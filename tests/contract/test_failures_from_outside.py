"""A run that failed because of something outside of it is INCONCLUSIVE, in a result that the schema allows."""

from dataclasses import replace

import jsonschema
import pytest

from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.report.document import report_document, unreported_document
from autopack_model.report.value import OUTSIDE, RunReport
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, Run, RunFailure, RunState, is_url
from tests.contract.test_result_schema import SCHEMA
from tests.fakes.evidence import make_evidence
from tests.fakes.store import first_attempt, make_decision, make_spec

EVIDENCE = make_evidence({"test_a.py::test_1": TestState.PASSED}, durations_ms={})


def report(state: RunState, code: str | None) -> RunReport:
    """A run whose recorded decision allows, and that ended so all the same."""
    attempt = Attempt(
        ref=first_attempt(),
        state=AttemptState.ALLOWED,
        evidence=(),
        verdict=Verdict.ALLOW,
        decision_digest=None,
        builder_result_digest=None,
        auditor_result_digest=None,
    )
    run = Run(
        spec=make_spec(),
        state=state,
        created_at_ms=1,
        finished_at_ms=None,
        failure=None if code is None else RunFailure(code=code, message="why"),
        attempts=(attempt,),
    )
    return RunReport.of_run(run, make_decision(EVIDENCE, EVIDENCE))


@pytest.mark.parametrize("code", sorted(OUTSIDE))
@pytest.mark.parametrize("state", [RunState.FAILED, RunState.RUNNING])
def test_a_failure_from_outside_is_inconclusive(code: str, state: RunState) -> None:
    """Whatever was decided before, the verdict is INCONCLUSIVE and the exit code 3."""
    failed = report(state, code)
    document = report_document(failed)

    assert (Verdict.INCONCLUSIVE, 3) == (failed.verdict, failed.exit_code)
    assert ("INCONCLUSIVE", {"code": code, "message": "why"}) == (document["verdict"], document["failure"])
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("code", ["INTERNAL", "EVIDENCE_NOT_WRITTEN", "STORE_REFUSED", "GIT_FAILED"])
def test_a_failure_of_ours_is_no_verdict(code: str) -> None:
    """What nobody expected is no verdict at all, and the exit code says that it is ours."""
    failed = report(RunState.FAILED, code)

    assert (None, 70) == (failed.verdict, failed.exit_code)


def test_a_decided_run_is_what_was_decided() -> None:
    """Only the end of a run makes its decision a verdict."""
    assert (Verdict.ALLOW, 0) == (report(RunState.DECIDED, None).verdict, report(RunState.DECIDED, None).exit_code)
    assert (None, 70) == (report(RunState.RUNNING, None).verdict, report(RunState.RUNNING, None).exit_code)


def test_a_run_that_nobody_can_tell_of_has_a_document() -> None:
    """When not even the store answers, the result says so, and the same schema allows it."""
    document = unreported_document("run-1", RunFailure(code="STORE_UNAVAILABLE", message="why"))

    jsonschema.validate(document, SCHEMA)
    assert ("INCONCLUSIVE", 3, "STORE_UNAVAILABLE") == (
        document["verdict"],
        document["exit_code"],
        (document["failure"] or {})["code"] if isinstance(document["failure"], dict) else "",
    )


@pytest.mark.parametrize(
    ("repository", "recorded"),
    [
        ("/srv/repository", True),
        ("https://host/a", True),
        ("ssh://git@host:22/a", True),
        ("git://[::1]:9418/a", True),
        ("file:///srv/a", True),
        ("https://host", False),
        ("https:///a", False),
        ("https://me:word@host/a", False),
        ("https://host:port/a", False),
        ("https://host/a b", False),
        ("relative", False),
        ("", False),
    ],
)
def test_a_run_names_a_path_or_a_url(repository: str, recorded: bool) -> None:
    """A repository is an absolute path or a URL without a password; a refusal does not repeat it."""
    if recorded:
        assert repository == replace(make_spec(), repository=repository).repository
        assert repository.startswith("/") is not is_url(repository)
        return
    with pytest.raises(InvalidValue) as caught:
        replace(make_spec(), repository=repository)
    assert "spec.repository" == caught.value.path
    assert "word@" not in str(caught.value)
