"""How a command ends: its exit code and message, and what happens to results that nobody reads."""

import contextlib
import sys
import traceback
from collections.abc import Iterator
from typing import Final, NoReturn

import grpc

from autopack_cli.messages import silence, tell
from autopack_model.errors import AutopackError, BadRequest, InvalidValue
from autopack_model.report.value import EXIT_FAILURE
from autopack_rpc.embedded import ServiceMissing
from autopack_rpc.errors import Described, RemoteError
from autopack_rpc.settings import BadSetting

EXIT_USAGE: Final = 2

_ELSEWHERE: Final = (
    "name services on other machines: --store to read, --executor and --store to gate, --store and --gatekeeper to "
    "replay"
)

_BAD_INPUT = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,  # a repository that cannot be cloned
)


@contextlib.contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn an error into a message on standard error and the right exit code; no error may look like a verdict.

    Raises SystemExit instead of the error.
    """
    try:
        yield
    except (BadSetting, InvalidValue) as error:
        _leave(str(error), EXIT_USAGE)
    except BadRequest as error:
        _leave(error.message, EXIT_USAGE)
    except RemoteError as error:
        _leave(error.message, EXIT_USAGE if error.code in _BAD_INPUT else EXIT_FAILURE)
    except ServiceMissing as error:
        _leave(f"{error}, or {_ELSEWHERE}", EXIT_FAILURE)
    except AutopackError as error:
        _leave(str(error), EXIT_FAILURE)
    except Exception as error:  # noqa: BLE001 - the end of the command
        if isinstance(error, Described):
            _leave(error.message, EXIT_FAILURE)
        leave_unforeseen(error)


@contextlib.contextmanager
def delivering() -> Iterator[None]:
    """Write results to standard output inside the block. A reader that closed the pipe (``| head -1``) has what it
    wanted; anything else that keeps results from being written is a failure, which raises SystemExit.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        _leave(f"the result cannot be written to standard output: {error.strerror}", EXIT_FAILURE)


def leave_unforeseen(error: Exception) -> NoReturn:
    """End the command because of an error in Autopack, and print what helps to correct it."""
    tell(f"internal error, not a verdict:\n{''.join(traceback.format_exception(error)).rstrip()}")
    raise SystemExit(EXIT_FAILURE)


def _leave(message: str, code: int) -> NoReturn:
    tell(message)
    raise SystemExit(code)
