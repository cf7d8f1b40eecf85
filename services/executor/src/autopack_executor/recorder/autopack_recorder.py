"""The recorder: a pytest plugin that streams what a session does, one JSON event per line. PYTEST_DONT_REWRITE

It is put on PYTHONPATH and named with ``-p autopack_recorder``. It needs Python 3.8 and pytest 7.0 or newer and nothing
else. Without AUTOPACK_RECORDER_STREAM in the environment, and outside of a pytest-xdist worker, it does nothing.

Tests and collectors are named as pytest does, but with the path from the tree instead of from pytest's rootdir.

Events, each an object with ``seq`` (from 0, without gaps) and ``event``:

- ``start``: the recorder is loaded. ``version``, ``pid``, ``python``, ``pytest``.
- ``session``: the session begins. ``rootdir``, ``tree``.
- ``collected``: ``ids`` of selected tests; a test's number is its place in all such lists together.
- ``unlisted``: the same for a test that reported without having been collected.
- ``collector``: a collector without tests. ``collector``, ``state`` (errored, skipped) and a failure (see below).
- ``test``: one execution of ``test`` came to its end after ``ms``. When anything in it did not plainly pass it has
  ``reports``: ``when``, ``outcome``, ``subtest``, ``xfail`` and a failure. An execution that never passed its call
  stage and has nothing else to say has no reports in that list. Of subtests it has each that failed, and the first
  that was skipped or failed as expected.
- ``finish``: the session is over. ``exit`` is pytest's exit status, ``deselected`` a count.
- ``end``: nothing follows. ``count`` of events, ``binding`` (bound, foreign, unknown), ``foreign`` modules.
- ``broken``: the recorder gave up for ``reason``; nothing follows.

A failure is ``type``, ``path``, ``function`` and ``message``. ``path`` is relative when it lies in the tree.

Why it cannot change an outcome: it only reads reports, adds attributes of its own to them, and turns off what would
end a session early (-x, --maxfail, --stepwise, stopping at collection errors). Those options choose how many tests run,
never how one of them runs. An error in the recorder itself ends the stream, which makes the evidence incomplete and
leaves the tests alone.
"""

import json
import os
import re
import sys
import threading

import pytest

RECORDER_VERSION = "2"

_STREAM = "AUTOPACK_RECORDER_STREAM"
_TREE = "AUTOPACK_RECORDER_TREE"
_MODULES = "AUTOPACK_RECORDER_MODULES"
_KEY = "autopack_recorder"

_MAX_MESSAGE = 4096
_MAX_FOREIGN = 20
_IDS_PER_EVENT = 500
_CHARACTERS_PER_EVENT = 65536

_STAGES = {"setup": 1, "call": 2, "teardown": 4}
_ALL_STAGES = 7
_OUTCOMES = ("passed", "failed", "skipped")

# The collector that holds all others: pytest gives it an empty id, or a dot.
_EVERYTHING = "."

_OCCURRENCE = re.compile(r" \(occurrence [0-9]+\)\Z")

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


