"""Which names a repository's files can be imported under."""

from autopack_executor.environment.import_roots import importable_modules


def test_packages_below_every_root() -> None:
    """Packages and modules count below the top, src, lib and every folder with a project file."""
    paths = [
        "top.py",
        "flat/__init__.py",
        "flat/sub/__init__.py",
        "flat/sub/mod.py",
        "src/inner/__init__.py",
        "src/single.py",
        "lib/shelf/__init__.py",
        "services/one/pyproject.toml",
        "services/one/src/service/__init__.py",
        "services/one/src/service/core.py",
        "services/two/setup.cfg",
        "services/two/second/__init__.py",
    ]
    assert importable_modules(paths) == {
        "flat": "flat/__init__.py",
        "flat.sub": "flat/sub/__init__.py",
        "flat.sub.mod": "flat/sub/mod.py",
        "inner": "src/inner/__init__.py",
        "second": "services/two/second/__init__.py",
        "service": "services/one/src/service/__init__.py",
        "service.core": "services/one/src/service/core.py",
        "shelf": "lib/shelf/__init__.py",
        "single": "src/single.py",
        "top": "top.py",
    }


def test_what_is_no_product_is_left_out() -> None:
    """Tests, build scripts at a root, documentation settings and names that are none are nobody's modules."""
    paths = [
        "setup.py",
        "noxfile.py",
        "tasks.py",
        "conftest.py",
        "docs/conf.py",
        "test_it.py",
        "it_test.py",
        "pkg/__init__.py",
        "pkg/conftest.py",
        "pkg/tests/__init__.py",
        "pkg/tests/data.py",
        "pkg/tasks.py",
        "pkg/data.txt",
        "bad-name.py",
        "bad-folder/mod.py",
    ]
    assert importable_modules(paths) == {"pkg": "pkg/__init__.py", "pkg.tasks": "pkg/tasks.py"}


def test_namespace_packages_count_when_unambiguous() -> None:
    """Files in folders without __init__.py count from the nearest root, unless two could have one name."""
    paths = [
        "src/space/core/__init__.py",
        "src/space/core/mod.py",
        "one/setup.py",
        "one/share/mod.py",
        "two/setup.py",
        "two/share/mod.py",
        "tools/build.py",
    ]
    assert importable_modules(paths) == {
        "space.core": "src/space/core/__init__.py",
        "space.core.mod": "src/space/core/mod.py",
        "tools.build": "tools/build.py",
    }


VENDORED = [
    "app/__init__.py",
    "app/_vendor/__init__.py",
    "app/_vendor/rich/__init__.py",
    "third_party/yaml/setup.py",
    "third_party/yaml/yaml/__init__.py",
    "vendor/attrs/pyproject.toml",
    "vendor/attrs/src/attr/__init__.py",
    "lib/six-1.16.dist-info/RECORD",
    "lib/six.py",
]


def test_a_copy_of_another_project_is_not_the_project() -> None:
    """A vendored project or an installed package may be imported from the environment; a package of ours may not."""
    found = importable_modules(VENDORED)
    assert {"app", "app._vendor", "app._vendor.rich"} <= found.keys()
    assert set() == {"yaml", "attr", "six"} & found.keys()


def test_a_vendored_project_whose_tests_run_is_the_project() -> None:
    """Where the tests run in the folder of a vendored project its modules count, those of others do not."""
    found = importable_modules(VENDORED, "vendor/attrs")
    assert "vendor/attrs/src/attr/__init__.py" == found["attr"]
    assert "yaml" not in found


def test_the_order_of_paths_does_not_matter() -> None:
    """Where two packages share a name the first path stands, in whatever order the paths come."""
    paths = ["b/setup.py", "a/setup.py", "b/app.py", "a/app.py", "a/other.py"]
    assert (
        importable_modules(paths) == importable_modules(reversed(paths)) == {"app": "a/app.py", "other": "a/other.py"}
    )
    assert list(importable_modules(paths)) == ["app", "other"]
