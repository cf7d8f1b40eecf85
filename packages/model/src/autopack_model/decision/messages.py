"""What every reason says of a case: the sentences that are made from the words of its rule.

They are part of each decision's digest: another word is another decision.
"""

import re
from collections.abc import Sequence

from autopack_model.decision.delta import Category as C
from autopack_model.decision.rules import CATEGORIES, CAUSES, CONDITIONS, FINDINGS
from autopack_model.decision.value import Condition, Incomplete
from autopack_model.finding.value import FindingRule as F
from autopack_model.identity.value import Side

_SHOWN_CAUSES = 3
_MISSING_MODULE = re.compile(r"No module named '([^']+)'")


def category_message(category: C, n: int) -> str:
    """The message of a reason with ``n`` subjects of ``category``."""
    return _counted(CATEGORIES[category].message, n)


def condition_message(condition: Condition, n: int = 0) -> str:
    """The message of a suite condition; ``n`` counts the files that it concerns, or the tests of the side with any."""
    return _counted(CONDITIONS[condition].message, n)


def finding_message(finding: F, n: int) -> str:
    """The message of a reason for ``n`` findings of one rule."""
    return _counted(FINDINGS[finding].message, n)


def findings_incomplete_message(problem: str) -> str:
    """The message of FINDINGS_INCOMPLETE for what could not be taken in."""
    return f"{CONDITIONS[Condition.FINDINGS_INCOMPLETE].message}: {problem}"


def persistent_error_message(message: str, causes: Sequence[str], errors_on_base: int, mended: int) -> str:
    """The ``message`` of PERSISTENT_COLLECTION_ERROR with the ``causes`` and what to do about them.

    Where errors only became fewer, that stands first: ``mended`` of the ``errors_on_base`` are gone.
    """
    fewer = f"head mends {mended} of the {errors_on_base} collection errors of base; " if mended else ""
    shown = "; ".join(causes[:_SHOWN_CAUSES]) + (
        _counted("; and {n} more (cause|causes)", len(causes) - _SHOWN_CAUSES) if len(causes) > _SHOWN_CAUSES else ""
    )
    modules = sorted({found[1].partition(".")[0] for cause in causes if (found := _MISSING_MODULE.search(cause))})
    cure = f"install what provides {', '.join(modules)}" if modules else "install what is missing"
    return (
        f"{fewer}{message}{f' ({shown})' if shown else ''}, so what the tests in it show is unknown; {cure} in the "
        "environment of both sides (--setup), or leave it out (--ignore)"
    )


def nothing_selected_message(selection: Sequence[str]) -> str:
    """The message of NOTHING_SELECTED where ``selection`` narrows the suite down; where it is empty, a hook does."""
    return f"no test on either side is selected by {_shown(selection) or 'what deselects tests'}; correct the selection"


def left_out_message(
    selection: Sequence[str], counted: Sequence[tuple[Side, int, int]], uncounted: Sequence[str]
) -> str:
    """The message of TESTS_LEFT_OUT. ``counted`` holds each side with the number of tests that ``selection``, or a hook
    where it is empty, left out, and of those that it was given; ``uncounted`` are the parts of ``selection`` that keep
    pytest from collecting tests.
    """
    counts = " and ".join(
        _counted(f"{left_out} of {{n}} (test|tests) on {side.label}", collected)
        for side, left_out, collected in counted
    )
    if not counts:
        return f"what {_shown(selection)} leaves out was not collected, and is not counted"
    besides = f", besides what {_shown(uncounted)} leaves out" if uncounted else ""
    return f"{_shown(selection) or 'a hook'} left out {counts}{besides}, so nothing is known of these"


def harmless_message(count: int) -> str:
    """What is said of protected files that base's tests, run without the change to them, prove harmless."""
    return _counted(
        "{n} (file|files) that can alter how the change is tested (was|were) touched; base's tests say the same "
        "without (it|them)",
        count,
    )


def following_message(count: int) -> str:
    """What is said of protected files that differ only in names that the product has under other ones now."""
    return _counted(
        "{n} (file|files) that can alter how the change is tested (follows|follow) names that the change moved, and "
        "(says|say) the same otherwise",
        count,
    )


def unmeasured_beside_tests_message(n: int) -> str:
    """The message of UNMEASURED_CHANGE beside a suite that has tests."""
    return _counted("the change touches {n} (file|files) of code that pytest does not run", n)


def base_repaired_message(code: Incomplete, *, exit_code: int | None, bad_tests: int, collection_errors: int) -> str:
    """The message of BASE_REPAIRED: how base ended, and what is bad on a head that is judged alone."""
    ended = incomplete_message(code, exit_code=exit_code, signal=None)
    tests = _counted("{n} failing or flaky (test|tests)", bad_tests)
    errors = _counted("{n} collection (error|errors)", collection_errors)
    alone = f"head has {tests} and {errors}" if bad_tests or collection_errors else "nothing fails on head"
    return f"{ended}, and that of head ran to its end; judged alone, {alone}"


def no_baseline_message(bad_tests: int, collection_errors: int) -> str:
    """The message of NO_BASELINE_BAD_TESTS where head has either."""
    tests = _counted("{n} failing or flaky (test|tests)", bad_tests)
    return (
        f"there is no baseline, and head has {tests} and {_counted('{n} collection (error|errors)', collection_errors)}"
    )


def too_few_tests_message(tests: int, least: int) -> str:
    """The message of TOO_FEW_TESTS where head has ``tests``, and the policy wants ``least``."""
    return f"{_counted('head has {n} (test|tests)', tests)}, and the policy wants at least {least}"


def too_many_skips_message(skips: int, most: int) -> str:
    """The message of TOO_MANY_SKIPS where ``skips`` are new, and the policy allows ``most``."""
    muted = _counted("{n} (test is|tests are) newly skipped or expected to fail on head", skips)
    return f"{muted}, and the policy allows {most}"


def lingering_message(sides: Sequence[str]) -> str:
    """The message of LINGERING_PROCESS for the labels of the sides that lingered, at least one."""
    runs = "suite run" if len(sides) == 1 else "suite runs"
    return (
        f"the {' and '.join(sides)} {runs} reported everything and did not exit, and had to be ended; look for a "
        "thread that is not a daemon, or an exit handler that waits"
    )


def incomplete_message(code: Incomplete, *, exit_code: int | None, signal: int | None) -> str:
    """The message of a suite run that ended so and proves nothing."""
    return f"the {code.side.label} suite run {CAUSES[code.reason].message.format(exit_code=exit_code, signal=signal)}"


def _shown(selection: Sequence[str]) -> str:
    return ", ".join(selection[:_SHOWN_CAUSES]) + (", ..." if len(selection) > _SHOWN_CAUSES else "")


def _counted(message: str, n: int) -> str:
    """The ``message`` for ``n`` subjects."""
    return re.sub(r"\(([^()|]+)\|([^()|]+)\)", r"\1" if n == 1 else r"\2", message).format(n=n)
