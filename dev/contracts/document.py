"""Write ``docs/contracts.md`` from the comments of the contracts, or check that it is current and nothing is unsaid.

Usage: ``python -m dev.contracts.document [--check]``. Exit code 1 when a comment says too little and, with
``--check``, when the page differs from what the contracts say.

A comment is prose. Below it, beginning a line of their own, stand the sentences that become columns, in this order and
each once: ``Unit: ``, ``Limit: `` and ``Rule: `` of a field, ``Callers: `` of an RPC. What must be said: the unit of
every number; the limit of every text, byte string and list, ``none of its own`` where it has none; the callers of every
RPC; the prose of everything. ``comment_rules`` lists the units and the forms of limits.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from dev.contracts.generate import PROTO, ROOT, contracts
from dev.contracts.page import document

PAGE = ROOT / "docs" / "contracts.md"


class ProtocFailed(Exception):
    """protoc refused the contracts; it has said why on standard error."""


def read_contracts(proto: Path) -> FileDescriptorSet:
    """Every contract below ``proto``/autopack with its comments, by file name. Raises ProtocFailed."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contracts.bin"
        options = [f"--proto_path={proto}", "--include_source_info", f"--descriptor_set_out={target}"]
        status = subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", *options, *contracts(proto)], check=False
        ).returncode
        if status != 0:
            raise ProtocFailed(f"protoc failed with exit code {status}")
        return FileDescriptorSet.FromString(target.read_bytes())


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check: bool = parser.parse_args().check
    try:
        page, problems = document(read_contracts(PROTO))
    except ProtocFailed as error:
        sys.exit(str(error))
    for problem in problems:
        print(f"the comment of {problem}", file=sys.stderr)
    if problems:
        return 1
    current = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    if check and page != current:
        print(
            "docs/contracts.md does not say what the contracts say; run 'make proto' and commit the result",
            file=sys.stderr,
        )
        return 1
    if page != current:
        PAGE.write_text(page, encoding="utf-8")
        print("wrote docs/contracts.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
