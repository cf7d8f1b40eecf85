"""Describes the interpreter that runs it, as JSON, into the file named by the first argument.

Runs in the target's environment: standard library only, Python 3.8 or newer, nothing imported from the project.
Distributions are read from their metadata directories, which is many times faster than importlib.metadata.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys


def main(target: str) -> None:
    """Write the description into the file ``target``."""
    sources = [entry for entry in sys.path if os.path.isdir(entry)]
    distributions: dict[str, dict[str, object]] = {}
    hooks: list[list[str]] = []
    start_hooks: set[str] = set()
    for entry in sources:
        for name in sorted(os.listdir(entry)):
            path = os.path.join(entry, name)
            if name.endswith((".dist-info", ".egg-info")):
                described = describe(path)
                # The first on sys.path is the one that an import finds.
                if described is not None:
                    distributions.setdefault(str(described["name"]), described)
            elif name.endswith((".pth", ".egg-link")) or name in ("sitecustomize.py", "usercustomize.py"):
                hooks.append([path, digest(path)])
                if runs_code(path):
                    start_hooks.add(f"{name} ({digest(path)[:12]})")
    document = {
        "implementation": sys.implementation.name,
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "build": sys.version,
        "platform": platform(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "path": sources,
        "hooks": hooks,
        "start_hooks": sorted(start_hooks),
        "distributions": [distributions[name] for name in sorted(distributions)],
    }
    with open(target, "w", encoding="utf-8", errors="backslashreplace") as stream:
        json.dump(document, stream)


def platform() -> str:
    """System, machine and C library, in lower case, joined by hyphens."""
    system = os.uname()
    libc = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else None
    return "-".join(part.replace(" ", "-") for part in (system.sysname, system.machine, libc) if part).lower()


def describe(path: str) -> dict[str, object] | None:
    """Name, version and origin of one installed distribution, or None when it is damaged and has no name."""
    candidates = [os.path.join(path, name) for name in ("METADATA", "PKG-INFO")] if os.path.isdir(path) else [path]
    metadata = next((candidate for candidate in candidates if os.path.exists(candidate)), None)
    if metadata is None:
        return None
    found = {"name": "", "version": ""}
    requires = set()
    with open(metadata, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            if not line.strip():
                break
            key, _, value = line.partition(":")
            if key.lower() in found and not found[key.lower()]:
                found[key.lower()] = value.strip()
            elif key == "Requires-Dist":
                requires.add(normalised(re.split(r"[^A-Za-z0-9._-]", value.strip(), maxsplit=1)[0]))
    if not found["name"]:
        return None
    url, editable = origin(os.path.join(path, "direct_url.json"))
    return {
        "name": normalised(found["name"]),
        "version": found["version"],
        "url": url,
        "editable": editable,
        "record": digest(os.path.join(path, "RECORD")),
        "requires": sorted(requires),
    }


def normalised(name: str) -> str:
    """One spelling for one distribution: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def origin(path: str) -> tuple[str, bool]:
    """Where a distribution was installed from, when not from an index, and whether it is editable."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
        url = document["url"]
        commit = document.get("vcs_info", {}).get("commit_id", "")
        return url + ("@" + commit if commit else ""), bool(document.get("dir_info", {}).get("editable"))
    except FileNotFoundError:
        return "", False
    except (ValueError, KeyError, AttributeError, TypeError):
        return "unreadable", False


def runs_code(path: str) -> bool:
    """Whether the interpreter runs code of the hook ``path`` when it starts. What an editable install of setuptools
    leaves does not count: its name and content follow the version of the project.
    """
    if not path.endswith(".pth"):
        return path.endswith(".py")
    if os.path.basename(path).startswith("__editable__"):
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return any(line.startswith(("import ", "import\t")) for line in stream)
    except OSError:
        return False


def digest(path: str) -> str:
    """The SHA-256 of a file in hex digits; empty when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
