"""Which distribution has what a suite asks for: options and settings of pytest's plugins, and modules whose
distribution has another name.
"""

import re
from typing import Final

# By the beginning of an option's name; the longest that fits stands.
_OF_OPTION: Final = {
    "-n": "pytest-xdist",
    "--allure": "allure-pytest",
    "--alluredir": "allure-pytest",
    "--asyncio": "pytest-asyncio",
    "--base-url": "pytest-base-url",
    "--benchmark": "pytest-benchmark",
    "--block-network": "pytest-recording",
    "--browser": "pytest-playwright",
    "--codspeed": "pytest-codspeed",
    "--count": "pytest-repeat",
    "--cov": "pytest-cov",
    "--create-db": "pytest-django",
    "--dc": "pytest-django",
    "--disable-socket": "pytest-socket",
    "--dist": "pytest-xdist",
    "--doctest-plus": "pytest-doctestplus",
    "--doctest-rst": "pytest-doctestplus",
    "--driver": "pytest-selenium",
    "--ds": "pytest-django",
    "--flake8": "pytest-flake8",
    "--force-flaky": "flaky",
    "--forked": "pytest-forked",
    "--headed": "pytest-playwright",
    "--html": "pytest-html",
    "--hypothesis": "hypothesis",
    "--inline-snapshot": "inline-snapshot",
    "--instafail": "pytest-instafail",
    "--isort": "pytest-isort",
    "--json-report": "pytest-json-report",
    "--max-runs": "flaky",
    "--max-worker-restart": "pytest-xdist",
    "--maxprocesses": "pytest-xdist",
    "--memray": "pytest-memray",
    "--migrations": "pytest-django",
    "--min-passes": "flaky",
    "--mpl": "pytest-mpl",
    "--mypy": "pytest-mypy",
    "--nbmake": "nbmake",
    "--nbval": "nbval",
    "--no-cov": "pytest-cov",
    "--no-flaky-report": "flaky",
    "--no-migrations": "pytest-django",
    "--nomigrations": "pytest-django",
    "--numprocesses": "pytest-xdist",
    "--only-rerun": "pytest-rerunfailures",
    "--order": "pytest-order",
    "--picked": "pytest-picked",
    "--pylint": "pytest-pylint",
    "--qt": "pytest-qt",
    "--random-order": "pytest-random-order",
    "--randomly": "pytest-randomly",
    "--record-mode": "pytest-recording",
    "--reruns": "pytest-rerunfailures",
    "--retries": "pytest-retry",
    "--reuse-db": "pytest-django",
    "--ruff": "pytest-ruff",
    "--snapshot-update": "syrupy",
    "--splits": "pytest-split",
    "--store-durations": "pytest-split",
    "--testmon": "pytest-testmon",
    "--timeout": "pytest-timeout",
    "--typeguard-packages": "typeguard",
    "--vcr-record": "pytest-vcr",
    "--xvfb": "pytest-xvfb",
}
_OF_SETTING: Final = {
    "DJANGO_SETTINGS_MODULE": "pytest-django",
    "FAIL_INVALID_TEMPLATE_VARS": "pytest-django",
    "asyncio_default_fixture_loop_scope": "pytest-asyncio",
    "asyncio_default_test_loop_scope": "pytest-asyncio",
    "asyncio_mode": "pytest-asyncio",
    "django_find_project": "pytest-django",
    "doctest_plus": "pytest-doctestplus",
    "env": "pytest-env",
    "env_files": "pytest-dotenv",
    "faker_seed": "faker",
    "mock_use_standalone_module": "pytest-mock",
    "qt_api": "pytest-qt",
    "remote_data_strict": "pytest-remotedata",
    "reruns": "pytest-rerunfailures",
    "timeout": "pytest-timeout",
    "timeout_func_only": "pytest-timeout",
    "timeout_method": "pytest-timeout",
    "trio_mode": "pytest-trio",
}
_OF_MODULE: Final = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "django": "Django",
    "dotenv": "python-dotenv",
    "git": "GitPython",
    "jwt": "PyJWT",
    "markdown": "Markdown",
    "nacl": "PyNaCl",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "pytest_asyncio": "pytest-asyncio",
    "pytest_django": "pytest-django",
    "pytest_mock": "pytest-mock",
    "rest_framework": "djangorestframework",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "socks": "PySocks",
    "usb": "pyusb",
    "win32api": "pywin32",
    "xdist": "pytest-xdist",
    "yaml": "PyYAML",
}
_OPTION = re.compile(r"(?<!\S)(--?[A-Za-z][\w-]*)")


def plugins_with(options: str) -> str:
    """The distributions that have the options in ``options``, each once; empty when one of them is not known."""
    found = [_plugin_with(option) for option in _OPTION.findall(options)]
    return " ".join(dict.fromkeys(found)) if all(found) else ""


def plugins_with_setting(setting: str) -> str:
    """The distribution whose plugin has a setting of pytest's configuration; empty when it is not known."""
    return _OF_SETTING.get(setting.strip(), "")


def distribution_with(module: str) -> str:
    """The distribution that has ``module``, as far as its name tells."""
    top = module.partition(".")[0]
    return _OF_MODULE.get(top, top.replace("_", "-") if top.startswith("pytest_") else top)


def _plugin_with(option: str) -> str:
    fitting = [known for known in _OF_OPTION if option == known or option.startswith(f"{known}-")]
    return _OF_OPTION[max(fitting, key=len)] if fitting else ""
