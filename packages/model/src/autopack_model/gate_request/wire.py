"""Requests to gate on the wire. Every reader names the field that it refuses."""

from pathlib import Path

from autopack.executor.v1 import executor_service_pb2
from autopack_model.errors import InvalidValue, within
from autopack_model.fields import given
from autopack_model.gate_request.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.copied_file import CopiedFile
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import ConfigurationFile, GateRequest
from autopack_model.gate_request.variable import Variable
from autopack_model.identity.value import check_run_id
from autopack_model.run.value import MAX_TIMEOUT_MS

MAX_PATH = 4096


def gate_request_to_wire(request: GateRequest, request_id: str) -> executor_service_pb2.StartRunRequest:
    """The message of a request."""
    options = request.options
    message = executor_service_pb2.StartRunRequest(
        request_id=request_id,
        run_id=request.run_id or "",
        repository="" if request.repository is None else str(request.repository),
        base=request.base or "",
        interpreter="" if options.interpreter is None else str(options.interpreter),
        setup=options.setup,
        timeout_ms=options.timeout_ms,
        arguments=options.arguments,
        no_baseline=request.no_baseline,
        clone_url=request.clone_url,
        bundle_digest=request.bundle_digest,
        fresh_base=request.fresh_base,
        folder=options.folder,
        variables=[_variable_to_wire(variable) for variable in options.variables],
        setup_variables=[_variable_to_wire(variable) for variable in options.setup_variables],
        copies=[executor_service_pb2.CopiedFile(path=copy.path, content=copy.content) for copy in options.copies],
        before_side=options.before_side,
        after_side=options.after_side,
        configuration=_file_to_wire(request.configuration),
        policy=_file_to_wire(request.policy),
        named_folder=request.named_folder,
    )
    match request.candidate:
        case CommitCandidate(revision=revision):
            message.head = revision
        case PatchCandidate(digest=digest, fix=fix):
            message.patch.CopyFrom(executor_service_pb2.UploadedPatch(patch_digest=digest, fix=fix))
        case WorktreeCandidate():
            message.worktree.CopyFrom(executor_service_pb2.WorktreeEdits())
    return message


def gate_request_from_wire(message: executor_service_pb2.StartRunRequest) -> GateRequest:
    """The request. Raises InvalidValue."""
    return GateRequest(
        run_id=check_run_id(message.run_id) if message.run_id else None,
        repository=_repository(message.repository),
        base=_without_nul(message.base, "base") or None,
        candidate=_candidate(message),
        options=_options(message),
        no_baseline=message.no_baseline,
        clone_url=given(message.HasField("clone_url"), message.clone_url),
        bundle_digest=given(message.HasField("bundle_digest"), message.bundle_digest),
        fresh_base=message.fresh_base,
        configuration=given(
            message.HasField("configuration"), message.configuration, lambda file: _file(file, "configuration")
        ),
        policy=given(message.HasField("policy"), message.policy, lambda file: _file(file, "policy")),
        named_folder=message.named_folder,
    )


def _options(message: executor_service_pb2.StartRunRequest) -> TestOptions:
    return TestOptions(
        interpreter=_absolute(message.interpreter, "interpreter") if message.interpreter else None,
        arguments=tuple(_without_nul(argument, "arguments") for argument in message.arguments),
        setup=given(message.HasField("setup"), message.setup, lambda setup: _without_nul(setup, "setup")),
        timeout_ms=given(message.HasField("timeout_ms"), message.timeout_ms, _timeout_ms),
        folder=given(message.HasField("folder"), message.folder),
        variables=tuple(_variable(variable, "variables") for variable in message.variables),
        setup_variables=tuple(_variable(variable, "setup_variables") for variable in message.setup_variables),
        copies=tuple(_copy(copy) for copy in message.copies),
        before_side=given(
            message.HasField("before_side"), message.before_side, lambda text: _without_nul(text, "before_side")
        ),
        after_side=given(
            message.HasField("after_side"), message.after_side, lambda text: _without_nul(text, "after_side")
        ),
    )


def _timeout_ms(value: int) -> int:
    if not 1 <= value <= MAX_TIMEOUT_MS:
        raise InvalidValue("timeout_ms", f"{value} is outside 1 to {MAX_TIMEOUT_MS}")
    return value


def _variable_to_wire(variable: Variable) -> executor_service_pb2.Variable:
    return executor_service_pb2.Variable(name=variable.name, value=variable.value)


def _variable(message: executor_service_pb2.Variable, path: str) -> Variable:
    with within(path):
        return Variable(name=message.name, value=message.value)


def _copy(message: executor_service_pb2.CopiedFile) -> CopiedFile:
    with within("copies"):
        return CopiedFile(path=message.path, content=given(message.HasField("content"), message.content))


def _file_to_wire(file: ConfigurationFile | None) -> executor_service_pb2.ConfigurationFile | None:
    return None if file is None else executor_service_pb2.ConfigurationFile(name=file.name, text=file.text)


def _file(message: executor_service_pb2.ConfigurationFile, path: str) -> ConfigurationFile:
    with within(path):
        return ConfigurationFile(name=message.name, text=message.text)


def _candidate(message: executor_service_pb2.StartRunRequest) -> Candidate:
    match message.WhichOneof("candidate"):
        case "head":
            if not message.head:
                raise InvalidValue("head", "is empty; name a commit")
            return CommitCandidate(revision=_without_nul(message.head, "head"))
        case "patch":
            return PatchCandidate(digest=message.patch.patch_digest, fix=message.patch.fix)
        case "worktree":
            return WorktreeCandidate()
        case None:
            raise InvalidValue("candidate", "is not given; name a head, a patch or the worktree")


def _repository(value: str) -> Path | None:
    if len(value) > MAX_PATH:
        raise InvalidValue("repository", f"has {len(value)} characters; at most {MAX_PATH} are allowed")
    return _absolute(value, "repository") if value else None


def _absolute(value: str, path: str) -> Path:
    if not value.startswith("/"):
        raise InvalidValue(path, f"{value[:200]!r} is not an absolute path")
    return Path(_without_nul(value, path))


def _without_nul(value: str, path: str) -> str:
    if "\0" in value:
        raise InvalidValue(path, "holds a NUL character")
    return value
