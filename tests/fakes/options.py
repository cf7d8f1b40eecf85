"""The options of a request in which nothing is left out."""

from pathlib import Path

from autopack_model.gate_request.copied_file import CopiedFile
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.variable import Variable

SATURATED_OPTIONS = TestOptions(
    interpreter=Path("/python"),
    arguments=("-q",),
    setup="make",
    timeout_ms=1500,
    folder="service",
    variables=(Variable(name="A", value="first"), Variable(name="B", value="second")),
    setup_variables=(Variable(name="INDEX", value="address"), Variable(name="TOKEN", value="secret")),
    copies=(CopiedFile(path=".env", content=b"A=1"), CopiedFile(path="data", content=b"")),
    before_side="start",
    after_side="stop",
)
