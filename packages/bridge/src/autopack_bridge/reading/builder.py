"""A builder's old dictionary, as a BuilderResult of the contract."""

from collections.abc import Mapping

from autopack_bridge.reading import values
from autopack_bridge.reading.attempt import Target, check_held, read_attempt
from autopack_bridge.reading.changes import check_allowed, read_changes
from autopack_bridge.reading.facts import Facts
from autopack_bridge.reading.issues import issue_list
from autopack_bridge.reading.judgement import read_judgement
from autopack_bridge.reading.patches import ReadPatch
from autopack_bridge.reading.payload import Node
from autopack_bridge.reading.probes import read_probe
from autopack_bridge.reading.refusal import WHOLE_DOCUMENT, Refusals
from autopack_bridge.reading.tokens import read_tokens
from autopack_bridge.vocabulary import STATUSES, STOP_REASONS
from autopack_model.builder_result.value import (
    MAX_ATTEMPTS,
    MAX_MODEL,
    MAX_NOTES,
    MAX_PROBES,
    BuilderResult,
    BuilderStatus,
)


def map_builder(payload: Mapping[str, Node], target: Target, read_patch: ReadPatch) -> BuilderResult:
    """The result that ``payload`` holds, whole. Raises OldResultRefused, which names all that cannot be placed."""
    refusals = Refusals()
    facts = Facts(payload, WHOLE_DOCUMENT, refusals, bag=True)
    check_held(facts, target.spec, refusals)
    status = read_judgement(
        facts,
        refusals,
        word="status",
        flag="success",
        table=STATUSES,
        true=BuilderStatus.SUCCESS,
        false=BuilderStatus.FAILED,
    )
    asked = facts.take(values.or_unknown(values.whole(least=1, most=MAX_ATTEMPTS)), "builder_attempts")
    duration = facts.take_each(
        {
            "duration_seconds": values.or_unknown(values.milliseconds(per_unit=1000)),
            "duration_minutes": values.or_unknown(values.milliseconds(per_unit=60_000)),
        }
    )
    model = facts.take(values.or_unknown(values.printable(most=MAX_MODEL)), "model", "model_used")
    stop = facts.take(values.or_unknown(values.word(STOP_REASONS)), "stop_reason")
    cut_off = facts.take(values.or_unknown(values.flag), "truncated", "was_truncated")
    notes = facts.take(values.text(most=MAX_NOTES), "notes")
    probes = facts.take(values.listed(read_probe, most=MAX_PROBES), "probe_results")
    issues = facts.take(issue_list(finder=None), "suggested_issues")
    # Each block stands for itself, so that one value at fault does not hide another.
    with refusals.collecting():
        attempt = read_attempt(facts, target, refusals)
    with refusals.collecting():
        tokens = read_tokens(facts, refusals)
    with refusals.collecting():
        changes = read_changes(facts, read_patch, refusals)
        if status.value is BuilderStatus.SUCCESS:
            check_allowed(changes, target.spec, status.pointers, refusals)
    facts.close()
    refusals.settle()
    # From here on every value is known to be right by itself; what is left is what they say together.
    with refusals.settling({"status": status.pointers, "changed_files.status": changes.names_at.pointers}):
        return BuilderResult(
            attempt=attempt,
            status=status.needed(refusals),
            patch=changes.patch,
            changed_files=changes.files,
            lines_added=changes.lines_added,
            lines_removed=changes.lines_removed,
            builder_attempts=asked.otherwise(None),
            tokens=tokens,
            duration_ms=duration.otherwise(None),
            model=model.otherwise(None),
            stop_reason=stop.otherwise(None),
            truncated=cut_off.otherwise(None),
            notes=notes.otherwise(""),
            probes=probes.otherwise(()),
            suggested_issues=issues.otherwise(()),
        )
