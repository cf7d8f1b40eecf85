"""Which backup files are strays, and which are data of tests."""

from pathlib import PurePosixPath

from autopack_model.policy.path_pattern import compile_patterns
from autopack_model.policy.value import Policy

_SOURCES = frozenset({".py", ".pyi", ".pyx", ".ipynb", ".toml", ".cfg", ".ini"})


def is_stray_backup(path: str, policy: Policy) -> bool:
    """Whether ``path`` is called like what editors, patches and merges leave behind, and is not data of tests.

    Data of tests, and what is ignored, lie where the policy says. Among data of tests, a copy of a source file or of a
    configuration is a stray, too.
    """
    folded = path.casefold()
    if compile_patterns(policy.ignored_paths).fullmatch(folded):
        return False
    if not compile_patterns(policy.backup_patterns).fullmatch(folded):
        return False
    if not compile_patterns(policy.test_data_paths).fullmatch(folded):
        return True
    original = PurePosixPath(folded).with_suffix("")
    return original.suffix in _SOURCES or original.name.startswith(("test_", "conftest"))
