"""What an edit took from a test function: both versions of it, compared check by check."""

import ast
from collections import Counter
from collections.abc import Iterator

from autopack_executor.syntax.checks import Body, Check
from autopack_executor.syntax.followed_names import only_renames
from autopack_executor.syntax.found import Found, dotted, header, last_name, shown, text_of
from autopack_executor.syntax.modules import Function, first_parameter
from autopack_executor.syntax.moved_checks import MovedChecks
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.plain import skeleton
from autopack_executor.syntax.raised import is_asserted, is_told
from autopack_executor.syntax.strength import EQUAL, rank, shares, subjects, weakening
from autopack_executor.syntax.versions import FunctionNode, ModuleVersion, Version, is_generator
from autopack_model.finding.value import FindingRule


def constant_changes(before: ModuleVersion, after: ModuleVersion) -> Iterator[Found]:
    """The literals of a test module that have another value: once each, however many tests use them."""
    olds, news = before.constants, after.constants
    for name in sorted(olds.keys() & news.keys()):
        old, new = olds[name], news[name]
        if ast.dump(old) != ast.dump(new):
            yield Found(
                rule=FindingRule.INPUT_CHANGED,
                line=new.lineno,
                before=shown(f"{name} = {text_of(old)}"),
                after=shown(f"{name} = {text_of(new)}"),
            )


def changes(test: str, before: Version, after: Version, moved: MovedChecks, moves: ProductMoves) -> Iterator[Found]:
    """What the edit of a test function weakened. ``test`` is its name; functions that say the same give nothing.
    Checks that other tests make now have ``moved``; what it replaces may have another name in the product, which is
    ``moves``.
    """
    # What a constant of the module is now is told once, not for each test that uses it.
    old, new = before.body, after.body_beside(before)
    yield from _never_runs(test, before, after, old, new)
    yield from _swallowed(test, old, new)
    yield from _checks(test, old, new, after.node, moved)
    yield from _inputs(test, old, new, moves)
    yield from _loops(test, old, new)


def _checks(test: str, old: Body, new: Body, node: FunctionNode, moved: MovedChecks) -> Iterator[Found]:
    pairs, olds, news = _twins(old.checks, new.checks)
    for first, second in pairs:
        yield from _reached(test, first, second)
    lost = []
    for first in olds:
        looked_at = frozenset(subjects(first.test))
        likeness = [_likeness(first, looked_at, each) for each in news]
        if not any(likeness):
            lost.append(first)
            continue
        partner = news.pop(likeness.index(max(likeness)))
        rule = weakening(first, partner)
        if rule is not None and not (first.expects and is_asserted(first, partner, new.checks)):
            yield _found(rule, test, partner.line, first.node, partner.node)
        yield from _reached(test, first, partner)
    elsewhere = [each for each in lost if is_told(each, old.checks, new.checks) or (test and moved.took(each))]
    yield from _gone(test, [each for each in lost if each not in elsewhere], news, node)


def _twins(olds: list[Check], news: list[Check]) -> tuple[list[tuple[Check, Check]], list[Check], list[Check]]:
    """The pairs of checks that say the same, and what of each side has no partner."""
    waiting: dict[str, list[Check]] = {}
    for second in reversed(news):
        waiting.setdefault(second.key, []).append(second)
    pairs, lost = [], []
    for first in olds:
        if waiting.get(first.key):
            pairs.append((first, waiting[first.key].pop()))
        else:
            lost.append(first)
    left = {id(each) for listed in waiting.values() for each in listed}
    return pairs, lost, [each for each in news if id(each) in left]


_ANYWHERE = frozenset({"len", "sorted", "list", "set", "str", "sum", "tuple", "dict", "isinstance", "any", "all"})


def _gone(test: str, lost: list[Check], news: list[Check], node: FunctionNode) -> Iterator[Found]:
    """The assertions that no other one of the function took the place of."""
    real = [each for each in news if not each.vacuous]
    vacuous = [each for each in news if each.vacuous]
    merged = [each for each in real if each.opaque or rank(each.test) >= EQUAL]
    for first in lost:
        if first.vacuous:
            continue
        if vacuous:
            second = vacuous.pop(0)
            yield _found(FindingRule.ASSERTION_VACUOUS, test, second.line, first.node, second.node)
        elif real:
            real.pop(0)  # written anew: whether it asserts as much is nothing that can be seen
        elif not any(shares(first.test, each.test) for each in merged):
            yield _found(FindingRule.ASSERTION_REMOVED, test, node.lineno, first.node, None)


