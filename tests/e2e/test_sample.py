"""The demo's five candidates."""

import json
from pathlib import Path

import jsonschema
import pytest

from autopack_model.decision.delta import Category
from autopack_model.evidence.outcome import TestState
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.report.document import report_document
from dev.demo.sample_repository import CANDIDATES, SampleCandidate
from tests.e2e.gating import Gates, verdict


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.branch)
def test_candidate_gets_its_verdict_for_the_right_reason(
    gates: Gates, sample_repository: Path, candidate: SampleCandidate
) -> None:
    """Each candidate of the sample repository gets its verdict, exit code and reason code from a real gate run."""
    report = gates.gate(sample_repository, candidate=CommitCandidate(revision=candidate.branch))

    assert candidate.verdict == verdict(report)
    assert report.report.decision is not None
    assert (0 if candidate.verdict == "ALLOW" else 1) == report.report.exit_code
    assert candidate.code in {reason.code.label for reason in report.report.decision.reasons}


def test_second_gate_reuses_the_baseline(gates: Gates, sample_repository: Path) -> None:
    """A gate on a base that was measured before runs the head side only, and says so."""
    first = gates.gate(sample_repository, candidate=CommitCandidate(revision="fix"))
    second = gates.gate(sample_repository, candidate=CommitCandidate(revision="regression"))

    assert first.base is not None
    assert second.base is not None
    suites = [entry for entry in second.report.attempt.evidence if entry.retry == 0]
    assert [True, False] == [entry.reused for entry in suites]
    assert first.report.attempt.evidence[0].evidence_digest == second.report.attempt.evidence[0].evidence_digest


def test_base_holds_one_failing_test_and_a_skipped_module(gates: Gates, sample_repository: Path) -> None:
    """The sample's base runs thirty tests of which one fails, and skips one module as a whole."""
    report = gates.gate(sample_repository, candidate=CommitCandidate(revision="fix"))

    assert report.base is not None
    assert (29, 1) == (
        report.base.states.count(TestState.PASSED),
        report.base.states.count(TestState.FAILED),
    )
    assert ["tests/test_export.py"] == [collector.collector for collector in report.base.suite_run.recorder.collectors]


def test_result_fits_the_published_schema(gates: Gates, sample_repository: Path) -> None:
    """The JSON result of a real gate run is valid under docs/result.schema.json, and lists what was found."""
    gated = gates.gate(sample_repository, candidate=CommitCandidate(revision="regression"))

    document = report_document(gated.report)

    schema = json.loads((Path(__file__).parents[2] / "docs" / "result.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert ["tests/test_ledger.py::test_withdraw_everything", "tests/test_ledger.py::test_withdraw_takes_away"] == [
        test_id for test_id in (gated.report.delta or {})[Category.NEWLY_FAILING] if "test_withdraw" in test_id
    ]
