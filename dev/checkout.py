"""The checkout and the distributions that it holds. Standard library only: this runs before anything is installed."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"

DISTRIBUTIONS = {
    "autopack-proto": ROOT / "proto",
    **{
        f"autopack-{settings.parent.name}": settings.parent
        for group in ("packages", "services")
        for settings in sorted(ROOT.glob(f"{group}/*/pyproject.toml"))
    },
    "autopack": ROOT,
}
"""The folder of every distribution by its name. The last one, autopack, has no code of its own."""


_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@cache
def declared(name: str) -> tuple[str, ...]:
    """What a distribution declares to need when it runs, of others than ours, as its ``pyproject.toml`` says it."""
    return tuple(requirement for requirement in _requirements(name) if _name(requirement) not in DISTRIBUTIONS)


@cache
def ours(name: str) -> frozenset[str]:
    """The distributions of ours that a distribution needs when it runs, directly or not, itself included."""
    direct = {_name(requirement) for requirement in _requirements(name)} & DISTRIBUTIONS.keys()
    return frozenset({name}).union(*(ours(needed) for needed in direct))


def sources(name: str) -> list[Path]:
    """The folders of a distribution's import packages; none where it has no code."""
    packages: list[str] = _wheel(name).get("packages", [])
    return [DISTRIBUTIONS[name] / package for package in packages]


def contents(name: str) -> dict[Path, str]:
    """What the wheel of a distribution holds: the folders in the checkout, and where each of them is in the wheel."""
    forced: dict[str, str] = _wheel(name).get("force-include", {})
    return {source: source.name for source in sources(name)} | {
        (DISTRIBUTIONS[name] / source).resolve(): place for source, place in forced.items()
    }


@cache
def _settings(name: str) -> dict[str, Any]:
    return tomllib.loads((DISTRIBUTIONS[name] / "pyproject.toml").read_text(encoding="utf-8"))


def _wheel(name: str) -> dict[str, Any]:
    settings: dict[str, Any] = _settings(name)["tool"]["hatch"]["build"]["targets"]["wheel"]
    return settings


def _requirements(name: str) -> list[str]:
    requirements: list[str] = _settings(name)["project"]["dependencies"]
    return requirements


def _name(requirement: str) -> str:
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}; begin it with a lower-case name")
    return match[0]
