"""A repository with a change of every kind, and the patches of it that real git makes."""

from pathlib import Path

from tests.builders import GitSandbox

APP = "".join(f"line_{number} = {number}\n" for number in range(1, 61))
TEST = "def test_one():\n    assert 1\n"
NEW = "def test_new():\n    assert 1 == 2\n"
BASE: dict[str, str | bytes] = {
    "src/app.py": APP,
    "src/sub/inner.py": APP.replace("line", "inner"),
    "tests/test_app.py": TEST,
    "crlf.txt": "one\r\ntwo\r\n\r\nfour\r\n",
    "ending.txt": "first\nlast",
    "tabs.py": "def tabs():\n\treturn 1\n\n\nx = 1  \ny = 2\n",
    "data.bin": bytes(range(256)) * 4,
    "run.sh": "#!/bin/sh\necho\n",
    "with space.txt": "1\n",
    'quo"ted.txt': "1\n",
    "grüße.txt": "1\n",
    "tab\there.txt": "1\n",
    "empty.txt": "",
    "gone.txt": "gone\nfor good\n",
    "old.txt": "".join(f"old {number}\n" for number in range(20)),
    "moved.txt": "moved as it is\nand more\n",
    "copied.txt": "".join(f"copied {number}\n" for number in range(20)),
}


class Scene:
    """The repository. ``main`` is the base; ``head`` has one commit more, and ``series`` three."""

    def __init__(self, root: Path) -> None:
        self.sandbox = GitSandbox(root)
        self.sandbox.commit(BASE, message="the base")
        (root / "link").symlink_to("run.sh")
        self.sandbox.commit(message="a link")
        self._head(root)
        self._series()

    def _head(self, root: Path) -> None:
        git = self.sandbox.git
        git("checkout", "--quiet", "-b", "head")
        git("mv", "old.txt", "new name.txt")
        git("mv", "moved.txt", "src/moved.txt")
        git("rm", "--quiet", "gone.txt", "empty.txt", "link")
        (root / "run.sh").chmod(0o755)
        (root / "link").mkdir()
        changes: dict[str, str | bytes] = {
            "src/app.py": APP.replace("line_3 =", "line_3 = 0 +").replace(
                "line_50 = 50\n", "line_50 = 5\nline_x = 0\n"
            ),
            "src/sub/inner.py": APP.replace("line", "inner").replace("inner_30 = 30\n", ""),
            "tests/test_new.py": NEW,
            "tests/data/__init__.py": "",
            "crlf.txt": "one\r\nTWO\r\n\r\nfour\r\n",
            "ending.txt": "first\nlast, changed",
            "tabs.py": "def tabs():\n\treturn 2\n\n\nx = 1  \ny = 3  \n",
            "data.bin": bytes(reversed(range(256))) * 4,
            "new.bin": b"\0\1\2" * 50,
            "with space.txt": "2\n",
            'quo"ted.txt': "2\n",
            "grüße.txt": "2\n",
            "tab\there.txt": "2\n",
            "new name.txt": "".join(f"old {number}\n" for number in range(19)) + "renamed\n",
            "link/file": "no link any more\n",
            "copy.txt": "".join(f"copied {number}\n" for number in range(20)) + "and more\n",
            "copied.txt": "changed\n" + "".join(f"copied {number}\n" for number in range(20)),
            "without end": "no newline",
        }
        self.sandbox.commit(changes, message="Change everything\n\nSee:\n\n    diff --git a/x b/x\n    @@ -1 +1 @@\n")
        git("checkout", "--quiet", "main")

    def _series(self) -> None:
        git = self.sandbox.git
        git("checkout", "--quiet", "-b", "series")
        self.sandbox.commit({"src/app.py": APP.replace("line_3 =", "line_3 = 0 +")}, message="The first")
        changed = APP.replace("line_3 =", "line_3 = 0 +").replace("line_4 =", "line_4 = 0 +")
        self.sandbox.commit({"src/app.py": changed, "tests/test_new.py": NEW}, message="The second, über alles")
        self.sandbox.commit({"tests/test_new.py": NEW.replace("2", "1")}, message="The third")
        git("checkout", "--quiet", "main")

    def tree(self, revision: str) -> str:
        """The name of the tree of ``revision``."""
        return self.sandbox.git("rev-parse", f"{revision}^{{tree}}")

    def diff(
        self, *options: str, head: str = "head", paths: tuple[str, ...] = (), config: tuple[str, ...] = ()
    ) -> bytes:
        """What ``git diff`` says between the base and ``head``, with ``--binary``."""
        settings = [part for setting in config for part in ("-c", setting)]
        return self.sandbox.git_bytes(*settings, "diff", "--binary", *options, "main", head, "--", *paths)

    def tree_of(self, *paths: str, head: str = "head") -> str:
        """The tree of the base with ``paths`` as they are on ``head``."""
        git = self.sandbox.git
        git("checkout", "--quiet", "--detach", "main")
        for path in paths:
            if git("ls-tree", head, "--", path):
                git("checkout", "--quiet", head, "--", path)
            else:
                git("rm", "--quiet", "--", path)
        tree = git("write-tree")
        git("reset", "--quiet", "--hard")
        git("checkout", "--quiet", "main")
        return tree
