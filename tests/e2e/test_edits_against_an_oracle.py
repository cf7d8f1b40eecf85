"""Random edits of product and tests, judged beside an oracle that runs base's test functions itself."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from autopack_clients.report import FullReport
from autopack_model.decision.value import Effect, Verdict
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.policy.default import DEFAULT_POLICY
from tests.builders import GitSandbox
from tests.e2e.gating import Gates
from tests.e2e.oracle.claims import FORBIDDING, Claim, claims
from tests.e2e.oracle.combinations import Combination, all_combinations
from tests.e2e.oracle.shares import Shares, owner, said_of

COMMON = {
    "conftest.py": "",
    "shop/__init__.py": "",
    "tests/test_steady.py": "def test_steady():\n    assert True\n",
}

# Nothing blocks, so that the cross side is run whatever the other combinations of a gate do. Each of them is decided
# under the default policy afterwards.
LENIENT = "[policy.effects]\n" + "".join(
    f'{category.label} = "review"\n' for category, effect in DEFAULT_POLICY.categories.items() if effect is Effect.BLOCK
)


@cache
def claimed() -> tuple[tuple[Combination, Claim], ...]:
    """All combinations with what the oracle claims of them."""
    combinations = all_combinations()
    return tuple(zip(combinations, claims(combinations), strict=True))


def test_no_edit_makes_the_gate_contradict_the_oracle(tmp_path: Path, gates: Gates) -> None:
    """A combination that hides a failure of base's tests is not allowed, and one that changes and breaks none of them
    is.
    """
    # A failure that the candidate's own tests show is run again many times, which takes long, and hides nothing.
    combinations = [each for each in claimed() if each[1] is not Claim.VISIBLE]

    gated = gate(gates, tmp_path, [combination for combination, _ in combinations], LENIENT)

    assert [] == list(contradictions(gated, combinations))


def test_a_share_of_a_gate_says_what_a_gate_alone_says(tmp_path: Path, gates: Gates) -> None:
    """Of two combinations that were gated together, each gets the verdict and the reasons that it gets alone."""
    found = dict[Claim, Combination]((claim, combination) for combination, claim in claimed())
    chosen = [found[Claim.HIDDEN], found[Claim.GREEN_BY_EDIT]]
    shares = Shares(gate(gates, tmp_path / "together", chosen, LENIENT))

    alone = [gate(gates, tmp_path / each.module, [each], "").report.decision for each in chosen]

    together = [shares.decision(each.module) for each in chosen]
    assert [said_of(each) for each in alone if each is not None] == [said_of(each) for each in together]


def test_the_oracle_has_something_to_say() -> None:
    """Each claim is made of at least ten combinations, so that none is tested in vain."""
    found = [claim for _, claim in claimed()]

    assert [] == [claim for claim in Claim if found.count(claim) < 10]


def gate(gates: Gates, folder: Path, combinations: Sequence[Combination], policy: str) -> FullReport:
    """Gate all ``combinations`` at once."""
    sandbox = GitSandbox(folder)
    files = dict(COMMON) | {"autopack.toml": policy}
    sandbox.commit(files | {path: text for each in combinations for path, text in each.base_files.items()})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    for path in {path for each in combinations for path in each.base_files.keys() - each.head_files.keys()}:
        (folder / path).unlink()
    sandbox.commit({path: text for each in combinations for path, text in each.head_files.items()})
    return gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))


def contradictions(gated: FullReport, combinations: Sequence[tuple[Combination, Claim]]) -> Iterator[str]:
    """Where verdict and claim contradict each other, in words."""
    whole = gated.report.decision
    assert whole is not None
    named = {owner(subject) for each in whole.reasons if each.effect >= Effect.REVIEW for subject in each.subjects}
    shares = Shares(gated)
    for combination, claim in combinations:
        decision = shares.decision(combination.module)
        allowed = decision.verdict is Verdict.ALLOW
        if (claim in FORBIDDING and allowed) or (claim is Claim.HONEST and not allowed):
            yield f"{combination}\n{claim.name}: {said_of(decision)}"
        if claim in FORBIDDING and combination.module not in named:
            yield f"{combination}\n{claim.name}: no reason of the whole gate names it"