# --- loading -------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Open the stream before any code of the project runs, and take our variables out of the tests' sight.

    Without them no child process, xdist worker or inner pytest can take itself for the recorded session.
    """
    stream = os.environ.pop(_STREAM, None)
    tree = os.environ.pop(_TREE, None)
    modules = os.environ.pop(_MODULES, None)
    if not stream:
        return
    _forget_our_folder()
    recorder = _Recorder(early_config, _Stream(stream), tree, modules)
    early_config.pluginmanager.register(recorder, "autopack-recorder-controller")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """In a worker of pytest-xdist, observe for the controller; in either, see to it that the suite runs whole."""
    handed = getattr(config, "workerinput", {}).get(_KEY)
    if handed is not None:
        worker = _Worker(config, handed["tree"], handed["modules"])
        config.pluginmanager.register(worker, "autopack-recorder-worker")
    if handed is not None or config.pluginmanager.hasplugin("autopack-recorder-controller"):
        _run_the_whole_suite(config.option)


def _forget_our_folder():
    """Give PYTHONPATH back the value that it has without the recorder. Workers get sys.path from their controller."""
    ours = os.path.dirname(os.path.abspath(__file__))
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [part for part in parts if not part or os.path.abspath(part) != ours]
    if kept == parts:
        return
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    else:
        del os.environ["PYTHONPATH"]


def _run_the_whole_suite(option):
    for name, value in (
        ("maxfail", 0),
        ("continue_on_collection_errors", True),
        ("stepwise", False),
        ("stepwise_skip", False),
        ("stepwise_reset", False),
    ):
        if hasattr(option, name):
            setattr(option, name, value)


# --- writing -------------------------------------------------------------------------------------------------------


class _Stream:
    """Appends events to the stream's file, in the process that opened it only, until something goes wrong."""

    def __init__(self, path):
        self.count = 0
        self._path = path
        # Taken before any test runs, since tests replace them, or the whole module, for longer than one test.
        self._getpid, self._write, self._fstat = os.getpid, os.write, os.fstat
        self._open_file, self._close_file = os.open, os.close
        self._pid = self._getpid()
        self._lock = threading.RLock()
        self._descriptor = None
        self._identity = None
        self._closed = False
        try:
            self._descriptor = self._open()
            self._identity = self._identify()
        except OSError:
            self._closed = True

    def write(self, event, **fields):
        """Append one event with a single system call, so that a line is either whole or the last."""
        with self._lock:
            if self._closed or self._getpid() != self._pid:
                return
            record = {"seq": self.count, "event": event}
            record.update(fields)
            try:
                line = _encode(record).encode("ascii") + b"\n"
                written = self._write(self._own_descriptor(), line)
            except OSError:
                self._closed = True  # the disk is full, say: a stream without an end tells it
                return
            self.count += 1
            if written != len(line):
                self._closed = True

    def give_up(self, reason):
        """Say that the recorder itself failed, and write nothing more: the stream then has no end."""
        self.write("broken", reason=_text(reason, 500))
        self._closed = True

    def close(self):
        if not self._closed and self._getpid() == self._pid:
            self._closed = True
            self._close_file(self._descriptor)

    def _open(self):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return self._open_file(self._path, flags, 0o600)

    def _own_descriptor(self):
        """The descriptor, opened anew when a test closed it, which may have given its number to somebody else."""
        try:
            if self._identify() == self._identity:
                return self._descriptor
        except OSError:
            pass  # closed by a test: open again below
        self._descriptor = self._open()
        if self._identify() != self._identity:
            raise OSError("the event stream was replaced by another file")
        return self._descriptor

    def _identify(self):
        status = self._fstat(self._descriptor)
        return status.st_dev, status.st_ino


def _text(value, limit=None):
    """``value`` as a string that any encoding can carry: lone surrogates become escapes."""
    if type(value) is str:
        text = value
    else:
        try:
            text = str(value)
        except Exception as error:
            text = "<%s whose text cannot be had: %s>" % (type(value).__name__, type(error).__name__)
    if limit is not None:
        text = text[:limit]
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


# --- where modules came from ---------------------------------------------------------------------------------------


class _Binding:
    """Tells whether the project's modules in this process were imported from the tree."""

    def __init__(self, tree, modules):
        self._tree = tree
        self._modules = None
        if tree is None or modules is None:
            return
        try:
            with open(modules, encoding="utf-8") as file:
                self._modules = json.load(file)
        except (OSError, ValueError):
            self._modules = None  # nothing can be said then: unknown

    def find(self):
        """``state`` and the ``foreign`` modules, as plain values."""
        if not isinstance(self._modules, dict):
            return {"state": "unknown", "foreign": []}
        tree = os.path.join(os.path.realpath(self._tree), "")
        library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
        foreign = []
        for name in sorted(set(self._modules).intersection(sys.modules)):
            origin = _origin(sys.modules[name]) or _origin_of_replaced(name)
            if origin is None:
                continue
            path = os.path.realpath(origin)
            if path.startswith(tree):
                inside = path[len(tree) :]
                own = not _installed(inside) or inside == self._modules[name]
            else:
                own = path.startswith(library) and not _installed(path[len(library) :])
            if not own:
                foreign.append(_text("%s=%s" % (name, path)))
        return {"state": "foreign" if foreign else "bound", "foreign": sorted(foreign)[:_MAX_FOREIGN]}


def _attribute(module, name):
    """What a module has under ``name``, or None; read without waking a lazy one."""
    try:
        return object.__getattribute__(module, "__dict__").get(name)
    except AttributeError:
        return None


def _origin(module):
    """The file of a module."""
    value = _attribute(module, "__file__")
    return value if isinstance(value, str) else None


def _origin_of_replaced(name):
    """The file of a module in whose place stands another object: where an import would find it now."""
    module = sys.modules[name]
    if module is None or _attribute(module, "__path__") is not None:
        return None  # an import that is forbidden; a namespace package, which has no file
    parent = name.rpartition(".")[0]
    path = _attribute(sys.modules.get(parent), "__path__") if parent else None
    if parent and path is None:
        return None
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        spec = None if find_spec is None else find_spec(name, path, None)
        if spec is not None:
            return spec.origin if spec.has_location else None
    return None


