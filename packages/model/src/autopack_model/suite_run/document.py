"""The JSON document of a suite run. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.suite_run.value import CommandFacts, SuiteRun, TreeBinding


def suite_run_document(run: SuiteRun) -> dict[str, Json]:
    """Every field of a suite run's header, times in milliseconds."""
    environment, process, recorder, setup = run.environment, run.process, run.recorder, run.setup
    return {
        "tree": {"revision": run.tree.revision, "tree": run.tree.tree},
        "environment": {
            "fingerprint": environment.fingerprint,
            "implementation": environment.implementation,
            "python_version": environment.python_version,
            "pytest_version": environment.pytest_version,
            "platform": environment.platform,
            "distributions": list(environment.distributions),
            "isolation": environment.isolation.label,
            "tree_path": environment.tree_path,
            "locale": environment.locale,
            "timezone": environment.timezone,
            "umask": environment.umask,
            "superuser": environment.superuser,
            "variables": {variable.name: variable.digest for variable in environment.variables},
        },
        "setup": None
        if setup is None
        else {
            "command": setup.command,
            "reused": setup.reused,
            "exit_code": setup.exit_code,
            "timed_out": setup.timed_out,
            "duration_ms": setup.duration_ms,
            "output_tail": setup.output_tail,
            "not_run": setup.not_run,
            "pinned": setup.pinned,
            "moved": list(setup.moved),
            "changed_files": [{"path": change.path, "content": change.content} for change in setup.changed_files],
        },
        "arguments": list(run.arguments),
        "process": {
            "argv": list(process.argv),
            "exit_code": process.exit_code,
            "signal": process.signal,
            "timed_out": process.timed_out,
            "cancelled": process.cancelled,
            "started_at_ms": process.started_at_ms,
            "ended_at_ms": process.ended_at_ms,
            "lingered": process.lingered,
        },
        "recorder": {
            "version": recorder.version,
            "stream": recorder.stream.label,
            "session_started": recorder.session_started,
            "session_finished": recorder.session_finished,
            "session_exit_status": recorder.session_exit_status,
            "collected": recorder.collected,
            "deselected": recorder.deselected,
            "reported": recorder.reported,
            "selection": list(recorder.selection),
            "running": list(recorder.running),
            "collectors": [
                {
                    "collector": collector.collector,
                    "state": collector.state.label,
                    "message": collector.message,
                    "signature": collector.signature,
                    "cause": collector.cause,
                }
                for collector in recorder.collectors
            ],
            "seeds": list(recorder.seeds),
        },
        "binding": {"foreign": list(run.binding.foreign), **binding_document(run.binding)},
        "missing_submodules": list(run.missing_submodules),
        "output_tail": run.output_tail,
        "folder": run.folder,
        "folder_missing": run.folder_missing,
        "copies": {copy.name: copy.digest for copy in run.copies},
        "before_side": _command(run.before_side),
        "after_side": _command(run.after_side),
    }


def binding_document(binding: TreeBinding) -> dict[str, Json]:
    """What a decision may depend on: everything but the places of modules from elsewhere."""
    return {
        "state": binding.state.label,
        "plugins": list(binding.plugins),
        "deviations": [[each.kind.label, each.subject, each.path] for each in binding.deviations],
        "test_files": list(binding.test_files),
    }


def _command(facts: CommandFacts | None) -> dict[str, Json] | None:
    if facts is None:
        return None
    return {
        "command": facts.command,
        "exit_code": facts.exit_code,
        "timed_out": facts.timed_out,
        "duration_ms": facts.duration_ms,
        "output_tail": facts.output_tail,
    }
