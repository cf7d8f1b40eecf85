"""Tell uv where this machine's pip finds packages. Standard library only."""

import ast
import subprocess
from collections.abc import Mapping
from pathlib import Path

_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
# From the weakest to the strongest.
_SECTIONS = ("global", "install", ":env:")
_OWN = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


def settings_for_uv(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which uv finds packages as pip does: ``environment``, and what the pip of ``python`` is
    configured to, unless ``environment`` says to uv itself where packages are.

    Raises CalledProcessError when pip does not say how it is configured.
    """
    kept = {name: value for name, value in environment.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    # Certificates that the system trusts, and pip's way with several indexes: a pin's hashes decide, not the order.
    kept |= {"UV_SYSTEM_CERTS": "1", "UV_INDEX_STRATEGY": "unsafe-best-match", "UV_NO_PROGRESS": "1"}
    if any(name in environment for name in _OWN):
        return kept
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "config", "list"]
    answer = subprocess.run(command, env=kept, capture_output=True, text=True, check=True)
    return translated(answer.stdout) | kept


def translated(configuration: str) -> dict[str, str]:
    """The variables of uv for what ``pip config list`` printed: ``section.name='value'`` on each line. What is said for
    installing goes before what is said for all commands, and the environment variables of pip before both.
    """
    found: dict[str, str] = {}
    for wanted in _SECTIONS:
        for line in configuration.splitlines():
            place, _, value = line.partition("=")
            section, _, name = place.rpartition(".")
            if section == wanted and name in _NAMES:
                separator = "," if name == "find-links" else " "
                found[_NAMES[name]] = separator.join(str(ast.literal_eval(value)).split())
    return found
