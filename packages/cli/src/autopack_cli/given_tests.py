"""The options of the command about how tests are run."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTests:
    """The options as they were given; None, and an empty tuple, stand for what was left out."""

    python: str | None = None
    setup: str | None = None
    timeout: str | None = None
    folder: str | None = None
    env: tuple[str, ...] = ()
    env_file: tuple[str, ...] = ()
    setup_env: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    before_side: str | None = None
    after_side: str | None = None
    config: str | None = None
    arguments: tuple[str, ...] = ()

    def texts(self) -> Iterator[tuple[str, str | None]]:
        """Each text with what messages call it, without the arguments that are empty."""
        yield from (
            ("--python", self.python),
            ("--setup", self.setup),
            ("--timeout", self.timeout),
            ("--folder", self.folder),
            ("--before-side", self.before_side),
            ("--after-side", self.after_side),
            ("--config", self.config),
        )
        yield from (("--env-file", name) for name in self.env_file)
        yield from (("--copy", name) for name in self.copy)
        yield from (("a pytest argument", argument) for argument in self.arguments if argument)
