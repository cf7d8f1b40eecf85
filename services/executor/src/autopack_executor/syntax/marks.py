"""What new decorators, marks and calls do to a test: skip it, repeat it, or run something else in its place."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.checks import body_of
from autopack_executor.syntax.found import Found, dotted, header, last_name, shown, text_of
from autopack_executor.syntax.plain import plain
from autopack_executor.syntax.versions import FunctionNode, Version
from autopack_model.finding.value import FindingRule

_MUTING = frozenset({"skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure", "importorskip", "skipTest"})
_REPEATING = frozenset({"flaky", "rerun", "reruns", "retry", "repeat_on_failure"})
_HARMLESS = frozenset(
    {
        *("parametrize", "usefixtures", "fixture", "given", "example", "settings", "seed", "reproduce_failure"),
        *("staticmethod", "classmethod", "override", "no_type_check", "filterwarnings", "wraps"),
        *("asyncio", "anyio", "trio", "freeze_time", "tag", "override_settings"),
    }
)
_PATCHING = frozenset({"patch", "object", "multiple", "dict"})


def mark_changes(test: str, before: Version, after: Version, decorators: Mapping[str, FunctionNode]) -> Iterator[Found]:
    """What new marks and decorators of a test and of its class do. ``decorators`` are the functions of the changed
    files by name.
    """
    old = Counter(text_of(each) for each in before.decorators)
    for node in after.decorators:
        text = text_of(node)
        if old[text] > 0:
            old[text] -= 1
            continue
        rule = _rule(node, before, decorators)
        if rule is not None:
            yield Found(rule=rule, line=node.lineno, test=test, before=header(before.node), after=shown(f"@{text}"))
    yield from _muting_calls(test, before, after)
    yield from _parameter_marks(test, before, after)
    yield from settings_changes(test, before, after)


def _rule(node: ast.expr, before: Version, decorators: Mapping[str, FunctionNode]) -> FindingRule | None:
    name, whole = last_name(node), dotted(node)
    if name in _MUTING:
        return FindingRule.MUTE_ADDED
    if name in _REPEATING:
        return FindingRule.RETRY_ADDED
    if name == "timeout":
        old = {last_name(each): each for each in before.decorators}.get(name)
        return FindingRule.TIMEOUT_ADDED if old is None or _numbers(node) > _numbers(old) else None
    if name in _HARMLESS or ".mark." in f".{whole}":
        return None
    if "patch" in whole.split(".") or name in {"patch"}:
        return FindingRule.UNIT_REPLACED if _replaces(node, before) else None
    definition = decorators.get(name)
    if definition is not None and _swallows(definition):
        return FindingRule.EXCEPTION_SWALLOWED
    return FindingRule.DECORATOR_ADDED


def _numbers(node: ast.expr) -> list[float]:
    return [
        float(each.value)
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, (int, float))
    ]


def _swallows(decorator: FunctionNode) -> bool:
    """Whether a function inside of the decorator catches what the decorated one raises."""
    return any(
        body_of(each, {}, frozenset(), method=False).swallowers
        for each in ast.walk(decorator)
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def _muting_calls(test: str, before: Version, after: Version) -> Iterator[Found]:
    old = Counter(last_name(each) for each in _calls(before.node))
    for call in _calls(after.node):
        name = last_name(call)
        muting = name in {"skipTest", "importorskip"} or dotted(call) in {
            "pytest.skip",
            "pytest.xfail",
            "unittest.SkipTest",
        }
        if muting and old[name] < 1:
            yield Found(
                rule=FindingRule.MUTE_ADDED, line=call.lineno, test=test, before=header(before.node), after=shown(call)
            )


def _calls(node: FunctionNode) -> Iterator[ast.Call]:
    return (each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Call))


def _parameter_marks(test: str, before: Version, after: Version) -> Iterator[Found]:
    """Marks of single parameters that mute them."""
    old = Counter(last_name(each) for each in _marks(before.node))
    for mark in _marks(after.node):
        if last_name(mark) in _MUTING and old[last_name(mark)] < 1:
            yield Found(
                rule=FindingRule.MUTE_ADDED, line=mark.lineno, test=test, before=header(before.node), after=shown(mark)
            )


def _marks(node: FunctionNode) -> Iterator[ast.expr]:
    for decorator in node.decorator_list:
        for each in ast.walk(decorator):
            if isinstance(each, ast.keyword) and each.arg == "marks":
                yield from each.value.elts if isinstance(each.value, (ast.List, ast.Tuple)) else [each.value]


def settings_changes(test: str, before: Version, after: Version) -> Iterator[Found]:
    """Settings of hypothesis that try less: on the function, or in calls of ``register_profile`` in a module."""
    was, now = _settings(before), _settings(after)
    for node in now:
        same = text_of(node) in {text_of(each) for each in was}
        if not same and _tries_less(was[0] if was else None, node):
            before_text = shown(was[0]) if was else header(before.node)
            yield Found(
                rule=FindingRule.EXAMPLES_REDUCED, line=node.lineno, test=test, before=before_text, after=shown(node)
            )


def _settings(version: Version) -> "list[ast.Call]":
    return [
        written
        for each in version.decorators
        if isinstance(each, ast.Call) and last_name(each) == "settings"
        for written in [plain(each, version.module.constants)]
        if isinstance(written, ast.Call)
    ]


_DEFAULT_EXAMPLES = 100.0


def _tries_less(before: ast.Call | None, after: ast.Call) -> bool:
    old, new = _given(before), _given(after)
    fewer = _examples(new) < _examples(old)
    weaker = {"suppress_health_check", "phases"} & {name for name in new if new[name] != old.get(name)}
    return fewer or bool(weaker)


def _given(call: ast.Call | None) -> dict[str, str]:
    return {} if call is None else {each.arg: text_of(each.value) for each in call.keywords if each.arg}


def _examples(given: Mapping[str, str]) -> float:
    text = given.get("max_examples", "")
    return float(text) if text.isdigit() else _DEFAULT_EXAMPLES


def profile_changes(before: ast.Module, after: ast.Module) -> Iterator[Found]:
    """Profiles of hypothesis in a module that try less than before."""
    old = {_profile(each): each for each in _profiles(before)}
    for call in _profiles(after):
        was = old.get(_profile(call))
        if was is not None and text_of(was) != text_of(call) and _tries_less(was, call):
            yield Found(rule=FindingRule.EXAMPLES_REDUCED, line=call.lineno, before=shown(was), after=shown(call))


def _profiles(module: ast.Module) -> Iterator[ast.Call]:
    return (
        each
        for each in ast.walk(module)
        if isinstance(each, ast.Call) and last_name(each) == "register_profile" and each.args
    )


def _profile(call: ast.Call) -> str:
    return text_of(call.args[0])


def _replaces(node: ast.expr, before: Version) -> bool:
    """Whether what is patched is called in a check of the test."""
    return bool(patched(node) & called_in_checks(before))


def patched(node: ast.AST) -> frozenset[str]:
    """The last names of what the call of a patch replaces."""
    names = set()
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or (last_name(call) not in {*_PATCHING, "setattr", "replace"}):
            continue
        texts = [each.value for each in call.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        names |= {text.rpartition(".")[2] for text in texts}
    return frozenset(names)


def called_in_checks(version: Version) -> frozenset[str]:
    """The names of the functions whose results the checks of a test look at."""
    return frozenset(
        last_name(each)
        for check in version.body.checks
        for each in ast.walk(check.test)
        if isinstance(each, ast.Call) and not last_name(each).startswith("assert")
    )