def _installed(path):
    parts = path.split(os.sep)
    return "site-packages" in parts or "dist-packages" in parts


def _merge_bindings(findings):
    foreign = sorted({each for finding in findings for each in finding["foreign"]})[:_MAX_FOREIGN]
    states = {finding["state"] for finding in findings}
    state = next((name for name in ("foreign", "unknown") if name in states), "bound")
    return {"state": state, "foreign": foreign}


# --- failures ------------------------------------------------------------------------------------------------------


def _failure(error, tree):
    """Type, path and function of an exception: the deepest frame in the tree, or the deepest of all."""
    while error.__cause__ is not None and str(type(error).__module__).startswith("_pytest."):
        error = error.__cause__
    kind = type(error)
    module = str(kind.__module__)
    name = kind.__qualname__ if module == "builtins" else "%s.%s" % (module, kind.__qualname__)
    path, function = "", ""
    if isinstance(error, SyntaxError) and error.filename:
        path = error.filename
    else:
        prefix = os.path.join(tree or "", "")
        own = False
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            inside = bool(tree) and code.co_filename.startswith(prefix) and not _installed(code.co_filename)
            if inside or not own:
                path, function, own = code.co_filename, code.co_name, inside
            step = step.tb_next
    if tree and path.startswith(os.path.join(tree, "")):
        path = os.path.relpath(path, tree)
    return [_text(name, 500), _text(path, 1000), _text(function, 500)], error


def _message(report):
    """What a report has to say, on few lines: the crash message, the reason of a skip, or the whole text."""
    representation = report.longrepr
    if representation is None:
        return ""
    crash = getattr(representation, "reprcrash", None)
    if crash is not None:
        return _text(crash.message, _MAX_MESSAGE)
    if isinstance(representation, tuple) and len(representation) == 3:
        reason = _text(representation[2], _MAX_MESSAGE)
        return reason[len("Skipped: ") :] if reason.startswith("Skipped: ") else reason
    return _text(representation, _MAX_MESSAGE)


def _reason(error):
    return "%s: %s" % (type(error).__name__, _text(error))


def _describe_collector(report):
    failure = getattr(report, "autopack_failure", None) or ["", "", "", None]
    kind, path, function, message = failure
    return {
        "collector": _text(report.nodeid) or _EVERYTHING,
        "state": "skipped" if report.outcome == "skipped" else "errored",
        "type": kind,
        "path": path,
        "function": function,
        "message": _message(report) if message is None else message,
    }


class _Observer:
    """What controller and workers have in common: the exception behind a failure is known only where it was raised."""

    def __init__(self, config, tree, modules):
        self._config = config
        self._tree = tree
        self._binding = _Binding(tree, modules)
        self._deselected = 0

    def _give_up(self, error):
        raise NotImplementedError

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        if call.excinfo is None or outcome.excinfo is not None:
            return
        try:
            report = outcome.get_result()
            if report.outcome == "failed":
                report.autopack_failure = _failure(call.excinfo.value, self._tree)[0]
        except Exception as error:
            self._give_up(error)

    def pytest_exception_interact(self, call, report):
        if not isinstance(report, pytest.CollectReport) or call.excinfo is None:
            return
        try:
            failure, error = _failure(call.excinfo.value, self._tree)
            message = _text(_reason(error), _MAX_MESSAGE)
            report.autopack_failure = failure + [message]
        except Exception as error:
            self._give_up(error)

    def pytest_deselected(self, items):
        self._deselected += len(items)


# --- the controller ------------------------------------------------------------------------------------------------


class _Execution:
    """One execution of one test while it is under way."""

    __slots__ = ("muted", "repeated", "reports", "seconds", "stages")

    def __init__(self):
        self.stages = 0
        self.muted = False  # a subtest was skipped or failed as expected
        self.repeated = False  # the test is going to be executed once more; a teardown may still follow
        self.seconds = 0.0
        self.reports = []


class _Names:
    """Turns node ids, whose paths begin at pytest's rootdir, into names whose paths begin at the tree.

    git knows paths by the latter, and the rootdir moves when a configuration file appears in a folder.
    """

    def __init__(self, rootdir, tree):
        self._root = os.path.realpath(rootdir)
        self._tree = os.path.realpath(tree) if tree else self._root
        self._paths = {}

    def of(self, node_id):
        node_id = _text(node_id)
        if self._root == self._tree:
            return node_id
        path, separator, rest = node_id.partition("::")
        known = self._paths.get(path)
        if known is None:
            known = self._paths[path] = os.path.relpath(os.path.join(self._root, path), self._tree)
        return known + separator + rest


