"""PostgreSQL for the suite of a side. Usage: ``python -m tests.real.postgresql_service {start|stop}``.

It listens on 127.0.0.1 at the port that PGPORT names; user and database are ``postgres``, and every password is good.
Each start begins with an empty server, so that no suite finds what another one left.
"""

import os
import shutil
import sys
from pathlib import Path

from tests.postgresql import SETTINGS, Programs, packaged_programs, unprivileged_account


def main(action: str, port: str) -> None:
    """Start the server and return when it answers, or stop it and remove what it stored."""
    # Not in TMPDIR: another account runs the server when this one is root, and must get there.
    workspace = Path(f"/tmp/autopack-service-{port}")
    if action == "stop":
        _programs(workspace)("pg_ctl", "stop", "--wait", f"--pgdata={workspace}/data", "--mode=immediate")
    shutil.rmtree(workspace, ignore_errors=True)
    if action == "start":
        workspace.mkdir()
        run = _programs(workspace)
        data = f"--pgdata={workspace}/data"
        run("initdb", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        settings = {**SETTINGS, "listen_addresses": "127.0.0.1"}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        run(
            "pg_ctl", "start", "--wait", data, f"--log={workspace}/log", f"--options=-k {workspace} -p {port} {options}"
        )


def _programs(workspace: Path) -> Programs:
    programs = packaged_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed; run 'make venv'")
    return Programs.of(programs, workspace, unprivileged_account())


if __name__ == "__main__":
    main(sys.argv[1], os.environ["PGPORT"])
