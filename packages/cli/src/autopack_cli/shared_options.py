"""The options that several commands share, above all where services listen and the token that they want."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from autopack_cli.config import Addresses
from autopack_cli.given_tests import GivenTests

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
PythonOption = Annotated[
    str | None,
    typer.Option(
        help="The interpreter or virtual environment of both sides, on the executor's machine; the default is the "
        "active one, or what a remote executor chooses."
    ),
]
SetupOption = Annotated[
    str | None,
    typer.Option(
        help="A command to run in the worktree of each side first, in a virtual environment of its own; auto finds one "
        "from what lies in the tree."
    ),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="The time limit of each side: 10m, 90s, 1h30m, or seconds; the default is 1h."),
]
FolderOption = Annotated[
    str | None,
    typer.Option(help="The folder of the repository, from its top, in which set-up and tests run."),
]
EnvOption = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME[=VALUE]", help="A variable for set-up and tests; without a value, yours."),
]
EnvFileOption = Annotated[list[str] | None, typer.Option("--env-file", help="A file with such variables.")]
SetupEnvOption = Annotated[
    list[str] | None,
    typer.Option("--setup-env", metavar="NAME[=VALUE]", help="A variable for set-up alone, such as a credential."),
]
CopyOption = Annotated[
    list[str] | None,
    typer.Option("--copy", metavar="FILE", help="A file that no commit holds, such as .env, for both sides."),
]
BeforeOption = Annotated[str | None, typer.Option(help="A command before the suite of each side.")]
AfterOption = Annotated[str | None, typer.Option(help="A command after the suite of each side.")]
ConfigOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="A configuration in place of autopack.toml of the base revision.")
]
ReasonOption = Annotated[str, typer.Option(help="Why.")]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who you are; the default is the user who is logged in.")
]
PolicyOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="A file with a policy and waivers, in place of those of the base revision."),
]
ArgumentsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[-- PYTEST_ARGUMENTS]", help="Arguments for pytest.")
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


def with_tests(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` the options about how tests are run behind its own. Their values are its parameter ``tests``, a
    ``GivenTests``.
    """

    def with_options(
        *before: object,
        python: PythonOption = None,
        setup: SetupOption = None,
        timeout: TimeoutOption = None,
        folder: FolderOption = None,
        env: EnvOption = None,
        env_file: EnvFileOption = None,
        setup_env: SetupEnvOption = None,
        copy: CopyOption = None,
        before_side: BeforeOption = None,
        after_side: AfterOption = None,
        config: ConfigOption = None,
        arguments: ArgumentsArgument = None,
        **own: object,
    ) -> None:
        tests = GivenTests(
            python=python,
            setup=setup,
            timeout=timeout,
            folder=folder,
            env=tuple(env or ()),
            env_file=tuple(env_file or ()),
            setup_env=tuple(setup_env or ()),
            copy=tuple(copy or ()),
            before_side=before_side,
            after_side=after_side,
            config=config,
            arguments=tuple(arguments or ()),
        )
        command(*before, tests=tests, **own)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "tests"]
    _, *shared, _ = inspect.signature(with_options).parameters.values()
    # The first may be taken by another decorator; the others are given by name.
    first = [parameter for parameter in own if parameter.default is inspect.Parameter.empty]
    rest = [parameter for parameter in own if parameter.default is not inspect.Parameter.empty]
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*rest, *shared)]
    functools.update_wrapper(with_options, command)
    vars(with_options)["__signature__"] = inspect.Signature([*first, *keywords])
    return with_options
