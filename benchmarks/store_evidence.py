"""Evidence of large suites: ids, durations and failures as real suites have them, the same in every run."""

import hashlib
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from autopack_model.evidence.outcome import Stage, TestDetail, TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence

_WORDS = """
account address amount archive audit balance batch booking branch budget cache cart catalog channel charge checkout
client cluster code column comment commit config contract country coupon credit cursor customer dataset date debit
decimal default delivery device digest discount document domain draft driver email encoding endpoint entry error
event export factory feature field file filter folder format frame gateway graph group handler header history hook
image import index invoice item job journal key label ledger limit link listing loader locale lock login logger
mapping matrix member merge message method metric migration model module network node notice number option order
output owner package page parser password path payment payload period permission plan plugin point policy pool port
price process product profile project promise proxy query queue quota range rate reader receipt record refund region
registry release report request resource response result retry review role route row rule sample schedule schema
scope search section segment sender sequence series server session setting shape shipment signal slice slot source
stage state statement status storage stream string subject summary supplier symbol table target task tax template
tenant thread ticket timer token topic total trace transfer tree trigger type unit update upload user value vendor
version view voucher wallet webhook widget window worker writer zone
""".split()  # noqa: SIM905 - as prose it is shorter
_VERBS = """
accepts adds applies closes converts counts drops fails finds handles ignores keeps parses raises reads refuses
rejects removes renders returns rounds saves sends skips sorts splits stores updates uses validates writes
""".split()  # noqa: SIM905 - as prose it is shorter
_VALUES = (
    "None",
    "True",
    "False",
    "utf-8",
    "latin-1",
    "EUR",
    "USD",
    "JPY",
    "0",
    "1",
    "-1",
    "2.5",
    "1e-09",
    "empty",
    "long",
)
_SKIPS = (
    "requires a network",
    "needs a GPU",
    "only on Windows",
    "needs libxml2 2.12",
    "slow; use --runslow",
    "no display",
)


def make_ids(count: int, seed: int = 0) -> TestIds:
    """``count`` ids: modules in folders, classes, functions, of which a half has parameters.

    There are eight tests to a function, an id has 95 characters, and zstd makes 6.5 bytes of it at level 3. The 356,000
    tests of pandas, NumPy and SciPy have 7, 99 and 5.1.
    """
    rng = random.Random(seed)
    found: set[str] = set()
    for module in _modules(rng):
        found.update(islice(_tests(rng, module), count - len(found)))
        if len(found) == count:
            return TestIds.of(sorted(found))
    raise AssertionError("the modules never end")


def _modules(rng: random.Random) -> Iterator[str]:
    number = 0
    while True:
        folder = "/".join(["tests", rng.choice(("unit", "integration", "regression")), *rng.sample(_WORDS, 2)])
        for _ in range(rng.randint(4, 30)):
            number += 1
            # Some names occur in several folders, and none twice in one.
            yield f"{folder}/test_{rng.choice(_WORDS)}_{rng.choice(_WORDS)}{number % 10}.py"


def _tests(rng: random.Random, module: str) -> Iterator[str]:
    for _ in range(rng.randint(1, 5)):
        scope = f"{module}::Test{rng.choice(_WORDS).title()}" if rng.random() < 0.6 else module
        for _ in range(rng.randint(2, 14)):
            name = f"{scope}::test_{rng.choice(_WORDS)}_{rng.choice(_VERBS)}_{rng.choice(_WORDS)}"
            if rng.random() < 0.5:
                yield name
                continue
            first, second = rng.sample(_VALUES, rng.randint(1, 5)), rng.sample(_VALUES, rng.randint(2, 8))
            yield from (f"{name}[{one}-{other}]" for one in first for other in second)


def suite(ids: TestIds, *, seed: int, share: float = 0.01, likely: Sequence[int] = ()) -> Evidence:
    """Evidence of a suite run over ``ids`` in which about a ``share`` of the tests did not pass; those at ``likely``
    fail in half of all suite runs. Another ``seed`` gives other outcomes and durations.
    """
    rng = random.Random(seed)
    count = len(ids)
    states = bytearray([TestState.PASSED]) * count
    for index in rng.sample(range(count), round(count * share)):
        states[index] = rng.choices(_STATES, _WEIGHTS)[0]
    for index in likely:
        if rng.random() < 0.5:
            states[index] = TestState.FAILED
    some = [min(int(rng.lognormvariate(1.0, 1.4)), 600_000) for _ in range(4096)]
    durations = array("I", rng.choices(some, k=count))
    passing = make_evidence({"tests/test_it.py::test_it": TestState.FAILED})
    recorder = replace(passing.suite_run.recorder, collected=count, reported=count)
    details = tuple(
        _detail(rng, index, TestState(state)) for index, state in enumerate(states) if state != TestState.PASSED
    )
    return Evidence(
        suite_run=replace(passing.suite_run, recorder=recorder),
        test_ids=ids,
        states=bytes(states),
        durations=durations.tobytes(),
        reruns=b"",
        details=details,
    )


_STATES = (TestState.SKIPPED, TestState.XFAILED, TestState.FAILED, TestState.ERRORED)
_WEIGHTS = (60, 15, 20, 5)


def _detail(rng: random.Random, index: int, state: TestState) -> TestDetail:
    if state is TestState.SKIPPED or state is TestState.XFAILED:
        return TestDetail(
            index=index,
            stage=Stage.SETUP,
            message=f"Skipped: {rng.choice(_SKIPS)}",
            signature="",
            executions=1,
            muted_subtests=(),
        )
    word, line, left, right = rng.choice(_WORDS), rng.randint(8, 900), rng.randint(0, 9999), rng.randint(0, 9999)
    message = (
        f"AssertionError: assert {left} == {right}\n"
        f" +  where {left} = {word}.total\n"
        f" +    where {word} = make_{word}(amount={right})\n"
        f"src/shop/{word}.py:{line}: AssertionError"
    )
    signature = hashlib.sha256(f"{word}:{line}".encode()).hexdigest()[:16]
    return TestDetail(
        index=index, stage=Stage.CALL, message=message, signature=signature, executions=1, muted_subtests=()
    )
