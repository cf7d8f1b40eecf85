"""A program that reads sources, in a child process with limits.

The sources are hostile: reading them may take all memory or time. The limit of time counts the processor time of the
child, so that a machine with much to do gives the same answer as an idle one, only later.
"""

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping

MEMORY_BYTES = 2 * 1024**3
CPU_S = 30
WALL_S = 600.0


class TooLong(subprocess.SubprocessError):
    """The child took more processor time, or more time altogether, than it may."""


def answer_of(program: str, request: Mapping[str, object]) -> bytes:
    """What the module ``program`` answers to ``request``, which it reads as JSON.

    Raises TooLong, CalledProcessError, OSError.
    """
    command = [sys.executable, "-I", "-m", program, str(MEMORY_BYTES), str(CPU_S)]
    try:
        answer = subprocess.run(
            command,
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_S,
            check=True,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise TooLong(f"it took more than {WALL_S:g} seconds") from error
    except subprocess.CalledProcessError as error:
        if error.returncode == -signal.SIGXCPU:
            raise TooLong(f"it took more than {CPU_S} seconds of processor time") from error
        raise
    return answer.stdout


def limit(arguments: list[str]) -> None:
    """Limit this process, which ``answer_of`` started with these arguments of its command line."""
    memory, seconds = map(int, arguments[1:3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if most == resource.RLIM_INFINITY else min(seconds, most), most))
