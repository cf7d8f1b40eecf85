"""The default policy."""

from types import MappingProxyType

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.file_kinds import BACKUP_SUFFIXES, TEST_DATA_FOLDERS
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side
from autopack_model.policy.value import INCOMPLETES, Policy

# Causes that speak against a head whose base ran to its end. The others leave open what happened: a contradiction or
# a damaged stream may be tampering or a broken plugin, and a suite that never started says nothing of the candidate.
_BLOCKING_ON_HEAD = frozenset(
    {
        IncompleteReason.SETUP_FAILED,
        IncompleteReason.BEFORE_SIDE_FAILED,
        IncompleteReason.FOLDER_MISSING,
        IncompleteReason.TIMED_OUT,
        IncompleteReason.KILLED,
        IncompleteReason.INTERRUPTED,
        IncompleteReason.INTERNAL_ERROR,
        IncompleteReason.USAGE_ERROR,
        IncompleteReason.UNEXPECTED_EXIT,
        IncompleteReason.SESSION_UNFINISHED,
        IncompleteReason.TESTS_NOT_RUN,
    }
)


def _effect_of(cause: Incomplete) -> Effect:
    if cause.side is Side.CROSS:
        return Effect.REVIEW
    if cause.side is Side.REVERSE:
        return Effect.NOTE
    return Effect.BLOCK if cause.side is Side.HEAD and cause.reason in _BLOCKING_ON_HEAD else Effect.INCONCLUSIVE


