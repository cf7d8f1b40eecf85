"""In what a session departs from running the tests of its tree as they stand there, as the recorder names it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from autopack_model.suite_run.value import BindingState, DeviationKind
from tests.recorder.recorded import Recorded, every_python, need, record

K = DeviationKind
TESTS = "import shop\ndef test_total(): assert shop.total([1, 2]) == 3\n"
SHOP = "def total(parts): return sum(parts)\n"
UNITTEST = """
import unittest
import shop
class TestShop(unittest.TestCase):
    def test_total(self): self.assertEqual(shop.total([1, 2]), 3)
"""

DEPARTING: Mapping[str, tuple[dict[str, str], set[tuple[DeviationKind, str, str]]]] = {
    "a module of the standard library": (
        {"statistics.py": "def mean(values): return 1\n", "shop.py": "import statistics\n" + SHOP},
        {(K.SHADOWING, "statistics", "statistics.py")},
    ),
    "a module of a distribution": (
        {"structlog.py": "", "shop.py": "import structlog\n" + SHOP},
        {(K.SHADOWING, "structlog", "structlog.py")},
    ),
    "another copy of the project": (
        {
            "test_shop.py": "",
            "shop.py": "",
            "shop/__init__.py": SHOP,
            "tests/shop/__init__.py": SHOP,
            "tests/test_copy.py": TESTS,
        },
        {(K.SHADOWING, "shop", "tests/shop/__init__.py")},
    ),
    "the project patches pytest": (
        {"shop.py": f"from _pytest.python import Function\nFunction.runtest = lambda self: None\n{SHOP}"},
        {(K.REPLACED_FRAMEWORK, "_pytest.python.Function.runtest", "shop.py")},
    ),
    "the project patches how a report is made": (
        {
            "shop.py": "from _pytest.reports import TestReport\nreal = TestReport.from_item_and_call.__func__\n"
            f"TestReport.from_item_and_call = classmethod(lambda *given: real(*given))\n{SHOP}"
        },
        {(K.REPLACED_FRAMEWORK, "_pytest.reports.TestReport.from_item_and_call", "shop.py")},
    ),
    "the project patches with code of no file": (
        {
            "shop.py": "from _pytest import runner\nspace = {}\n"
            f"exec('def check_interactive_exception(call, report): return False', space)\n"
            f"runner.check_interactive_exception = space['check_interactive_exception']\n{SHOP}"
        },
        {(K.REPLACED_FRAMEWORK, "_pytest.runner.check_interactive_exception", "")},
    ),
    "the project patches unittest": (
        {
            "shop.py": f"import unittest\nunittest.TestCase.assertEqual = lambda *given: None\n{SHOP}",
            "test_shop.py": UNITTEST,
        },
        {(K.REPLACED_FRAMEWORK, "unittest.case.TestCase.assertEqual", "shop.py")},
    ),
    "the project patches a built-in function": (
        {"shop.py": f"import builtins\nreal = builtins.sum\nbuiltins.sum = lambda values: real(values)\n{SHOP}"},
        {(K.REPLACED_FRAMEWORK, "builtins.sum", "shop.py")},
    ),
    "the project patches the recorder": (
        {
            "shop.py": "import sys\nours = sys.modules['autopack_recorder.executions']\n"
            f"real = ours.Executions.take\nours.Executions.take = lambda *given: real(*given)\n{SHOP}"
        },
        {(K.REPLACED_FRAMEWORK, "autopack_recorder.executions.Executions.take", "shop.py")},
    ),
    "the project hooks into imports": (
        {
            "shop.py": "import sys\nclass Finder:\n    @staticmethod\n    def find_spec(*given): return None\n"
            f"sys.meta_path.insert(0, Finder)\n{SHOP}"
        },
        {(K.IMPORT_HOOK, "shop.Finder", "shop.py")},
    ),
    "a test leaves another function behind": (
        {"test_a.py": "import shop\ndef test_it():\n    def total(parts): return 3\n    shop.total = total\n"},
        {(K.REPLACED_CODE, "shop.total", "test_a.py")},
    ),
    "a test leaves another method behind": (
        {
            "shop.py": f"class Cart:\n    def size(self): return 1\n{SHOP}",
            "test_a.py": "import shop\ndef test_it(): shop.Cart.size = lambda self: 2\n",
        },
        {(K.REPLACED_CODE, "shop.Cart.size", "test_a.py")},
    ),
    "a test leaves a mock behind": (
        {"test_a.py": "import shop\nfrom unittest import mock\ndef test_it(): shop.other = mock.Mock()\n"},
        {(K.REPLACED_CODE, "shop.other", "")},
    ),
    "a test function of another file": (
        {"support.py": "def test_total(): pass\n", "test_shop.py": f"{TESTS}from support import *\n"},
        {(K.FOREIGN_TEST, "test_shop.py::test_total", "support.py")},
    ),
    "a method from another file": (
        {
            "support.py": "def easy(self): pass\n",
            "test_shop.py": f"{UNITTEST}from support import easy\nTestShop.test_total = easy\n",
        },
        {(K.FOREIGN_TEST, "test_shop.py::TestShop::test_total", "support.py")},
    ),
    "a module over a folder of tests": (
        {
            "tests/aid.py": "def right(a): assert a == 3\n",
            "tests.py": "import sys, types\naid = types.ModuleType('tests.aid')\naid.right = print\n"
            "sys.modules['tests.aid'] = aid\n__path__ = []\n",
            "tests/test_aid.py": "import shop\nfrom tests.aid import right\ndef test_it(): right(shop.total([1]))\n",
        },
        {(K.SEVERAL_SOURCES, "tests::tests", "tests.py"), (K.SEVERAL_SOURCES, "tests/aid.py::tests.aid", "")},
    ),
    "a package over a folder of tests": (
        {
            "pytest.ini": "[pytest]\npythonpath = src .\n",
            "tests/aid.py": "def right(a): assert a == 3\n",
            "src/tests/__init__.py": "",
            "src/tests/aid.py": "def right(a): pass\n",
            "tests/test_aid.py": "import shop\nfrom tests.aid import right\ndef test_it(): right(shop.total([1]))\n",
        },
        {
            (K.SEVERAL_SOURCES, "tests::tests", "src/tests/__init__.py"),
            (K.SEVERAL_SOURCES, "tests/aid.py::tests.aid", "src/tests/aid.py"),
        },
    ),
    "a module over a package": (
        {
            "pytest.ini": "[pytest]\npythonpath = first .\n",
            "shop.py": "",
            "shop/__init__.py": SHOP,
            "first/shop.py": SHOP,
        },
        {
            (K.SEVERAL_SOURCES, "first/shop.py::shop", "shop/__init__.py"),
            (K.SEVERAL_SOURCES, "shop.py::shop", "shop/__init__.py"),
        },
    ),
    "a module that the project makes up": (
        {
            "shop.py": f"import sys, types\nsys.modules['aid'] = types.ModuleType('aid')\n{SHOP}",
            "aid.py": "def right(a): assert a == 3\n",
        },
        {(K.SEVERAL_SOURCES, "aid.py::aid", "")},
    ),
    "a module of a folder that was on the path for a while": (
        {
            "shop.py": f"import sys\nsys.path[:0] = ['fake']\nimport aid\nsys.path.remove('fake')\n"
            f"sys.path[:] = [each for each in sys.path if not each.endswith('project')]\n{SHOP}",
            "aid.py": "def right(a): assert a == 3\n",
            "fake/aid.py": "def right(a): pass\n",
        },
        {(K.SEVERAL_SOURCES, "aid.py::aid", "fake/aid.py")},
    ),
    "an item that another one swaps": (
        {
            "shop.py": f"def easy(): pass\n{SHOP}",
            "test_shop.py": "import shop\ndef test_a(request): request.session.items[1].obj = shop.easy\n"
            "def test_total(): assert shop.total([1, 2]) == 3\n",
        },
        {(K.SWAPPED_TEST, "test_shop.py::test_total", "shop.py")},
    ),
    "an item that does not run": (
        {
            "shop.py": f"def easy(): pass\n{SHOP}",
            "test_shop.py": "import shop\ndef test_a(request): request.session.items[1].runtest = shop.easy\n"
            "def test_total(): assert shop.total([1, 2]) == 3\n",
        },
        {(K.SWAPPED_TEST, "test_shop.py::test_total", "shop.py")},
    ),
}

PLAIN: Mapping[str, dict[str, str]] = {
    "a suite": {},
    "patches that are undone": {
        "test_a.py": """
            import builtins, unittest
            from unittest import mock
            import pytest, shop
            from _pytest.python import Function
            def test_a(monkeypatch):
                monkeypatch.setattr(shop, "total", lambda parts: 3)
                monkeypatch.setattr(builtins, "sum", lambda values: 3)
                monkeypatch.setattr(Function, "runtest", lambda self: None)
            @mock.patch("shop.total")
            def test_b(total): shop.total()
        """
    },
    "inherited tests": {
        "support.py": "class Common:\n    def test_common(self): pass\n",
        "test_a.py": "from support import Common\nclass TestA(Common):\n    def test_own(self): pass\n",
    },
    "decorated tests": {
        "support.py": "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def run(*a, **k): f(*a, **k)\n"
        "    return run\n",
        "test_a.py": "from support import twice\n@twice\ndef test_it(): pass\n",
    },
    "a namespace package": {"space/part.py": "", "test_a.py": "import space.part\ndef test_it(): pass\n"},
    "a namespace of two folders": {
        "pytest.ini": "[pytest]\npythonpath = src .\n",
        "src/space/one.py": "",
        "space/two.py": "",
        "test_a.py": "import space.one, space.two\ndef test_it(): pass\n",
    },
    "a module that puts another object into its place": {
        "lazy.py": "import sys\nclass Lazy:\n    def __getattr__(self, name): return name\n"
        "sys.modules[__name__] = Lazy()\n",
        "test_a.py": "import lazy\ndef test_it(): assert lazy.name == 'name'\n",
    },
    "a conftest.py in each folder": {
        **{f"{folder}conftest.py": "" for folder in ("", "a/", "b/")},
        **{f"{folder}/test_{folder}.py": "def test_it(): pass\n" for folder in "ab"},
    },
    "a src layout": {
        "src/lib/__init__.py": "",
        "pytest.ini": "[pytest]\npythonpath = src\n",
        "test_a.py": "import lib\ndef test_it(): pass\n",
    },
    "doctests": {
        "shop.py": f'"""\n>>> total([1])\n1\n"""\n{SHOP}',
        "pytest.ini": "[pytest]\naddopts=--doctest-modules\n",
    },
    "a package of tests with the name of one of the standard library": {
        "test/__init__.py": "",
        "test/test_b.py": "def test_it(): pass\n",
    },
    "properties": {
        "test_a.py": "from hypothesis import given, strategies as st\n@given(st.integers())\ndef test_it(n): pass\n"
    },
    "subtests and setUpClass": {
        "test_a.py": """
            import unittest
            class TestA(unittest.TestCase):
                @classmethod
                def setUpClass(cls): cls.value = 1
                def test_it(self):
                    with self.subTest(n=1): self.assertTrue(self.value)
        """
    },
}


def deviations(got: Recorded) -> set[tuple[DeviationKind, str, str]]:
    """Those that are not about what is installed."""
    found = got.recording.binding.deviations
    return {(each.kind, each.subject, each.path) for each in found if each.kind is not K.INSTALLED_PLUGIN}


@every_python
@pytest.mark.parametrize("name", DEPARTING)
def test_a_departure_is_named(tmp_path: Path, python: str, name: str) -> None:
    """What stands in the place of something else is named with the file behind it."""
    files, expected = DEPARTING[name]
    need(python, *(["structlog"] if "structlog.py" in files else []))
    got = record(tmp_path, python=python, files={"shop.py": SHOP, "test_shop.py": TESTS} | files)
    assert BindingState.BOUND is got.recording.binding.state, got.output
    assert expected <= deviations(got), got.output


@every_python
@pytest.mark.parametrize("name", PLAIN)
def test_what_honest_suites_do_is_no_departure(tmp_path: Path, python: str, name: str) -> None:
    """Undone patches, inherited and decorated tests, namespaces and plugins of distributions are nobody's fault."""
    need(python, *(["hypothesis"] if name == "properties" else []))
    got = record(tmp_path, python=python, files={"shop.py": SHOP, "test_shop.py": TESTS} | PLAIN[name])
    assert (0, set()) == (got.exit_code, deviations(got)), got.output