def _likeness(first: Check, looked_at: frozenset[str], second: Check) -> int:
    """How likely ``second`` took the place of ``first``, which looks at these texts; 0 where nothing speaks for it."""
    if first.expects != second.expects:
        return 0
    if first.expects:
        return 3
    if first.form == second.form:
        return 5
    shared = not looked_at.isdisjoint(second.within)
    if second.vacuous or second.opaque or first.opaque:
        return 3 if shared else 0
    if shared:
        return 4
    return 2 if (first.calls & second.calls) - _ANYWHERE else 0


def _reached(test: str, first: Check, second: Check) -> Iterator[Found]:
    """An assertion that is as it was may be reached more seldom."""
    before, after = first.conditions, second.conditions
    if after.dead and not before.dead:
        yield _found(FindingRule.ASSERTION_UNREACHED, test, second.line, first.node, second.node)
        return
    new = list((Counter(after.under) - Counter(before.under)).elements())
    if new and len(after.under) > len(before.under):
        text = f"under {new[0]}: {shown(second.node)}"
        yield Found(
            rule=FindingRule.ASSERTION_CONDITIONAL,
            line=second.line,
            test=test,
            before=shown(first.node),
            after=shown(text),
        )


def _swallowed(test: str, old: Body, new: Body) -> Iterator[Found]:
    texts = Counter(each.text for each in old.swallowers)
    known = {text_of(each.node) for each in old.checks} | {text_of(node) for node, _ in old.others}
    known_calls = {text_of(written) for _, written in old.others} | {each.key for each in old.checks}
    for swallower in new.swallowers:
        if texts[swallower.text] > 0:
            texts[swallower.text] -= 1
            continue
        inside = [node for statement in swallower.body for node in ast.walk(statement) if isinstance(node, ast.stmt)]
        checks = any(isinstance(each, ast.Assert) for each in inside)
        if checks or any(text_of(each) in known or text_of(each) in known_calls for each in inside):
            yield Found(
                rule=FindingRule.EXCEPTION_SWALLOWED,
                line=swallower.node.lineno,
                test=test,
                before=shown(swallower.body),
                after=shown(swallower.node),
            )


def _never_runs(test: str, before: Version, after: Version, old: Body, new: Body) -> Iterator[Found]:
    """The function became a generator, or its checks stand in one, or in a coroutine, that nothing runs."""
    named = after.node.name.lower().startswith("test")
    became = is_generator(after.node) and not is_generator(before.node)
    if named and became and not any(last_name(each) == "fixture" for each in after.node.decorator_list):
        yield _found(FindingRule.BODY_NEVER_RUNS, test, after.node.lineno, header(before.node), shown(after.node))
    asynchronous = isinstance(after.node, ast.AsyncFunctionDef) and isinstance(before.node, ast.FunctionDef)
    bases = {last_name(each) for each in after.holder.bases} if after.holder is not None else set()
    if named and asynchronous and "TestCase" in bases:
        yield _found(FindingRule.BODY_NEVER_RUNS, test, after.node.lineno, header(before.node), header(after.node))
    known = {text_of(node) for node, _ in old.others} | {text_of(each.node) for each in old.checks}
    calls = [node for node, _ in new.others] + [each.node for each in new.checks if each.opaque]
    for node in calls:
        match node:
            case ast.Expr(value=ast.Call() as call) if text_of(node) not in known:
                lazy = _lazy(call.func, after)
                if lazy is not None:
                    first = old.checks[0].node if old.checks else None
                    text = f"{header(lazy)}\n{text_of(node)}"
                    yield _found(FindingRule.BODY_NEVER_RUNS, test, node.lineno, first, text)
    used = {each.id for each in ast.walk(after.node) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(after.node) if isinstance(each, ast.Attribute)
    }
    outer = {each.key for each in old.checks if not each.conditions.inner}
    for check in new.checks:
        if check.key in outer and any(name not in used for name in check.conditions.inner):
            yield _found(
                FindingRule.BODY_NEVER_RUNS,
                test,
                check.line,
                check.node,
                f"in {check.conditions.inner[-1]}, which is not called",
            )


