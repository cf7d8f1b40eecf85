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


def _options(
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="A remote executor; the default is $AUTOPACK_EXECUTOR_ADDRESS. It needs --store too.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="A remote store; the default is $AUTOPACK_STORE_ADDRESS, or else an embedded one."
        ),
    ] = None,
    gatekeeper: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="A remote gatekeeper; the default is $AUTOPACK_GATEKEEPER_ADDRESS, or else an embedded one.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the token for these services: with a remote executor the client's "
            "($AUTOPACK_CLIENT_TOKEN_FILE is the default), or else the executor's ($AUTOPACK_EXECUTOR_TOKEN_FILE)."
        ),
    ] = None,
) -> Addresses:
    return Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file)


def with_addresses(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` these options behind its own. What they say is its first parameter, an ``Addresses``."""
    _, *own = inspect.signature(command).parameters.values()
    shared = inspect.signature(_options).parameters

    @functools.wraps(command)
    def with_options(**given: object) -> None:
        addresses = functools.partial(_options, **{name: given.pop(name) for name in shared})
        command(addresses(), **given)

    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared.values())]
    # Typer makes the options of a command from its signature.
    vars(with_options)["__signature__"] = inspect.Signature(keywords)
    return with_options