@every_python
def test_workers_tell_what_departs_in_them(tmp_path: Path, python: str) -> None:
    """Under pytest-xdist the tests run in workers, and their findings come together."""
    need(python, "xdist")
    files, expected = DEPARTING["the project patches pytest"]
    more, shadow = DEPARTING["a module of the standard library"]
    files = {"shop.py": more["shop.py"] + files["shop.py"], "statistics.py": more["statistics.py"]}
    got = record(tmp_path, "-n2", python=python, files={"test_shop.py": TESTS} | files)
    assert expected | shadow == deviations(got), got.output


@every_python
@pytest.mark.parametrize("arguments", [[], ["-n2"]])
def test_a_module_of_the_recorders_name_does_not_win(tmp_path: Path, python: str, arguments: list[str]) -> None:
    """The recorder is loaded from its own place; a module of its name at the root is never imported."""
    need(python, *(["xdist"] if arguments else []))
    files = {"autopack_recorder.py": "raise SystemExit('taken')\n", "shop.py": SHOP, "test_shop.py": TESTS}
    got = record(tmp_path, *arguments, python=python, files=files)
    assert {"test_shop.py::test_total": "passed"} == got.states, got.output


@every_python
def test_a_module_that_pytest_needs_is_seen_as_without_the_recorder(tmp_path: Path, python: str) -> None:
    """A project that holds a module that pytest itself imports gets its own one, and that is named."""
    source = "import os\nexec(open(os.path.join(os.path.dirname(os.__file__), 'shlex.py')).read())\nOWN = True\n"
    files = {"shlex.py": source, "test_it.py": "import shlex\ndef test_it(): assert shlex.OWN\n"}
    got = record(tmp_path, python=python, files=files)
    assert {"test_it.py::test_it": "passed"} == got.states, got.output
    assert (K.SHADOWING, "shlex", "shlex.py") in deviations(got)


