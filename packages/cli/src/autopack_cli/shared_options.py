"""The options that several commands share, above all where services listen and the token that they want."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from autopack_cli.config import Addresses

RunArgument = Annotated[str, typer.Argument(help="The name of the run.")]
JsonOption = Annotated[
    str | None, typer.Option(help="Write the result as JSON to this file, or to the standard output with -.")
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="A remote executor; the default is $AUTOPACK_EXECUTOR_ADDRESS. It needs --store too.",
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT", help="A remote store; the default is $AUTOPACK_STORE_ADDRESS, or else an embedded one."
    ),
]
GatekeeperOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="A remote gatekeeper; the default is $AUTOPACK_GATEKEEPER_ADDRESS, or else an embedded one.",
    ),
]
TokenOption = Annotated[
    Path | None,
    typer.Option(
        help="A file with the token for these services. With a remote executor it is the client's, and "
        "$AUTOPACK_CLIENT_TOKEN_FILE is the default; otherwise the executor's, and $AUTOPACK_EXECUTOR_TOKEN_FILE."
    ),
]


def with_addresses(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` the options about services behind its own. Their values are its first parameter, an
    ``Addresses``.
    """

    def with_options(
        *,
        executor: ExecutorOption = None,
        store: StoreOption = None,
        gatekeeper: GatekeeperOption = None,
        token_file: TokenOption = None,
        **own: object,
    ) -> None:
        command(Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file), **own)

    _, *own = inspect.signature(command).parameters.values()
    *shared, _ = inspect.signature(with_options).parameters.values()
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared)]
    functools.update_wrapper(with_options, command)
    # Typer makes the options of a command from its signature.
    vars(with_options)["__signature__"] = inspect.Signature(keywords)
    return with_options
