"""The environment of one side, ready for its suite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autopack_model.suite_run.value import Environment, SetupFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEnvironment:
    """An interpreter that is ready to run the suite of one side.

    ``variables`` is the child's whole environment but for what belongs to one suite run. When ``setup`` is present and
    did not exit with 0 the suite must not be started; ``environment.pytest_version`` is then empty. ``copies``
    maps a module of the project to its installed copy, where that is the same as in the tree. ``start_hooks`` are the
    names of the files with code that the interpreter runs at its start, ascending, with a part of their digest.
    """

    python: Path
    variables: dict[str, str]
    environment: Environment
    setup: SetupFacts | None
    copies: Mapping[str, str] = field(default_factory=dict)
    start_hooks: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the suite can be started."""
        return self.setup is None or self.setup.exit_code == 0
