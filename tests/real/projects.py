"""The projects of this tier: two consecutive source releases each, and how their suites run."""

from dataclasses import dataclass

from tests.real.source_releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class RealProject:
    """Two consecutive releases of a project. ``requirements`` are pinned, pytest and build backend among them.

    With ``installed`` the project must be installed to be found (editable, in an environment of each side); otherwise
    its modules lie at the top of the repository, and both sides run in one environment.
    """

    name: str
    base: Release
    head: Release
    installed: bool
    requirements: tuple[str, ...]
    arguments: tuple[str, ...] = ()

    @property
    def setup(self) -> str | None:
        """The gate's setup command."""
        if not self.installed:
            return None
        wanted = " ".join(self.requirements)
        return f"pip install -q {wanted} && pip install -q --no-deps --no-build-isolation -e ."


def _project(
    name: str,
    *,
    base: tuple[str, str],
    head: tuple[str, str],
    installed: bool,
    requirements: tuple[str, ...],
    arguments: tuple[str, ...] = (),
) -> RealProject:
    return RealProject(
        name=name,
        base=Release(project=name, version=base[0], sha256=base[1]),
        head=Release(project=name, version=head[0], sha256=head[1]),
        installed=installed,
        requirements=requirements,
        arguments=arguments,
    )


PROJECTS = (
    # Flat, needs no setup; expected failures, one of which passes.
    _project(
        "sqlparse",
        base=("0.5.2", "9e37b35e16d1cc652a2545f0997c1deb23ea28fa1f3eefe609eee3063c3b105f"),
        head=("0.5.3", "09f67787f56a0b16ecdbde1bfc7f5d9c3371ca683cfeaa8e6ff60b4807ec9272"),
        installed=False,
        requirements=("pytest==8.4.2",),
    ),
    # Flat, doctests in modules that are named as arguments; two workers.
    _project(
        "boltons",
        base=("24.1.0", "4a49b7d57ee055b83a458c8682a2a6f199d263a8aa517098bda9bab813554b87"),
        head=("25.0.0", "e110fbdc30b7b9868cb604e3f71d4722dd8f4dcb4a5ddd06028ba8f1ab0b5ace"),
        installed=False,
        requirements=("pytest==8.3.5", "pytest-xdist==3.8.0"),
        arguments=("-n", "2", "--doctest-modules", "boltons", "tests"),
    ),
    # Below src, setuptools; unittest's classes with mixed-in tests.
    _project(
        "cachetools",
        base=("5.4.0", "b8adc2e7c07f105ced7bc56dbb6dfbe7c4a00acce20e2227b3f355be89bc6827"),
        head=("5.5.0", "2cc24fb4cbe39633fb7badd9db9ca6295d766d9c2995f245725a46715d050f2a"),
        installed=True,
        requirements=("pytest==9.0.2", "setuptools==80.9.0"),
    ),
    # Below src; the version comes from the commit, tests are named in many scripts, warnings are errors.
    _project(
        "humanize",
        base=("4.12.2", "ce0715740e9caacc982bb89098182cf8ded3552693a433311c6a4ce6f4e12a2c"),
        head=("4.12.3", "8430be3a615106fdfceb0b2c1b41c4c98c6b0fc5cc59663a5539b111dd325fb0"),
        installed=True,
        requirements=(
            "pytest==8.4.2",
            "freezegun==1.5.5",
            "hatchling==1.27.0",
            "hatch-vcs==0.5.0",
            "editables==0.5",
        ),
        arguments=("-o", "disable_test_id_escaping_and_forfeit_all_rights_to_community_support=true"),
    ),
    # Thousands of parametrised tests; the file that has the other twenty thousand is left out for its time.
    _project(
        "packaging",
        base=("24.1", "026ed72c8ed3fcce5bf8950572258698927fd1dbda10a5e981cdf0ac37f4f002"),
        head=("24.2", "c228a6dc5e932d346bc5739379109d49e8853dd8223571c7c5b55260edc0b97f"),
        installed=True,
        requirements=("pytest==8.4.2", "pretend==1.0.9", "flit-core==3.12.0"),
        arguments=("--ignore=tests/test_version.py",),
    ),
)

# What the releases above are built with, for pip to read their metadata without fetching it each time.
BUILD_BACKENDS = (
    "flit-core==3.12.0",
    "hatchling==1.27.0",
    "hatch-vcs==0.5.0",
    "setuptools==80.9.0",
)
