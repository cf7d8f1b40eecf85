"""Values of secret variables are taken out of what is kept."""

from pathlib import Path

from autopack_executor.suite.redaction import Redaction
from autopack_model.gate_request.test_command import KeyedVariable


def variable(name: str, value: str, *, secret: bool = True) -> KeyedVariable:
    """A variable of a test command."""
    return KeyedVariable(name=name, value=value, digest="", secret=secret)


def test_values_are_replaced_by_names(tmp_path: Path) -> None:
    """Secrets go, also as JSON writes them; short values and those that the repository tells itself stay."""
    redaction = Redaction.of(
        [
            variable("URL", 'db://"host"'),
            variable("LONG", 'db://"host"/x'),
            variable("ON", "1"),
            variable("MODE", "settings.test", secret=False),
        ]
    )
    assert "[URL] [LONG] 1 settings.test [URL]" == redaction.text(
        'db://"host" db://"host"/x 1 settings.test db://\\"host\\"'
    )
    (tmp_path / "log").write_bytes(b'\xff db://"host"')
    redaction.copy(tmp_path / "log", tmp_path / "kept")
    assert b"\xff [URL]" == (tmp_path / "kept").read_bytes()
