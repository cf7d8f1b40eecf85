"""Which database stands behind a service, and whether two services look at the same one."""

from dataclasses import dataclass

DATABASE_KEY = "autopack-database"
"""The metadata entry in which the answer of a health check says the database's identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSeen:
    """What ``service`` at ``address`` said of its database: the identity, None when it said nothing."""

    service: str
    address: str
    identity: str | None

    def __str__(self) -> str:
        said = "does not say which database it uses" if self.identity is None else f"uses database {self.identity}"
        return f"the {self.service} at {self.address} {said}"


def database_mismatch(first: DatabaseSeen, second: DatabaseSeen) -> str | None:
    """Why these two may not work together; None when both said the same identity. Unknown is not the same."""
    if first.identity is not None and first.identity == second.identity:
        return None
    advice = (
        "the one that does not say it cannot reach its database now, or is too old to say it"
        if first.identity is None or second.identity is None
        else "give both the same store"
    )
    return f"{first}, {second}; {advice}"