@every_python
def test_tests_outside_of_the_tree_are_named(tmp_path: Path, python: str) -> None:
    """A test file that is a link out of the tree is no file of the tree."""
    (tmp_path / "project").mkdir()
    (tmp_path / "test_far.py").write_text("def test_it(): pass\n")
    (tmp_path / "project" / "test_near.py").symlink_to(tmp_path / "test_far.py")
    got = record(tmp_path, python=python)
    assert {(K.FOREIGN_TEST, "test_near.py", "")} == deviations(got)


@every_python
def test_files_of_plugins_are_named(tmp_path: Path, python: str) -> None:
    """Each file of the tree from which pytest loaded a plugin is named where it lies, through links too."""
    files = {
        "support/fixtures.py": "",
        "named.py": "",
        "listed.py": "",
        "shop.py": SHOP,
        "tests/test_shop.py": f"pytest_plugins = ['listed']\n{TESTS}",
        "pytest.ini": "[pytest]\naddopts = -p named\n",
    }
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "conftest.py").symlink_to("support/fixtures.py")
    got = record(tmp_path, python=python, files=files)
    assert ("listed.py", "named.py", "support/fixtures.py") == got.recording.binding.plugins, got.output


@every_python
def test_a_failure_that_a_plugin_takes_is_recorded(tmp_path: Path, python: str) -> None:
    """A hook that empties what was raised, or turns the report, hides no failure."""
    files = {
        "conftest.py": """
            import pytest
            @pytest.hookimpl(hookwrapper=True)
            def pytest_runtest_makereport(item, call):
                if item.name == "test_a":
                    call.excinfo = None
                outcome = yield
                outcome.get_result().outcome = "passed"
        """,
        "test_it.py": "def test_a(): assert 0\ndef test_b(): assert 0\n",
    }
    got = record(tmp_path, python=python, files=files)
    assert {"test_it.py::test_a": "flaky", "test_it.py::test_b": "flaky"} == got.states, got.output


