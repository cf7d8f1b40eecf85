"""Make ``.venv`` in the checkout, or bring it up to date. Standard library only.

Usage: ``python3 dev/env/set_up.py [--exactly]``. The environment is made anew when the pins changed, when the checkout
moved (console scripts hold its path) or when its interpreter no longer runs; the four distributions are installed
again when a ``pyproject.toml`` changed. Otherwise this does nothing. With ``--exactly`` an environment of another
Python version than the running one is made anew too.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What the environment was made from; written last, so an interrupted set-up is done again.
STATE = VENV / "autopack-set-up.json"
CONSTRAINTS = ROOT / "constraints.txt"
FOLDERS = (
    "proto",
    "packages/model",
    "packages/rpc",
    "packages/git",
    "packages/clients",
    "packages/bridge",
    "packages/cli",
    "services/store",
    "services/gatekeeper",
    "services/executor",
    ".",
)
OLDEST = (3, 11)


def fingerprint(paths: list[Path]) -> str:
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
    command = [str(python), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def create() -> None:
    """Make an empty environment with pip. Exits with the way out when this interpreter cannot."""
    if find_spec("ensurepip") is not None:
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    elif find_spec("virtualenv") is not None:
        command = [sys.executable, "-m", "virtualenv", "--clear", str(VENV)]
    else:
        sys.exit(
            f"{sys.executable} cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
        )
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode != 0:
        sys.exit(
            f"{made.stdout}\n{sys.executable} could not make {VENV} (exit code {made.returncode}, output above)."
            " On Debian and Ubuntu: apt-get install python3-venv"
        )


def pip_install(*arguments: str) -> None:
    """Install into the environment; warnings are left out, errors shown. Exits when pip fails."""
    # Two -q keep pip's errors.
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check", *arguments]
    settings = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    # Personal defaults that would send packages elsewhere.
    settings |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    status = subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode
    if status != 0:
        sys.exit(f"pip failed with exit code {status}; what it said is above")


def bring_up_to_date(*, exactly: bool) -> None:
    """Make or refresh the environment as far as its inputs changed."""
    pins = fingerprint([CONSTRAINTS])
    projects = fingerprint([ROOT / folder / "pyproject.toml" for folder in FOLDERS])
    state = recorded()
    version = version_of(PYTHON)
    fits = version is not None and version >= OLDEST and (not exactly or version == sys.version_info[:2])
    if fits and state == {"pins": pins, "projects": projects}:
        return
    if not fits or state.get("pins") != pins:
        print(f"making .venv with Python {sys.version.split()[0]} and the pinned packages ...", file=sys.stderr)
        create()
        # Wheels only: a source build would pull in requirements that nothing pins. Bytecode comes with the first use.
        pip_install("--require-hashes", "--only-binary=:all:", "--no-compile", "-r", str(CONSTRAINTS))
    STATE.unlink(missing_ok=True)
    editable = [argument for folder in FOLDERS for argument in ("-e", f"./{folder}")]
    pip_install("--no-deps", "--no-build-isolation", *editable)
    STATE.write_text(json.dumps({"pins": pins, "projects": projects}), encoding="utf-8")


def main() -> int:
    """Run the command, one at a time in a checkout."""
    if sys.version_info < OLDEST:
        sys.exit(f"Autopack needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bring_up_to_date(exactly="--exactly" in sys.argv[1:])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; the next make takes it up again")
