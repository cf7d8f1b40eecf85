"""The checkout and the distributions that it holds. Standard library only: this runs before anything is installed."""

import tomllib
from pathlib import Path

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


def declared(name: str) -> list[str]:
    """What a distribution declares to need when it runs, as it is written in its ``pyproject.toml``."""
    settings = tomllib.loads((DISTRIBUTIONS[name] / "pyproject.toml").read_text(encoding="utf-8"))
    requirements: list[str] = settings["project"]["dependencies"]
    return requirements


def sources(name: str) -> list[Path]:
    """The folders of a distribution's import packages; none where it has no code."""
    settings = tomllib.loads((DISTRIBUTIONS[name] / "pyproject.toml").read_text(encoding="utf-8"))
    packages: list[str] = settings["tool"]["hatch"]["build"]["targets"]["wheel"].get("packages", [])
    return [DISTRIBUTIONS[name] / package for package in packages]
