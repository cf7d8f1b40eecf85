"""``autopack policy``: read a policy, show it, compare it, and suggest one."""

import sys
from datetime import UTC, datetime

from rich.text import Text

from autopack_cli.commands.policy_files import base_policy, policy_file, written_policy
from autopack_cli.config import Addresses, process_settings, wall_clock_ms
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.recorded_name import recorded_name
from autopack_cli.render.console import console
from autopack_cli.session import records
from autopack_model.decision.value import SideAssessment
from autopack_model.errors import BadRequest
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.document import policy_digest
from autopack_model.policy.file import PolicyFile
from autopack_model.policy.text import differences, settings_of, waiver_text
from autopack_model.run.value import RunState

EXIT_DIFFERENT = 1
_LOOKED_AT = 50
_SHARE = 0.95
"""How many of the tests of a base a suggested floor wants: a few may go without anybody having to change the policy."""


def run_policy_check(file: str | None, repo: str) -> int:
    """Say whether the file can be read, what it changes and which waivers have run out; returns the exit code."""
    with reporting_errors():
        found = policy_file(file or written_policy(repo), "FILE")
        today = datetime.fromtimestamp(wall_clock_ms() / 1000, tz=UTC).date()
        changed = sum(1 for _ in differences(DEFAULT_POLICY, found.policy))
        lines = [
            f"{found.source} is a policy: {changed} changes of the default one, {len(found.waivers)} waivers",
            *(
                f"  expired on {waiver.expires}: {waiver.code.label} {waiver.subjects}"
                for waiver in found.waivers
                if waiver.expired(today)
            ),
        ]
        _print(lines)
    return 0


def run_policy_show(repo: str, base: str, file: str | None) -> int:
    """Print the whole policy that holds, and its waivers; returns the exit code."""
    with reporting_errors():
        found = base_policy(repo, base) if file is None else policy_file(file, "FILE")
        policy = DEFAULT_POLICY if found is None else found.policy
        changed = {key for key, _, _ in differences(DEFAULT_POLICY, policy)}
        source = "default" if found is None else found.source
        lines = [f"# {source}: {policy_digest(policy)}", "[policy]"]
        lines += [f"{key} = {value}{f'  # {source}' if key in changed else ''}" for key, value in settings_of(policy)]
        lines += [f"\n{waiver_text(waiver).rstrip()}" for waiver in (() if found is None else found.waivers)]
        _print(lines)
    return 0


def run_policy_diff(repo: str, base: str | None, file: str | None) -> int:
    """Print what a file changes of the policy of ``base``, or of the default one; returns 1 when anything differs."""
    with reporting_errors():
        after = policy_file(file or written_policy(repo), "FILE")
        before = None if base is None else base_policy(repo, base)
        old = PolicyFile(source="default", policy=DEFAULT_POLICY, waivers=()) if before is None else before
        lines = [f"{key}: {was} -> {now}" for key, was, now in differences(old.policy, after.policy)]
        for sign, own, others in (("-", old.waivers, after.waivers), ("+", after.waivers, old.waivers)):
            lines += [
                f"{sign} waiver {each.code.label} {each.subjects} until {each.expires} by {each.approver}"
                for each in own
                if each not in others
            ]
        _print(lines)
    return EXIT_DIFFERENT if lines else 0


def run_policy_suggest(repo: str, addresses: Addresses) -> int:
    """Print count floors that the newest complete base of the repository keeps; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        name = recorded_name(repo, settings)
        with records(settings) as store:
            base: SideAssessment | None = None
            for run in store.runs(repository=name, limit=_LOOKED_AT):
                attempt = run.attempts[-1] if run.attempts else None
                if base is None and run.state is RunState.DECIDED and attempt is not None:
                    side = store.decision(attempt.ref).base
                    base = side if side is not None and side.incomplete_reason is None else None
        if base is None:
            raise BadRequest(f"no gate of {name} has a complete base yet; gate a change first", subject="--repo")
        tests = sum(base.counts.values())
        _print(
            [
                f"# The base has {tests} tests.",
                "[policy]",
                f"min_tests = {int(tests * _SHARE)}",
                "max_new_skips = 0",
            ]
        )
    return 0


def _print(lines: list[str]) -> None:
    with delivering():
        out = console(sys.stdout, color=process_settings().color)
        for line in lines:
            out.print(Text(line))
