"""``autopack waive``: the entry for a waiver of what stands in the way of a run, and a decision under it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from rich.text import Text

from autopack_cli.commands.standing import standing_decision
from autopack_cli.config import Addresses, CommandSettings, login_name, process_settings, wall_clock_ms
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.moment import read_expiry
from autopack_cli.render.console import VERDICT_STYLES, console
from autopack_cli.session import gatekeeper_session
from autopack_model.decision.value import Decision, Effect, Incomplete, Verdict
from autopack_model.errors import BadRequest
from autopack_model.identity.value import check_run_id
from autopack_model.policy.text import waiver_text
from autopack_model.policy.waiver import Waiver, is_waivable
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveOptions:
    """The options as they were given. ``category`` is None for every code that stands in the way, ``write`` for the
    standard output, ``name`` for the user who is logged in.
    """

    run_id: str
    subjects: str
    category: str | None
    reason: str
    approver: str
    expires: str
    now: bool
    name: str | None
    write: Path | None
    addresses: Addresses


def run_waive(options: WaiveOptions) -> int:
    """Print or write the entries, and with ``now`` decide the run anew; returns 0, or then the exit code of what
    stands.
    """
    with reporting_errors():
        settings = process_settings().reaching(options.addresses, role=Role.CLIENT)
        check_run_id(options.run_id)
        today = datetime.fromtimestamp(wall_clock_ms() / 1000, tz=UTC).date()
        expires = read_expiry(options.expires, "--expires", today=today)
        verdict: Verdict | None = None
        with gatekeeper_session(settings, Role.CLIENT) as (store, gatekeeper):
            attempt, standing = standing_decision(store.run(options.run_id))
            decision = store.decision(attempt.ref, standing.number)
            waivers = tuple(_waivers(decision, options, expires))
            if options.now:
                name = options.name or login_name()
                _, verdict = gatekeeper.decide_anew(attempt.ref, waivers, today, name)
        with delivering():
            _deliver(waivers, options, settings, verdict)
    return 0 if verdict is None else verdict.exit_code


def _waivers(decision: Decision, options: WaiveOptions, expires: date) -> Iterator[Waiver]:
    """A waiver for each code that stands in the way and has a subject that the pattern matches. Raises BadRequest."""
    strong = [reason for reason in decision.reasons if reason.effect > Effect.WARN]
    chosen = [reason for reason in strong if options.category in (None, reason.code.label)]
    found = False
    for reason in chosen:
        if isinstance(reason.code, Incomplete) or not (options.category or is_waivable(reason.code)):
            continue
        waiver = Waiver(
            code=reason.code,
            subjects=options.subjects,
            reason=options.reason,
            approver=options.approver,
            expires=expires,
        )
        if any(map(waiver.matches, reason.subjects or ("",))):
            found = True
            yield waiver
    if not found:
        codes = ", ".join(reason.code.label for reason in strong) or "nothing"
        raise BadRequest(
            f"--subjects {options.subjects!r}: matches nothing that stands in the way of run {options.run_id} ({codes}"
            f"); 'autopack explain {options.run_id}' lists the subjects",
            subject="--subjects",
        )


def _deliver(
    waivers: tuple[Waiver, ...], options: WaiveOptions, settings: CommandSettings, verdict: Verdict | None
) -> None:
    entries = "\n".join(map(waiver_text, waivers))
    out = console(sys.stdout, color=settings.color)
    if options.write is None:
        out.print(Text(entries.rstrip("\n")))
    else:
        _append(options.write, entries)
        out.print(Text(f"written to {options.write}; commit it to the base, and it holds for the next gates"))
    if verdict is not None:
        style = VERDICT_STYLES[verdict]
        out.print(Text(verdict.name, style=style), Text(f"run {options.run_id}, decided anew under this waiver"))


def _append(path: Path, entries: str) -> None:
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        path.write_text(f"{before}{gap}{entries}", encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"--write {path}: cannot be written: {error}", subject="--write") from error
