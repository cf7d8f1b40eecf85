"""What an edit took from a test function: both versions of it, compared check by check."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.checks import Body, Check, body_of, checking_functions
from autopack_executor.syntax.found import Found, header, last_name, shown
from autopack_executor.syntax.plain import constants_of, locals_of, skeleton
from autopack_executor.syntax.strength import EQUAL, is_vacuous, rank, shares, weakening
from autopack_model.finding.value import FindingRule

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a function with its module and, if there is one, its class."""

    node: FunctionNode
    module: ast.Module
    holder: ast.ClassDef | None

    def values(self, constants: Mapping[str, ast.expr] | None = None) -> Mapping[str, ast.expr]:
        """What the names in it stand for; the ``constants`` of the module are others where they are given."""
        known = constants_of(self.module.body) if constants is None else constants
        hidden = {each.arg for each in ast.walk(self.node.args) if isinstance(each, ast.arg)}
        return {name: each for name, each in known.items() if name not in hidden} | locals_of(self.node)

    def body(self, constants: Mapping[str, ast.expr] | None = None) -> Body:
        """What it does."""
        checking = checking_functions(self.module) - {self.node.name}
        return body_of(self.node, self.values(constants), checking, method=self.holder is not None)


def constant_changes(before: ast.Module, after: ast.Module) -> Iterator[Found]:
    """The literals of a test module that have another value: once each, however many tests use them."""
    olds, news = constants_of(before.body), constants_of(after.body)
    for name in olds.keys() & news.keys():
        old, new = olds[name], news[name]
        if ast.dump(old) != ast.dump(new):
            yield Found(
                rule=FindingRule.INPUT_CHANGED,
                line=new.lineno,
                before=shown(f"{name} = {ast.unparse(old)}"),
                after=shown(f"{name} = {ast.unparse(new)}"),
            )


def changes(test: str, before: Version, after: Version) -> Iterator[Found]:
    """What the edit of a test function weakened. ``test`` is its name; functions that say the same give nothing."""
    olds = constants_of(before.module.body)
    # What a constant of the module is now is told once, not for each test that uses it.
    old, new = before.body(olds), after.body(constants_of(after.module.body) | olds)
    yield from _never_runs(test, before, after, old, new)
    yield from _swallowed(test, old, new)
    yield from _checks(test, old, new, after.node)
    yield from _inputs(test, old, new)
    yield from _loops(test, old, new)


def _checks(test: str, old: Body, new: Body, node: FunctionNode) -> Iterator[Found]:
    olds, news = list(old.checks), list(new.checks)
    pairs: list[tuple[Check, Check]] = []
    for first in old.checks:
        twin = next((each for each in news if each.key == first.key), None)
        if twin is not None:
            pairs.append((first, twin))
            olds.remove(first)
            news.remove(twin)
    for first, second in pairs:
        yield from _reached(test, first, second)
    lost = []
    for first in olds:
        partner = max(news, key=lambda each, first=first: _likeness(first, each), default=None)  # type: ignore[misc]
        if partner is None or not _likeness(first, partner):
            lost.append(first)
            continue
        news.remove(partner)
        rule = weakening(first, partner)
        if rule is not None:
            yield _found(rule, test, partner.line, first.node, partner.node)
        yield from _reached(test, first, partner)
    yield from _gone(test, lost, news, node)


_ANYWHERE = frozenset({"len", "sorted", "list", "set", "str", "sum", "tuple", "dict", "isinstance", "any", "all"})


def _gone(test: str, lost: list[Check], news: list[Check], node: FunctionNode) -> Iterator[Found]:
    """The assertions that no other one of the function took the place of."""
    real = [each for each in news if not is_vacuous(each.test)]
    vacuous = [each for each in news if is_vacuous(each.test)]
    merged = [each for each in real if each.opaque or rank(each.test) >= EQUAL]
    for first in lost:
        if is_vacuous(first.test):
            continue
        if vacuous:
            second = vacuous.pop(0)
            yield _found(FindingRule.ASSERTION_VACUOUS, test, second.line, first.node, second.node)
        elif real:
            real.pop(0)  # written anew: whether it asserts as much is nothing that can be seen
        elif not any(shares(first.test, each.test) for each in merged):
            yield _found(FindingRule.ASSERTION_REMOVED, test, node.lineno, first.node, None)