def unique_names(node_ids):
    """Node ids kept apart by occurrence: the n-th of the same id gets `` (occurrence n)``.

    A first one stays as it is, unless it ends like that by itself, so that no two ids can ever get one name.
    """
    seen = {}
    names = []
    for node_id in node_ids:
        number = seen.get(node_id, 0) + 1
        seen[node_id] = number
        plain = number == 1 and (not node_id.endswith(")") or _OCCURRENCE.search(node_id) is None)
        names.append(node_id if plain else "%s (occurrence %d)" % (node_id, number))
    return names


class _Recorder(_Observer):
    """Writes the events. Lives in the process that pytest was started in: the controller, under pytest-xdist."""

    def __init__(self, config, stream, tree, modules):
        super().__init__(config, tree, modules)
        self._stream = stream
        self._modules = modules
        self._session = None
        self._names = _Names(config.rootpath, tree)
        self._numbers = {}  # name -> number of the test
        self._by_id = {}  # node id as pytest says it -> number of its first occurrence
        self._by_item = {}  # id(item) -> numbers of the test that the item stands for, next one last
        self._by_worker = {}  # worker -> number of the test at each item index
        self._current = None
        self._current_id = None
        self._open = {}
        self._collectors = set()
        self._findings = {}  # worker -> what it found about its modules, None while it has not said
        stream.write(
            "start",
            version=RECORDER_VERSION,
            pid=os.getpid(),
            python="%d.%d.%d" % sys.version_info[:3],
            pytest=_text(pytest.__version__),
        )

    def _give_up(self, error):
        self._stream.give_up(_reason(error))

    # the session

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        self._session = session
        self._stream.write("session", rootdir=_text(self._config.rootpath), tree=_text(self._tree or ""))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        """Take the items as they are when the first is about to run, after every plugin has had its say."""
        if not self._config.pluginmanager.hasplugin("dsession"):
            try:
                self._on_items(session.items)
            except Exception as error:
                self._give_up(error)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_unconfigure(self):
        """Finish after everybody else: plugins change the exit status as late as in their own sessionfinish."""
        yield
        if self._session is None:
            return
        try:
            self._stream.write("finish", exit=int(self._session.exitstatus), deselected=self._deselected)
            findings = [finding or {"state": "unknown", "foreign": []} for finding in self._findings.values()]
            binding = _merge_bindings([self._binding.find()] + findings)
            self._stream.write(
                "end", count=self._stream.count + 1, binding=binding["state"], foreign=binding["foreign"]
            )
            self._stream.close()
        except Exception as error:
            self._give_up(error)

    # collection

    def _on_items(self, items):
        numbers = self._list_tests([item.nodeid for item in items])
        for number, item in zip(reversed(numbers), reversed(items)):
            self._by_item.setdefault(id(item), []).append(number)

    def _list_tests(self, node_ids, event="collected"):
        """The number of each test; those not seen before are given one and written."""
        names = unique_names([self._names.of(node_id) for node_id in node_ids])
        fresh = [name for name in names if name not in self._numbers]
        for name in fresh:
            self._numbers[name] = len(self._numbers)
        for part in _parts(fresh):
            self._stream.write(event, ids=part)
        numbers = [self._numbers[name] for name in names]
        for node_id, number in zip(node_ids, numbers):
            self._by_id.setdefault(node_id, number)
        return numbers

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report):
        if report.outcome == "passed":
            return
        try:
            self._on_collector(_describe_collector(report))
        except Exception as error:
            self._give_up(error)

    def _on_collector(self, collector):
        if collector["collector"] != _EVERYTHING:
            collector = dict(collector, collector=self._names.of(collector["collector"]))
        key = collector["collector"], collector["state"]
        if key not in self._collectors:
            self._collectors.add(key)
            self._stream.write("collector", **collector)

    # tests

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """Know the item that runs: its reports may carry another id, or one that several items share."""
        before = self._current, self._current_id
        numbers = self._by_item.get(id(item))
        if numbers is not None:
            self._current = numbers.pop() if len(numbers) > 1 else numbers[0]
            self._current_id = item.nodeid
        yield
        self._current, self._current_id = before

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        try:
            self._on_report(report)
        except Exception as error:
            self._give_up(error)

    def _number_of(self, report, worker):
        node_id = report.nodeid
        if self._current is not None and (node_id == self._current_id or node_id not in self._by_id):
            return self._current
        if worker is not None:
            index = getattr(report, "item_index", None)
            numbers = self._by_worker.get(worker, ())
            if index is not None and 0 <= index < len(numbers):
                return numbers[index]
        number = self._by_id.get(node_id)
        return self._list_tests([node_id], "unlisted")[0] if number is None else number

    def _on_report(self, report):
        worker = None
        if hasattr(report, "node"):
            worker = getattr(getattr(report.node, "gateway", None), "id", None)
            early = getattr(report, "autopack_binding", None)
            if early is not None:
                self._findings[worker] = early
        key = self._number_of(report, worker), worker
        when, outcome = report.when, report.outcome
        stage = _STAGES.get(when, 0)
        xfail = getattr(report, "wasxfail", None)
        subtest = type(report).__name__.lower() == "subtestreport"
        execution = self._open.get(key)
        if execution is not None and (
            (stage == 1 and execution.stages) or (execution.repeated and (subtest or stage == 2))
        ):
            self._close(key, execution)
            execution = None
        if execution is None:
            execution = self._open[key] = _Execution()
        if subtest:  # the test itself reports as well, and passes whatever its subtests skipped
            failed = outcome == "failed" and xfail is None
            if failed or (outcome == "skipped" and not execution.muted):
                execution.muted = execution.muted or not failed
                execution.reports.append(self._describe(report, xfail, True))
            return
        execution.stages |= stage
        execution.seconds += getattr(report, "duration", 0.0)
        execution.repeated = execution.repeated or outcome not in _OUTCOMES
        if outcome != "passed" or xfail is not None:
            execution.reports.append(self._describe(report, xfail, False))
        if stage in (0, 4):
            self._close(key, execution)

    def _describe(self, report, xfail, subtest):
        kind, path, function = getattr(report, "autopack_failure", None) or ("", "", "")
        return {
            "when": _text(report.when, 20),
            "outcome": _text(report.outcome, 20),
            "subtest": subtest,
            "xfail": None if xfail is None else _text(xfail, _MAX_MESSAGE),
            "type": kind,
            "path": path,
            "function": function,
            "message": _message(report),
        }

    def _close(self, key, execution):
        del self._open[key]
        milliseconds = max(0, int(execution.seconds * 1000 + 0.5))
        if execution.reports or execution.stages != _ALL_STAGES:
            self._stream.write("test", test=key[0], ms=milliseconds, reports=execution.reports)
        else:
            self._stream.write("test", test=key[0], ms=milliseconds)

    # pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        self._findings[node.gateway.id] = None
        node.workerinput[_KEY] = {"tree": self._tree, "modules": self._modules}

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        try:
            self._by_worker[node.gateway.id] = self._list_tests(ids)
        except Exception as error:
            self._give_up(error)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node):
        """A worker that crashed has said nothing at its end; what it found before its first test then stands."""
        output = getattr(node, "workeroutput", None)
        if output is None:
            return
        try:
            handed = output.get(_KEY)
            if handed is None or handed["broken"]:
                self._stream.give_up("worker %s: %s" % (node.gateway.id, handed and handed["broken"]))
                return
            self._findings[node.gateway.id] = handed["binding"]
            self._deselected = max(self._deselected, handed["deselected"])
            for collector in handed["collectors"]:
                self._on_collector(collector)
        except Exception as error:
            self._give_up(error)


