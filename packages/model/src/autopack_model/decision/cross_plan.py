"""What is to be run beside base and head: base's tests on the candidate's code, and new tests on base's code."""

from dataclasses import dataclass

from autopack_model.file_path import check_file_path
from autopack_model.text import check_ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossPlan:
    """The cross tree is that of head with the files ``paths`` as they are on base: restored where they were changed or
    deleted, gone where they were added. Only the tests of the files ``modules`` need to be run; of all where there are
    none. The reverse tree is that of base with the same files as they are on head, and only the tests of the files
    ``new_modules`` are run there; without any it is not needed. All are strictly ascending, and without ``paths`` there
    is nothing to run. Raises InvalidValue.
    """

    paths: tuple[str, ...]
    modules: tuple[str, ...]
    new_modules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, paths in (("paths", self.paths), ("modules", self.modules), ("new_modules", self.new_modules)):
            for path in paths:
                check_file_path(path, name)
            check_ascending(paths, name)
