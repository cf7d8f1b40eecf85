"""Takes the values of secret variables out of what is kept of a suite: messages, and what a suite printed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import KeyedVariable
from autopack_model.suite_run.value import CommandFacts
from autopack_rpc.files import copy_whole, write_whole

SHORTEST = 8
"""A shorter value stands in too much that has nothing to do with it, and is no secret worth the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Puts ``[NAME]`` for the value of a secret variable, also where JSON writes it in its own way."""

    values: tuple[tuple[str, str], ...]

    @staticmethod
    def of(variables: Iterable[KeyedVariable]) -> "Redaction":
        """That of those variables that are secret; longer values first, since one may hold another."""
        found = {variable.value: f"[{variable.name}]" for variable in variables if variable.secret}
        forms = {form: name for value, name in found.items() for form in (value, json.dumps(value)[1:-1])}
        kept = ((form, name) for form, name in forms.items() if len(form) >= SHORTEST)
        return Redaction(values=tuple(sorted(kept, key=lambda item: (-len(item[0]), item))))

    def text(self, text: str) -> str:
        """``text`` without the values."""
        for value, name in self.values:
            text = text.replace(value, name)
        return text

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file without the values, whole or not at all. Raises OSError."""
        if not self.values:
            copy_whole(source, target)
            return
        data = source.read_bytes()
        for value, name in self.values:
            data = data.replace(value.encode(), name.encode())
        write_whole(target, data)

    def evidence(self, evidence: Evidence) -> Evidence:
        """The evidence without the values. Names, states and signatures stay."""
        if not self.values:
            return evidence
        run = evidence.suite_run
        collectors = tuple(
            replace(collector, message=self.text(collector.message)) for collector in run.recorder.collectors
        )
        cleaned = replace(
            run,
            setup=None if run.setup is None else replace(run.setup, output_tail=self.text(run.setup.output_tail)),
            recorder=replace(run.recorder, collectors=collectors),
            output_tail=self.text(run.output_tail),
            before_side=self._command(run.before_side),
            after_side=self._command(run.after_side),
        )
        details = tuple(replace(detail, message=self.text(detail.message)) for detail in evidence.details)
        return replace(evidence, suite_run=cleaned, details=details)

    def _command(self, facts: CommandFacts | None) -> CommandFacts | None:
        return None if facts is None else replace(facts, output_tail=self.text(facts.output_tail))