def _parts(names):
    part, size = [], 0
    for name in names:
        if part and (len(part) >= _IDS_PER_EVENT or size + len(name) > _CHARACTERS_PER_EVENT):
            yield part
            part, size = [], 0
        part.append(name)
        size += len(name)
    if part:
        yield part


# --- a worker of pytest-xdist --------------------------------------------------------------------------------------


class _Worker(_Observer):
    """Hands the controller what only a worker can see. It writes nothing itself."""

    def __init__(self, config, tree, modules):
        super().__init__(config, tree, modules)
        self._collectors = []
        self._told = False
        self._broken = ""

    def _give_up(self, error):
        self._broken = _reason(error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        """With the first report goes what is known of the modules by then, in case that this worker crashes."""
        if self._told:
            return
        self._told = True
        try:
            report.autopack_binding = self._binding.find()
        except Exception as error:
            self._give_up(error)

    def pytest_collectreport(self, report):
        """The controller hears of collectors too, but only of one where several report the same text."""
        if report.outcome == "passed":
            return
        try:
            self._collectors.append(_describe_collector(report))
        except Exception as error:
            self._give_up(error)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self):
        handed = {"broken": self._broken, "deselected": self._deselected, "collectors": self._collectors}
        try:
            handed["binding"] = self._binding.find()
        except Exception as error:
            handed["broken"] = _reason(error)
        self._config.workeroutput[_KEY] = handed
