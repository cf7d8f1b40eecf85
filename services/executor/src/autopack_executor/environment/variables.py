"""The environment variables of a child: an allow-list, the same on both sides.

PYTHONHASHSEED is fixed, because a test whose outcome depends on the order of a set would otherwise differ between the
sides for no reason of the candidate's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autopack_executor.environment.search_path import search_path
from autopack_executor.isolation.sandbox import SidePaths

LOCALE = "C.UTF-8"
TIMEZONE = "UTC"

_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
# Where the certificates lie that this machine trusts: files, and no secrets.
_AUTHORITIES = (
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)
# What a setup command may need to reach a package index. Never given to tests.
_NETWORK = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)
_NETWORK_PREFIXES = ("PIP_", "UV_")
# What would have an installer install elsewhere than into the environment of the side.
_ELSEWHERE = frozenset(
    {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX"}
)
# Each takes several files, separated by spaces.
_CONSTRAINTS = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
_CACHES: Final = {
    "PIP_CACHE_DIR": "pip",
    "UV_CACHE_DIR": "uv",
    "POETRY_CACHE_DIR": "poetry",
    "PDM_CACHE_DIR": "pdm",
}
_UNATTENDED: Final = {
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "POETRY_NO_INTERACTION": "1",
    "PDM_NON_INTERACTIVE": "1",
    "PDM_CHECK_UPDATE": "false",
    "HATCH_INTERACTIVE": "false",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "UV_PYTHON_DOWNLOADS": "never",
    # A link into the cache would let a test that edits an installed file edit it for everybody.
    "UV_LINK_MODE": "copy",
}


def suite_variables(
    environ: Mapping[str, str], paths: SidePaths, *, bin_directory: Path, prefix: Path | None, pycache: Path
) -> dict[str, str]:
    """The variables for tests. ``environ`` is the caller's; ``prefix`` is the root of the virtual environment, when it
    is one; ``bin_directory`` comes first on PATH (see ``search_path`` for the rest).
    """
    variables = {
        "PATH": search_path(environ, first=bin_directory),
        "HOME": str(paths.home),
        "TMPDIR": str(paths.tmp),
        "LANG": LOCALE,
        "LC_ALL": LOCALE,
        "TZ": TIMEZONE,
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(pycache),
        **loader_variables(environ),
        **{name: environ[name] for name in _AUTHORITIES if name in environ},
    }
    if prefix is not None:
        conda = (prefix / "conda-meta").is_dir()
        variables["CONDA_PREFIX" if conda else "VIRTUAL_ENV"] = str(prefix)
    return dict(sorted(variables.items()))


def setup_variables(
    environ: Mapping[str, str],
    suite: Mapping[str, str],
    *,
    cache: Path,
    environment: Path,
    constraints: Path | None,
) -> dict[str, str]:
    """The variables for a setup command: those of the suite, what it takes to reach a package index, and what has each
    installer install into ``environment``, the root of the virtual environment, within ``constraints``.

    Downloads are kept in ``cache`` when the caller names no place, since HOME is empty each time; for the same reason
    the caller's own pip configuration is named.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if (name in _NETWORK or name.startswith(_NETWORK_PREFIXES)) and name not in _ELSEWHERE
    }
    variables = {
        **{name: str(cache / folder) for name, folder in _CACHES.items()},
        **_UNATTENDED,
        **({} if constraints is None else dict.fromkeys(_CONSTRAINTS, str(constraints))),
        **within(passed, constraints),
        **suite,
        "UV_PROJECT_ENVIRONMENT": str(environment),
        "UV_PYTHON": str(environment / "bin" / "python"),
        "HATCH_ENV_TYPE_VIRTUAL_PATH": str(environment),
    }
    configuration = _pip_configuration(environ)
    if "PIP_CONFIG_FILE" not in variables and configuration is not None:
        variables["PIP_CONFIG_FILE"] = str(configuration)
    return dict(sorted(variables.items()))


def within(given: Mapping[str, str], constraints: Path | None) -> dict[str, str]:
    """The variables ``given`` to a setup command, with ``constraints`` beside those that they name themselves."""
    if constraints is None:
        return dict(given)
    return {
        name: " ".join(filter(None, (value, str(constraints)))) if name in _CONSTRAINTS else value
        for name, value in given.items()
    }


def loader_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What the interpreter may need to start at all, as far as the caller has it."""
    return {name: environ[name] for name in _LOADER if name in environ}


def _pip_configuration(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("HOME")
    if not home:
        return None
    configured = Path(environ.get("XDG_CONFIG_HOME") or Path(home) / ".config")
    candidates = (configured / "pip" / "pip.conf", Path(home) / ".pip" / "pip.conf")
    return next((path for path in candidates if path.is_file()), None)
