"""An auditor's old dictionary, as an AuditorResult of the contract."""

from collections.abc import Mapping

from autopack_bridge.reading import values
from autopack_bridge.reading.attempt import Target, check_held, read_attempt
from autopack_bridge.reading.facts import Facts
from autopack_bridge.reading.issues import issue_list
from autopack_bridge.reading.judgement import read_judgement
from autopack_bridge.reading.patches import ReadPatch, read_suggested_patch
from autopack_bridge.reading.payload import Node
from autopack_bridge.reading.refusal import WHOLE_DOCUMENT, Refusals
from autopack_bridge.reading.tokens import read_tokens
from autopack_bridge.vocabulary import CONFIDENCES, RECOMMENDATIONS
from autopack_model.auditor_result.value import MAX_ATTEMPTS, MAX_NOTES, MAX_PATCHES, AuditorResult, Recommendation
from autopack_model.issue.value import IssueSource


def map_auditor(payload: Mapping[str, Node], target: Target, read_patch: ReadPatch) -> AuditorResult:
    """The result that ``payload`` holds, whole. Raises OldResultRefused, which names all that cannot be placed.

    Not to approve, and to say no more, is REVISE: the stricter of what it can mean.
    """
    refusals = Refusals()
    facts = Facts(payload, WHOLE_DOCUMENT, refusals, bag=True)
    check_held(facts, target.spec, refusals)
    recommendation = read_judgement(
        facts,
        refusals,
        word="recommendation",
        flag="approved",
        table=RECOMMENDATIONS,
        true=Recommendation.APPROVE,
        false=Recommendation.REVISE,
    )
    confidence = facts.take(values.or_unknown(values.word(CONFIDENCES)), "confidence")
    notes = facts.take(values.text(most=MAX_NOTES), "review_notes")
    issues = facts.take(issue_list(finder=IssueSource.AUDITOR), "issues_found")
    patches = facts.take(values.listed(read_suggested_patch(read_patch), most=MAX_PATCHES), "suggested_patches")
    asked = facts.take(values.or_unknown(values.whole(least=1, most=MAX_ATTEMPTS)), "auditor_attempts")
    # Each block stands for itself, so that one value at fault does not hide another.
    with refusals.collecting():
        attempt = read_attempt(facts, target, refusals)
    with refusals.collecting():
        tokens = read_tokens(facts, refusals)
    facts.close()
    refusals.settle()
    # From here on every value is known to be right by itself; what is left is what they say together.
    with refusals.settling({"recommendation": recommendation.pointers}):
        return AuditorResult(
            attempt=attempt,
            recommendation=recommendation.needed(refusals),
            confidence=confidence.otherwise(None),
            review_notes=notes.otherwise(""),
            issues_found=issues.otherwise(()),
            suggested_patches=patches.otherwise(()),
            auditor_attempts=asked.otherwise(None),
            tokens=tokens,
        )
