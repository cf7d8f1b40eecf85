"""The stream as the recorder writes it, byte for byte, and when it is cut."""

import re
from pathlib import Path

from autopack_executor.suite.stream import RECORDER_VERSION, RecorderStream
from autopack_model.suite_run.value import BindingState, StreamState
from tests.recorder.recorded import every_python, record


@every_python
def test_the_lines_of_a_small_session(tmp_path: Path, python: str) -> None:
    """Each event has its fields in their order, in compact ASCII; only times, ids and versions vary."""
    files = {
        "test_it.py": """
            import pytest
            def test_a(): pass
            def test_b(): assert 1 == 2, "\u20ac"
        """,
        "test_none.py": "import pytest\npytest.skip('all', allow_module_level=True)\n",
    }
    got = record(tmp_path, python=python, files=files)
    text = got.stream.read_text(encoding="ascii").replace(str(tmp_path), "/run")
    for name in ("pid", "ms"):
        text = re.sub(rf'"{name}":[0-9]+', f'"{name}":7', text)
    text = re.sub(r'\["installed_plugin","[^"]+","[^"]+"\],?', "", text)  # what is installed beside pytest
    text = re.sub(r'"python":"[0-9.]+","pytest":"[^"]+"', '"python":"3","pytest":"9"', text)
    assert [
        f'{{"seq":0,"event":"start","version":"{RECORDER_VERSION}","pid":7,"python":"3","pytest":"9"}}',
        '{"seq":1,"event":"session","rootdir":"/run/project","tree":"/run/project","selection":[],"distributed":false,'
        '"seeds":["hypothesis=1"]}',
        '{"seq":2,"event":"collector","collector":"test_none.py","state":"skipped","type":"","path":"",'
        '"function":"","message":"all"}',
        '{"seq":3,"event":"collected","ids":["test_it.py::test_a","test_it.py::test_b"]}',
        '{"seq":4,"event":"test","test":0,"ms":7}',
        '{"seq":5,"event":"test","test":1,"ms":7,"reports":[{"when":"call","outcome":"failed","subtest":false,'
        '"xfail":null,"type":"AssertionError","path":"test_it.py","function":"test_b",'
        r'"message":"AssertionError: \u20ac\nassert 1 == 2"}]}',
        '{"seq":6,"event":"finish","exit":1,"deselected":0}',
        '{"seq":7,"event":"end","count":8,"binding":"bound","foreign":[],"plugins":[],"deviations":[],"test_code":[]}',
    ] == text.splitlines()


def test_a_stream_cut_at_every_tenth_never_looks_finished(tmp_path: Path) -> None:
    """A recorded stream that is cut at a tenth of its bytes is unfinished or truncated."""
    files = {"test_it.py": "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_it(n): assert n != 3\n"}
    whole = record(tmp_path, files=files)
    data = whole.stream.read_bytes()
    assert whole.recording.facts.stream is StreamState.COMPLETE
    for tenth in range(10):
        path = tmp_path / f"cut-{tenth}"
        with RecorderStream(path) as stream:
            path.write_bytes(data[: len(data) * tenth // 10])
            recording = stream.finish()
        assert not (recording.facts.session_finished and recording.facts.stream is StreamState.COMPLETE)
        assert recording.binding.state is BindingState.UNKNOWN


@every_python
def test_a_stream_without_space_is_cut_off(tmp_path: Path, python: str) -> None:
    """Where nothing more can be written, the stream is seen to break off, also when its last line was just whole."""
    full = f"""
        import os, resource
        def test_fills():
            size = os.path.getsize({str(tmp_path / "stream.jsonl")!r})
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        def test_more(): pass
    """
    got = record(tmp_path, "-p", "no:cacheprovider", python=python, files={"test_it.py": full})
    assert (0, StreamState.TRUNCATED) == (got.exit_code, got.recording.facts.stream)