# fmt: off
CALLING_PATHS = (
    # continuous integration
    ".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".circleci/**", ".buildkite/**", ".ci/**",
    ".travis.yml", "appveyor.yml", ".appveyor.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "Jenkinsfile",
    ".cirrus.yml", ".drone.yml", ".woodpecker.yml", ".woodpecker/**", ".semaphore/**", ".teamcity/**",
    ".gitea/workflows/**", ".forgejo/workflows/**",
    # what people and continuous integration run
    ".pre-commit-config.yaml", ".pre-commit-config.yml", ".pre-commit-hooks.yaml", "lefthook.yml", ".husky/**",
    "Makefile", "GNUmakefile", "*.mk", "justfile", "Taskfile.yml", "Taskfile.yaml", "noxfile.py", "tox.ini", "tox.toml",
)
"""The files of continuous integration and what it runs: they are protected, and so are the scripts that they call."""

_PROTECTED_PATHS = (
    # what configures pytest, tox, nox or coverage, wherever it lies
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "tox.toml", "setup.cfg",
    "pyproject.toml", "noxfile.py", ".coveragerc",
    # what Python runs by itself when it starts
    "sitecustomize.py", "**/sitecustomize/**", "usercustomize.py", "**/usercustomize/**", "*.pth",
    # metadata of an installed package: pytest loads the plugins that it names
    "**/*.dist-info/**", "**/*.egg-info/**",
    # what is installed, and code that runs then
    "setup.py", "*requirements*.txt", "**/requirements/**", "*requirements*.in", "constraints*.txt", "Pipfile",
    # what coding agents are told
    "AGENTS.md", "AGENTS.override.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "**/.claude/**", "**/.codex/**",
    "**/.cursor/**", ".cursorrules", "**/.gemini/**", ".github/copilot-instructions.md", ".github/instructions/**",
    # what git makes of files when it writes them: line ends, encodings, filters
    ".gitattributes",
    # the policy itself
    ".autopack/**", "autopack.toml",
)
# fmt: on

# Source files, by their suffix, of the languages and notebooks that pytest does not run.
_FOREIGN_SUFFIXES = (
    "astro bash bat c cc cjs clj cljs cmd coffee cpp cs cts cu cxx d dart elm erl ex exs f f90 fs go groovy h hh hpp "
    "hrl hs ipynb java jl js jsx kt kts lua m mjs ml mli mm mts nim php pl pm ps1 r rb rs scala sh sol sql svelte "
    "swift tf ts tsx v vb vue zig zsh"
)
# What says of which packages such code is made.
_FOREIGN_MANIFESTS = (
    "build.gradle",
    "bun.lockb",
    "Cargo.lock",
    "Cargo.toml",
    "CMakeLists.txt",
    "composer.json",
    "composer.lock",
    "Gemfile",
    "Gemfile.lock",
    "go.mod",
    "go.sum",
    "mix.exs",
    "package-lock.json",
    "package.json",
    "Package.swift",
    "pnpm-lock.yaml",
    "pom.xml",
    "pubspec.yaml",
    "yarn.lock",
)

# What hardly any honest change does.
_NEARLY_CERTAIN = frozenset(
    {
        FindingRule.ASSERTION_VACUOUS,
        FindingRule.ASSERTION_UNREACHED,
        FindingRule.EXCEPTION_SWALLOWED,
        FindingRule.EXAMPLE_SKIPPED,
        FindingRule.BODY_NEVER_RUNS,
        FindingRule.NAME_REDEFINED,
        FindingRule.TEST_DETECTED,
        FindingRule.RESULT_HARD_CODED,
        FindingRule.COMPARISON_VACUOUS,
        FindingRule.SUBJECT_BESIDE_TEST,
    }
)

DEFAULT_POLICY = Policy(
    categories=MappingProxyType(
        {
            Category.STILL_PASSING: None,
            Category.NEWLY_FAILING: Effect.BLOCK,
            Category.NEWLY_FLAKY: Effect.REVIEW,
            Category.NEWLY_MUTED: Effect.BLOCK,
            Category.NEW_COLLECTION_ERROR: Effect.BLOCK,
            Category.REMOVED: Effect.BLOCK,
            Category.NEWLY_PASSING: Effect.NOTE,
            Category.STILL_FAILING: Effect.NOTE,
            Category.CHANGED_FAILURE: Effect.WARN,
            Category.NOW_FLAKY: Effect.REVIEW,
            Category.MUTED_FAILING: Effect.BLOCK,
            Category.REMOVED_FAILING: Effect.BLOCK,
            Category.FLAKY: Effect.NOTE,
            Category.FLAKY_FAILING: Effect.REVIEW,
            Category.STILL_FLAKY: Effect.WARN,
            Category.UNMUTED: Effect.NOTE,
            Category.STILL_MUTED: None,
            Category.REMOVED_MUTED: Effect.WARN,
            Category.COLLECTED: None,
            Category.REVEALED_FAILING: Effect.WARN,
            Category.REVEALED_FLAKY: Effect.WARN,
            Category.COLLECTED_MUTED: Effect.WARN,
            Category.PERSISTENT_COLLECTION_ERROR: Effect.BLOCK,
            Category.REMOVED_MODULE: Effect.BLOCK,
            Category.ADDED_PASSING: None,
            Category.ADDED_FAILING: Effect.BLOCK,
            Category.ADDED_FLAKY: Effect.REVIEW,
            Category.ADDED_MUTED: Effect.WARN,
            Category.REPARAMETRISED: Effect.WARN,
            Category.RENAMED: None,
            Category.COLLECTED_EMPTY: Effect.REVIEW,
            Category.SHADOWED_MODULE: Effect.WARN,
            Category.MOVED_AND_REWRITTEN: Effect.WARN,
            Category.PASSES_WITH_NEW_RERUNS: Effect.REVIEW,
            Category.REWRITTEN: Effect.REVIEW,
            Category.ADAPTED: Effect.WARN,
            Category.RETIRED: Effect.REVIEW,
            Category.RETIRED_MUTED: Effect.REVIEW,
            Category.RETIRED_WITH_SUBJECT: Effect.REVIEW,
            Category.HIDDEN_FAILING: Effect.BLOCK,
            Category.PASSES_BY_EDIT: Effect.REVIEW,
            Category.PROVES_NOTHING: Effect.NOTE,
        }
    ),
    conditions=MappingProxyType(
        {
            Condition.UNEXPLAINED_EXIT: Effect.BLOCK,
            Condition.UNEXPLAINED_EXIT_ON_BOTH: Effect.WARN,
            Condition.ZERO_TESTS: Effect.BLOCK,
            Condition.ZERO_TESTS_ON_BOTH: Effect.WARN,
            Condition.ZERO_TESTS_ON_BASE: Effect.REVIEW,
            Condition.NO_BASELINE: Effect.WARN,
            Condition.NO_BASELINE_ZERO_TESTS: Effect.BLOCK,
            Condition.NO_BASELINE_BAD_TESTS: Effect.REVIEW,
            Condition.PROTECTED_PATH: Effect.REVIEW,
            Condition.STRAY_BACKUP_FILE: Effect.BLOCK,
            Condition.CHANGED_FILES_UNKNOWN: Effect.INCONCLUSIVE,
            Condition.ENVIRONMENTS_DIFFER: Effect.INCONCLUSIVE,
            Condition.SETUP_CHANGED_FILES: Effect.REVIEW,
            Condition.SETUP_CHANGED_METADATA: Effect.WARN,
            Condition.NOTHING_PASSES: Effect.REVIEW,
            Condition.NOTHING_SELECTED: Effect.REVIEW,
            Condition.UNMEASURED_CHANGE: Effect.REVIEW,
            Condition.BASE_REPAIRED: Effect.REVIEW,
            Condition.LINGERING_PROCESS: Effect.WARN,
            Condition.SUBMODULES_MISSING: Effect.WARN,
            Condition.TOO_MANY_TO_RETRY: Effect.NOTE,
            Condition.RETRY_INCOMPLETE: Effect.NOTE,
            Condition.CODE_DISPLACED: Effect.REVIEW,
            Condition.SUITE_ALTERED: Effect.INCONCLUSIVE,
            Condition.PLUGINS_DIFFER: Effect.REVIEW,
            Condition.TOO_FEW_TESTS: Effect.BLOCK,
            Condition.WAIVER_UNUSED: Effect.NOTE,
            Condition.WAIVER_EXPIRED: Effect.WARN,
            Condition.TOO_MANY_SKIPS: Effect.BLOCK,
            Condition.TESTS_LEFT_OUT: Effect.NOTE,
            Condition.NEW_RERUNS: Effect.WARN,
            Condition.FINDINGS_INCOMPLETE: Effect.REVIEW,
            Condition.PASSING_AND_EDITED: Effect.NOTE,
            Condition.CROSS_MISSING: Effect.REVIEW,
            Condition.REVERSE_MISSING: Effect.NOTE,
        }
    ),
    incomplete=MappingProxyType({cause: _effect_of(cause) for cause in INCOMPLETES}),
    findings=MappingProxyType(
        {rule: Effect.REVIEW if rule in _NEARLY_CERTAIN else Effect.WARN for rule in FindingRule}
        | {FindingRule.NAMES_MOVED: Effect.NOTE}
    ),
    protected_paths=tuple(sorted({*CALLING_PATHS, *_PROTECTED_PATHS})),
    backup_patterns=tuple(f"*{suffix}" for suffix in BACKUP_SUFFIXES),
    test_data_paths=tuple(sorted(f"**/{folder}/**" for folder in TEST_DATA_FOLDERS)),
    unmeasured_patterns=tuple(sorted([*_FOREIGN_MANIFESTS, *(f"*.{suffix}" for suffix in _FOREIGN_SUFFIXES.split())])),
)
