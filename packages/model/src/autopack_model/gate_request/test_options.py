"""What a request says of how the tests are run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autopack_model.file_path import check_file_path
from autopack_model.gate_request.copied_file import MAX_COPIES, CopiedFile, check_sent
from autopack_model.gate_request.variable import MAX_VARIABLES, Variable
from autopack_model.text import check_ascending, check_count


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOptions:
    """The options of one request. None, and an empty tuple, leave it to the configuration and then to the default.

    ``interpreter`` is a Python executable or the root of a virtual environment. ``folder`` is relative to the top of
    the repository, and empty for the top. Variables ascend by name, copies by path. Raises InvalidValue.
    """

    __test__ = False

    interpreter: Path | None = None
    arguments: tuple[str, ...] = ()
    setup: str | None = None
    timeout_ms: int | None = None
    folder: str | None = None
    variables: tuple[Variable, ...] = ()
    setup_variables: tuple[Variable, ...] = ()
    copies: tuple[CopiedFile, ...] = ()
    before_side: str | None = None
    after_side: str | None = None

    def __post_init__(self) -> None:
        if self.folder:
            check_file_path(self.folder, "folder")
        for path, variables in (("variables", self.variables), ("setup_variables", self.setup_variables)):
            check_count(variables, path, most=MAX_VARIABLES)
            check_ascending((variable.name for variable in variables), path)
        check_count(self.copies, "copies", most=MAX_COPIES)
        check_ascending((copy.path for copy in self.copies), "copies")
        check_sent(self.copies, "copies")

    @property
    def secrets(self) -> Iterator[bytes]:
        """What the ``repr`` of the options leaves out: values and contents."""
        for variable in (*self.variables, *self.setup_variables):
            yield variable.value.encode()
        for copy in self.copies:
            yield b"" if copy.content is None else copy.content
