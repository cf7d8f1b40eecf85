"""The likely cause of what a suite run does not show, told from what pytest really prints."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from autopack_cli.explaining.causes import likely_cause
from tests.fakes.evidence import make_evidence

PASSING = "def test_it():\n    pass\n"
PLUGIN_THAT_CANNOT_BE_LOADED = {
    "plugins/odd-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: odd\nVersion: 1\n",
    "plugins/odd-1.dist-info/entry_points.txt": "[pytest11]\nodd = odd\n",
    "plugins/odd.py": "import nowhere\n",
}

# name: files, arguments, what the cause and the cure say
CASES: Mapping[str, tuple[Mapping[str, str], tuple[str, ...], str, str]] = {
    "option_of_a_plugin": (
        {"pytest.ini": "[pytest]\naddopts = --cov=acme --cov-report=xml\n"},
        (),
        "no installed plugin of pytest has the option that is given: --cov=acme --cov-report=xml",
        "-m pip install pytest-cov'",
    ),
    "options_of_two_plugins": ({}, ("--ds=settings", "--mypy"), "--ds=settings --mypy", "pytest-django pytest-mypy'"),
    "option_of_nobody": ({}, ("--frobnicate",), "--frobnicate", "correct the option"),
    "value_of_an_option": ({}, ("--maxfail", "few"), "argument --maxfail: invalid int value", "correct it"),
    "expression": ({}, ("-k", "one and"), "the expression behind -k is wrong", "correct the expression"),
    "required_plugin": (
        {"pytest.ini": "[pytest]\nrequired_plugins = pytest-django>=4\n"},
        (),
        "the project requires plugins that are missing: pytest-django>=4",
        "pip install 'pytest-django>=4''",
    ),
    "minimal_version": (
        {"pytest.ini": "[pytest]\nminversion = 99\n"},
        (),
        "the project requires pytest 99",
        "pip install 'pytest>=99''",
    ),
    "named_plugin": ({}, ("-p", "nowhere"), "the plugin nowhere cannot be imported", "pip install nowhere'"),
    "installed_plugin": (
        PLUGIN_THAT_CANNOT_BE_LOADED,
        (),
        "an installed plugin of pytest imports nowhere, which is missing",
        "pip install nowhere'",
    ),
    "setting_of_a_plugin": (
        {"pytest.ini": "[pytest]\nasyncio_mode = auto\naddopts = --strict-config\n"},
        (),
        "no installed plugin of pytest has the setting asyncio_mode",
        "pip install pytest-asyncio'",
    ),
    "configuration": (
        {"pyproject.toml": "[tool.pytest.ini_options\n"},
        (),
        "the configuration pyproject.toml cannot be read: ",
        "correct the file",
    ),
    "missing_path": ({}, ("nowhere.py",), "the arguments name nowhere.py, which this side does not have", "both sides"),
    "missing_test": ({}, ("test_it.py::test_other",), "the arguments name test_it.py::test_other", "both sides"),
    "conftest_that_imports": (
        {"conftest.py": "import yaml_of_nobody\n"},
        (),
        "conftest.py imports yaml_of_nobody, which is missing",
        "pip install yaml_of_nobody'",
    ),
    "conftest_that_fails": (
        {"conftest.py": "1 / 0\n"},
        (),
        "conftest.py fails while it is imported: ZeroDivisionError: division by zero",
        "correct it",
    ),
    "conftest_that_cannot_be_read": (
        {"conftest.py": "def (\n"},
        (),
        "conftest.py fails while it is imported: SyntaxError: invalid syntax",
        "correct it",
    ),
    "hook": (
        {"conftest.py": "def pytest_collection_modifyitems():\n    raise RuntimeError('no licence')\n"},
        (),
        "a hook or plugin failed with RuntimeError: no licence at conftest.py, line 2",
        "-p no:NAME",
    ),
    "hook_that_imports": (
        {"conftest.py": "def pytest_collection_modifyitems():\n    import nowhere\n"},
        (),
        "a hook or plugin imports nowhere, which is missing",
        "pip install nowhere'",
    ),
    "module_that_exits": (
        {"test_exit.py": "import sys\nsys.exit(0)\n"},
        (),
        "test_exit.py calls sys.exit at line 2",
        "__main__",
    ),
    "exit_of_pytest": (
        {"test_exit.py": "import pytest\ndef test_b():\n    pytest.exit('no database')\n"},
        (),
        "something called pytest.exit: no database",
        "give the suite what it asks for",
    ),
    "keyboard_interrupt": (
        {"test_stop.py": "def test_b():\n    raise KeyboardInterrupt\n"},
        (),
        "KeyboardInterrupt was raised at test_stop.py:2",
        "raise something else",
    ),
    "end_of_the_process": (
        {"test_end.py": "import os\ndef test_b():\n    os._exit(0)\n"},
        (),
        "something ended the process in test_end.py::test_b without a word to pytest",
        "alone",
    ),
    "crash_of_the_interpreter": (
        {"test_crash.py": "import ctypes\ndef test_b():\n    ctypes.string_at(0)\n"},
        (),
        "the interpreter crashed in compiled code",
        "compiled modules",
    ),
    "workers_that_differ": (
        {
            "test_it.py": "import pytest, uuid\n@pytest.mark.parametrize('a', [str(uuid.uuid4())])\n"
            "def test_it(a):\n    pass\n"
        },
        ("-n", "2"),
        "the processes of pytest-xdist collected different tests",
        "no sets, addresses, random values",
    ),
    "workers_that_crash": (
        {
            "test_it.py": "import os, pytest\n@pytest.mark.parametrize('a', range(3))\n"
            "def test_it(a):\n    os._exit(3)\n"
        },
        ("-n", "1", "--max-worker-restart=1"),
        "the processes of the tests crashed again and again",
        "look at the tests",
    ),
    "time_of_a_plugin": (
        {"test_slow.py": "import time\ndef test_b():\n    time.sleep(60)\n"},
        ("--timeout=0.2", "--timeout-method=thread"),
        "pytest-timeout ended the process",
        "--timeout-method=signal",
    ),
    "files_that_are_open": (
        {"conftest.py": "import errno\ndef pytest_sessionfinish():\n    raise OSError(24, 'Too many open files')\n"},
        (),
        "the suite opened more files than it may",
        "ulimit -n",
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_output_of_pytest_tells_the_cause(tmp_path: Path, name: str) -> None:
    """What pytest prints when it cannot run a suite is understood, and answered with what to do."""
    files, arguments, what, cure = CASES[name]
    for path, content in {"test_it.py": PASSING, **dict(files)}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "PYTHON"))}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(tmp_path / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    evidence = make_evidence(
        exit_code=None if ended.returncode < 0 else ended.returncode,
        signal=-ended.returncode if ended.returncode < 0 else None,
        session_started=ended.returncode not in (3, 4),
        session_finished=name != "end_of_the_process",
        running=("test_end.py::test_b",) if name == "end_of_the_process" else (),
        output_tail=ended.stdout[-8192:],
        tree_path=str(tmp_path),
    )

    cause = likely_cause(evidence.suite_run)

    assert cause is not None, ended.stdout
    assert what in cause.what, cause
    assert cure in cause.cure, cause
