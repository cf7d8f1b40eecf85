"""The terms of a decision: what it is derived from besides evidence and changed files."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from autopack_model.errors import InvalidValue
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.value import Policy
from autopack_model.policy.waiver import MAX_WAIVERS, Waiver
from autopack_model.text import check_count, check_text

MAX_SOURCE: Final = 4096
DEFAULT_SOURCE: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The ``policy``, the ``waivers`` in their order (``Waiver.sort_key``), and the ``day`` (UTC) on which waivers are
    looked at. ``source`` is how messages call the file of the policy.

    The digests of a decision cover policy and waivers; the day only counts where it makes a waiver expire.
    """

    policy: Policy
    waivers: tuple[Waiver, ...]
    day: date
    source: str = DEFAULT_SOURCE

    def __post_init__(self) -> None:
        check_count(self.waivers, "terms.waivers", most=MAX_WAIVERS)
        keys = [waiver.sort_key for waiver in self.waivers]
        if keys != sorted(set(keys)):
            raise InvalidValue("terms.waivers", "must be strictly ascending")
        check_text(self.source, "terms.source", least=1, most=MAX_SOURCE)


def default_terms(day: date) -> Terms:
    """The default policy, without waivers."""
    return Terms(policy=DEFAULT_POLICY, waivers=(), day=day)