def _lazy(called: ast.expr, version: Version) -> FunctionNode | None:
    """The function that a call calls, where that is known and the call alone runs nothing of it; otherwise None. It is
    a function of the module by its name, or a member of the test's class through the first parameter of the test. A
    fixture cannot be called, so that it is something else.
    """
    module, own = version.module, version.holder and first_parameter(version.node)
    match called:
        case ast.Name(id=name) if name in module.lazy:
            found = module.no_members
        case ast.Attribute(value=ast.Name(id=first), attr=name) if name in module.lazy and first in (own, "cls"):
            found = list(_members(version.holder, module))
        case _:
            return None
    named = (each for each in found if isinstance(each, Function) and each.name == name)
    lazy = (each for each in named if isinstance(each, ast.AsyncFunctionDef) or is_generator(each))
    return next((each for each in lazy if not _is_fixture(each, module)), None)


def _members(holder: ast.ClassDef | None, module: ModuleVersion) -> Iterator[ast.stmt]:
    """The statements of a class, and of those of its base classes that stand in its module."""
    waiting, seen = [holder] if holder is not None else [], set()
    while waiting:
        each = waiting.pop()
        if each.name not in seen:
            seen.add(each.name)
            yield from each.body
            bases = {last_name(base) for base in each.bases}
            waiting += [node for node in module.tree.body if isinstance(node, ast.ClassDef) and node.name in bases]


def _is_fixture(node: FunctionNode, module: ModuleVersion) -> bool:
    """Whether a decorator of pytest, or of a plugin that is called after it, makes it a fixture."""
    names = {name for name, root in module.imports if root.startswith("pytest")}
    return any(last_name(each) == "fixture" and dotted(each).partition(".")[0] in names for each in node.decorator_list)


def _inputs(test: str, old: Body, new: Body, moves: ProductMoves) -> Iterator[Found]:
    """Statements that check nothing, and differ in constants only. Those that a check shows already are left out."""
    shown_by_checks = {text for each in new.checks for text in each.within}
    texts = Counter(text_of(written) for _, written in new.others)
    gone = []
    for node, written in old.others:
        text = text_of(written)
        if texts[text] > 0:
            texts[text] -= 1
        else:
            gone.append((node, written))
    fresh: dict[str, list[tuple[ast.stmt, ast.expr]]] = {}
    for node, written in reversed(new.others):
        if texts[text_of(written)] > 0:
            fresh.setdefault(skeleton(written), []).append((node, written))
    for node, written in gone:
        alike = fresh.get(skeleton(written))
        if not alike or not any(isinstance(each, ast.Call) for each in ast.walk(written)):
            continue
        second, now = alike.pop()
        if text_of(now) not in shown_by_checks and not only_renames(written, now, moves):
            yield _found(FindingRule.INPUT_CHANGED, test, second.lineno, node, second)


def _loops(test: str, old: Body, new: Body) -> Iterator[Found]:
    """A loop over a written list that became shorter."""
    targets = {
        text_of(loop.target): written for loop, written in old.loops if isinstance(written, (ast.List, ast.Tuple))
    }
    for loop, written in new.loops:
        before = targets.get(text_of(loop.target))
        if not isinstance(before, (ast.List, ast.Tuple)) or not isinstance(written, (ast.List, ast.Tuple)):
            continue
        was, now = [Counter(map(text_of, each.elts)) for each in (before, written)]
        if was - now:
            rule = (
                FindingRule.PARAMETERS_REMOVED
                if len(written.elts) < len(before.elts)
                else FindingRule.PARAMETER_CHANGED
            )
            yield _found(rule, test, loop.lineno, before, written)


def _found(
    rule: FindingRule, test: str, line: int, before: "ast.AST | str | None", after: "ast.AST | str | None"
) -> Found:
    return Found(rule=rule, line=line, test=test, before=shown(before), after=shown(after))
