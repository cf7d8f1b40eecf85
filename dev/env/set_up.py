"""Make ``.venv`` in the checkout, or bring it up to date. Standard library only.

Usage: ``python3 -m dev.env.set_up [--exactly]``. The environment is made anew when the pins changed, when the checkout
moved (console scripts hold its path) or when its interpreter no longer runs; the distributions are installed again
when a ``pyproject.toml`` changed. Otherwise this does nothing. With ``--exactly`` an environment of another Python
version than the running one is made anew, too.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from dev.checkout import CONSTRAINTS, DISTRIBUTIONS, ROOT
from dev.env.index import settings_for_uv

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What the environment was made from; written last, so an interrupted set-up is done again.
STATE = VENV / "autopack-set-up.json"
OLDEST = (3, 11)


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over the checkout's place and the lines of files that are no comments, as hex."""
    state = hashlib.sha256(os.fsencode(ROOT))
    for path in paths:
        lines = [line for line in path.read_bytes().splitlines() if not line.lstrip().startswith(b"#")]
        state.update(hashlib.sha256(b"\n".join(lines)).digest())
    return state.hexdigest()


def recorded() -> dict[str, str]:
    """What the environment was made from; nothing when that is not known."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def version_of(python: Path) -> tuple[int, int] | None:
    """The (major, minor) version that an interpreter reports; None when it does not run."""
    command = [str(python), "-IS", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def run(what: str, *command: str | Path, environment: dict[str, str] | None = None) -> None:
    """Run one step. Exits with what it said when it fails."""
    done = subprocess.run(
        [str(argument) for argument in command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{what} failed with exit code {done.returncode}; what it said is above")


def create() -> None:
    """Make an empty environment with pip, and install the pinned uv into it. Exits when that fails."""
    if find_spec("ensurepip") is not None:
        module = "venv"
    elif find_spec("virtualenv") is not None:
        module = "virtualenv"
    else:
        sys.exit(f"{sys.executable} cannot make virtual environments; Debian, Ubuntu: apt-get install python3-venv")
    run("making .venv", sys.executable, "-m", module, "--clear", VENV)
    personal = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as pin:
        pin.write(pin_of("uv"))
        pin.flush()
        pip = (PYTHON, "-m", "pip", "install", "-qq", "--no-input", "--require-hashes", "--only-binary=:all:")
        run("installing uv with pip", *pip, "-r", pin.name, environment={**os.environ, **personal})


def pin_of(name: str) -> str:
    """The lines of ``constraints.txt`` that pin a package, with its hashes. Exits when there are none."""
    pin = re.search(rf"^{name}==.*\n( +--hash=.*\n)+", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    if pin is None:
        sys.exit(f"{CONSTRAINTS} does not pin {name}; take the file from the last commit that does")
    return pin[0]


def bring_up_to_date(*, exactly: bool) -> None:
    """Make or refresh the environment as far as its inputs changed."""
    pins = fingerprint([CONSTRAINTS])
    projects = fingerprint(folder / "pyproject.toml" for folder in DISTRIBUTIONS.values())
    state = recorded()
    version = version_of(PYTHON)
    fits = version is not None and version >= OLDEST and (not exactly or version == sys.version_info[:2])
    if fits and state == {"pins": pins, "projects": projects}:
        return
    anew = not fits or state.get("pins") != pins
    if anew:
        print(f"making .venv with Python {sys.version.split()[0]} and the pinned packages ...", file=sys.stderr)
        create()
    STATE.unlink(missing_ok=True)
    environment = settings_for_uv(PYTHON, os.environ)
    uv: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "--quiet", "--no-config", "--python", PYTHON]
    if anew:
        # Wheels only: a source build would pull in requirements that nothing pins.
        run("installing the pins", *uv, "--require-hashes", "--no-build", "-r", CONSTRAINTS, environment=environment)
    editable = [argument for folder in DISTRIBUTIONS.values() for argument in ("-e", folder)]
    run("installing our own", *uv, "--offline", "--no-deps", "--no-build-isolation", *editable, environment=environment)
    STATE.write_text(json.dumps({"pins": pins, "projects": projects}), encoding="utf-8")


def main() -> int:
    """Run the command, one at a time in a checkout."""
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bring_up_to_date(exactly="--exactly" in sys.argv[1:])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; the next make takes it up again")