CODE_OF_TESTS: Mapping[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "imported tests": (
        {"support.py": "def test_total(): pass\n", "test_a.py": "from support import *\n"},
        ("support.py",),
    ),
    "inherited tests": (PLAIN["inherited tests"], ("support.py",)),
    "decorated tests": (PLAIN["decorated tests"], ()),
    "tests of unittest": (
        {
            "lib/__init__.py": "",
            "lib/contract.py": "class Contract:\n    def test_common(self): self.assertTrue(1)\n",
            "test_a.py": "import unittest\nfrom lib.contract import Contract\n"
            "class TestA(Contract, unittest.TestCase): pass\n",
        },
        ("lib/contract.py",),
    ),
    "parametrized tests": (
        {
            "support.py": "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_n(n): pass\n",
            "test_a.py": "from support import test_n\n",
        },
        ("support.py",),
    ),
}


@every_python
@pytest.mark.parametrize("arguments", [[], ["-n2"]])
@pytest.mark.parametrize("name", CODE_OF_TESTS)
def test_files_with_the_code_of_tests_are_named(tmp_path: Path, python: str, name: str, arguments: list[str]) -> None:
    """A file that holds the code of a test is named where the id of the test names another one."""
    need(python, *(["xdist"] if arguments else []))
    files, expected = CODE_OF_TESTS[name]
    got = record(tmp_path, *arguments, python=python, files={"shop.py": SHOP, "test_shop.py": TESTS} | files)
    assert (0, expected) == (got.exit_code, got.recording.test_code), got.output


@every_python
def test_the_target_of_a_link_to_tests_is_named(tmp_path: Path, python: str) -> None:
    """Where a test module is a link, the file that it leads to holds the code of its tests."""
    (tmp_path / "project" / "tests").mkdir(parents=True)
    (tmp_path / "project" / "tests" / "test_shop.py").symlink_to("../shared/checks.py")
    got = record(tmp_path, python=python, files={"shop.py": SHOP, "shared/checks.py": TESTS})
    assert ({"tests/test_shop.py::test_total": "passed"}, ("shared/checks.py",)) == (
        got.states,
        got.recording.test_code,
    )
