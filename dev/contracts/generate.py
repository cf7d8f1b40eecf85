"""Generate the Python code of the contracts into ``proto/gen``, or check that what is committed is current.

Usage: ``python -m dev.contracts.generate [--check] [--proto FOLDER]``. Exit code 1 with ``--check`` when anything
differs. The digests of the sources stand beside the generated code: some of their lines leave no other trace.
"""

import argparse
import filecmp
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from dev.contracts.strict_stubs import make_strict

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
DIGESTS = "sources.sha256"


def contracts(proto: Path) -> list[str]:
    """The contracts below ``proto``, relative to it, sorted."""
    return sorted(str(path.relative_to(proto)) for path in (proto / "autopack").rglob("*.proto"))


def digest_line(name: str, content: bytes) -> str:
    """The SHA-256 of a contract, as sha256sum prints it."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def digests(proto: Path) -> str:
    """The digest of each contract below ``proto``, a line each."""
    return "".join(digest_line(name, (proto / name).read_bytes()) for name in contracts(proto))


def generate(proto: Path, target: Path) -> None:
    """Generate messages, stubs and type stubs of every contract below ``proto`` into ``target``, an empty folder.

    Exits when protoc refuses.
    """
    # The plugins of this interpreter's environment: PATH may know none, or those of another version.
    scripts = Path(sysconfig.get_path("scripts"))
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc"),
        f"--proto_path={proto}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--python_out={target}",
        f"--grpc_python_out={target}",
        f"--mypy_out=quiet:{target}",
        f"--mypy_grpc_out=quiet,only_sync:{target}",
        f"--descriptor_set_out={target / 'descriptors'}",
        *contracts(proto),
    ]
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        sys.exit(f"protoc failed with exit code {status}")
    descriptors = target / "descriptors"
    make_strict(target, descriptors.read_bytes())
    descriptors.unlink()
    (target / DIGESTS).write_text(digests(proto))
    for path in target.rglob("*_pb2_grpc.py*"):
        # Files without a service say nothing in their gRPC module.
        if not path.name.split(".")[0].endswith("_service_pb2_grpc"):
            path.unlink()
    for folder in [target / "autopack", *(path for path in (target / "autopack").rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (target / "autopack" / "py.typed").touch()


def differences(expected: Path, actual: Path) -> list[str]:
    """Relative paths that differ between two trees, sorted."""
    names = {
        str(path.relative_to(folder))
        for folder in (expected, actual)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(
        name
        for name in names
        if not (expected / name).is_file()
        or not (actual / name).is_file()
        or not filecmp.cmp(expected / name, actual / name, shallow=False)
    )


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    parser.add_argument("--proto", type=Path, default=PROTO, help="the contracts' folder, which holds gen as well")
    arguments = parser.parse_args()
    check: bool = arguments.check
    proto: Path = arguments.proto
    generated = proto / "gen"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(proto, fresh)
        changed = differences(fresh, generated)
        if check:
            for name in changed:
                print(f"proto/gen/{name} is not current; run 'make proto' and commit the result", file=sys.stderr)
            return 1 if changed else 0
        shutil.rmtree(generated, ignore_errors=True)
        shutil.copytree(fresh, generated)
        generated.chmod(0o755)  # a temporary folder is for its owner alone
    print(f"generated {len(changed)} changed files into proto/gen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