def _likeness(first: Check, second: Check) -> int:
    """How likely ``second`` took the place of ``first``; 0 where nothing speaks for it."""
    if first.expects != second.expects:
        return 0
    if first.expects:
        return 3
    same = skeleton(first.test) == skeleton(second.test)
    if same:
        return 5
    if is_vacuous(second.test) or second.opaque or first.opaque:
        return 3 if shares(first.test, second.test) else 0
    if shares(first.test, second.test):
        return 4
    called = {last_name(each) for each in ast.walk(first.test) if isinstance(each, ast.Call)}
    calls = {last_name(each) for each in ast.walk(second.test) if isinstance(each, ast.Call)}
    return 2 if (called & calls) - _ANYWHERE else 0


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
    known = {ast.unparse(each.node) for each in old.checks} | {ast.unparse(node) for node, _ in old.others}
    known_calls = {ast.unparse(written) for _, written in old.others} | {each.key for each in old.checks}
    for swallower in new.swallowers:
        if texts[swallower.text] > 0:
            texts[swallower.text] -= 1
            continue
        inside = [node for statement in swallower.body for node in ast.walk(statement) if isinstance(node, ast.stmt)]
        checks = any(isinstance(each, ast.Assert) for each in inside)
        if checks or any(ast.unparse(each) in known or ast.unparse(each) in known_calls for each in inside):
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
    lazy = {
        each.name: each
        for each in ast.walk(after.module)
        if isinstance(each, ast.AsyncFunctionDef) or (isinstance(each, ast.FunctionDef) and is_generator(each))
    }
    known = {ast.unparse(node) for node, _ in old.others} | {ast.unparse(each.node) for each in old.checks}
    calls = [node for node, _ in new.others] + [each.node for each in new.checks if each.opaque]
    for node in calls:
        match node:
            case ast.Expr(value=ast.Call() as call) if last_name(call) in lazy and ast.unparse(node) not in known:
                first = old.checks[0].node if old.checks else None
                text = f"{header(lazy[last_name(call)])}\n{ast.unparse(node)}"
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


def is_generator(node: FunctionNode) -> bool:
    """Whether calling the function runs nothing of it yet: it holds a ``yield`` of its own."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(each)
    return False


def _inputs(test: str, old: Body, new: Body) -> Iterator[Found]:
    """Statements that check nothing, and differ in constants only. Those that a check shows already are left out."""
    shown_by_checks = {text for each in new.checks for text in subjects_of(each)}
    texts = Counter(ast.unparse(written) for _, written in new.others)
    gone = []
    for node, written in old.others:
        text = ast.unparse(written)
        if texts[text] > 0:
            texts[text] -= 1
        else:
            gone.append((node, written))
    fresh = [(node, written) for node, written in new.others if texts[ast.unparse(written)] > 0]
    for node, written in gone:
        form = skeleton(written)
        found = next((each for each in fresh if skeleton(each[1]) == form), None)
        if found is None or not any(isinstance(each, ast.Call) for each in ast.walk(written)):
            continue
        fresh.remove(found)
        if ast.unparse(found[1]) not in shown_by_checks:
            yield _found(FindingRule.INPUT_CHANGED, test, found[0].lineno, node, found[0])


def subjects_of(check: Check) -> Iterator[str]:
    """The texts of the expressions in a check."""
    return (ast.unparse(each) for each in ast.walk(check.test) if isinstance(each, ast.expr))


def _loops(test: str, old: Body, new: Body) -> Iterator[Found]:
    """A loop over a written list that became shorter."""
    targets = {
        ast.unparse(loop.target): written for loop, written in old.loops if isinstance(written, (ast.List, ast.Tuple))
    }
    for loop, written in new.loops:
        before = targets.get(ast.unparse(loop.target))
        if not isinstance(before, (ast.List, ast.Tuple)) or not isinstance(written, (ast.List, ast.Tuple)):
            continue
        was, now = [Counter(map(ast.unparse, each.elts)) for each in (before, written)]
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
