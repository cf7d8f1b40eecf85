"""What ``autopack gate`` was asked for, as a request of an executor."""

import contextlib
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_cli.config import Addresses, CommandSettings
from autopack_cli.gating.test_options import Place, configuration_file, local_interpreter, request_options
from autopack_cli.given_tests import GivenTests
from autopack_cli.render.text import is_utf8
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.patch.value import MAX_PATCH_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The options of the command as they were given; None stands for one that was left out."""

    repo: str
    mounted: bool
    base: str | None
    head: str | None
    patch: str | None
    patch_fix: bool
    worktree: bool
    tests: GivenTests
    json: str | None
    run_id: str | None
    no_baseline: bool
    fresh_base: bool
    policy: str | None
    addresses: Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request, and the patch that it names, which has to be sent before it; None for another candidate."""

    request: GateRequest
    patch: bytes | None


def asked(options: GateOptions, settings: CommandSettings) -> Asked:
    """What the options ask for, with every path of this machine absolute. Raises BadRequest."""
    remote, url = settings.executor_address is not None, options.repo if "://" in options.repo else None
    _refuse_unsayable(options)
    if options.fresh_base and options.no_baseline:
        raise BadRequest(
            "--fresh-base measures the base, and --no-baseline measures none; leave one of them out",
            subject="--fresh-base",
        )
    if options.mounted and not remote:
        raise BadRequest(
            "--mounted is about the machine of an executor; name the executor with --executor", subject="--mounted"
        )
    if options.mounted and not options.repo.startswith("/"):
        raise BadRequest(
            "--mounted needs --repo with the absolute path of the repository on the executor's machine",
            subject="--repo",
        )
    _refuse_other_candidates(options)
    patch = None if options.patch is None else _read_patch(options.patch)
    request = GateRequest(
        run_id=options.run_id,
        repository=None if url is not None else _repository(options),
        base=options.base,
        candidate=_candidate(options, patch),
        options=request_options(
            options.tests,
            Place(
                checkout=None if url is not None or options.mounted else _repository(options),
                reading=remote and not options.mounted,
            ),
            settings.environ,
            _interpreter(options.tests.python, settings, remote=remote),
        ),
        configuration=configuration_file(options.tests.config),
        policy=configuration_file(options.policy, "--policy"),
        no_baseline=options.no_baseline,
        clone_url=url,
        fresh_base=options.fresh_base,
    )
    return Asked(request=request, patch=patch)


def _repository(options: GateOptions) -> Path:
    return Path(options.repo) if options.mounted else Path(options.repo).resolve()


def _interpreter(python: str | None, settings: CommandSettings, *, remote: bool) -> Path | None:
    """The interpreter as an absolute path; None leaves it to the executor."""
    if python is None:
        return None
    if not remote:
        return local_interpreter(python, settings.search_path)
    if not python.startswith("/"):
        raise BadRequest(
            f"--python {python}: is not an absolute path, which it must be on the executor's machine; leave it "
            "out to let the executor choose",
            subject="--python",
        )
    return Path(python)


def _refuse_unsayable(options: GateOptions) -> None:
    """Refuse what no message can carry, and empty values: an empty value comes from a shell variable that is not set,
    and is not a wish for the default.
    """
    given = {
        "--repo": options.repo and str(Path(options.repo).resolve()),
        "--base": options.base,
        "--head": options.head,
        "--patch": options.patch,
        "--json": options.json,
        "--run-id": options.run_id,
        "--policy": options.policy,
    }
    for name, value in [
        *given.items(),
        *options.tests.texts(),
    ]:
        if value == "":
            raise BadRequest(f"{name} is empty; leave it out or give it a value", subject=name)
        if value is not None and not is_utf8(value):
            raise BadRequest(f"{name}: {value!r} is not UTF-8, and it has to be", subject=name)


def _refuse_other_candidates(options: GateOptions) -> None:
    given = [options.head is not None, options.patch is not None, options.worktree]
    if sum(given) != 1:
        raise BadRequest("name the candidate with exactly one of --head REV, --patch FILE and --worktree")
    if options.patch_fix and options.patch is None:
        raise BadRequest("--patch-fix is about a patch; name the patch with --patch", subject="--patch-fix")


def _candidate(options: GateOptions, patch: bytes | None) -> Candidate:
    if options.head is not None:
        return CommitCandidate(revision=options.head)
    if patch is not None:
        return PatchCandidate(digest=f"sha256:{hashlib.sha256(patch).hexdigest()}", fix=options.patch_fix)
    return WorktreeCandidate()


def _read_patch(name: str) -> bytes:
    try:
        with contextlib.ExitStack() as stack:
            file = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
            patch = file.read(MAX_PATCH_BYTES + 1)
    except OSError as error:
        raise BadRequest(f"the patch {name} cannot be read: {error.strerror}", subject=name) from error
    if not patch.strip():
        raise BadRequest(f"the patch {name} is empty; there is nothing to gate", subject=name)
    if len(patch) > MAX_PATCH_BYTES:
        raise BadRequest(
            f"the patch {name} has more than {MAX_PATCH_BYTES // 1024 // 1024} MiB; commit the change and gate the "
            "commit with --head",
            subject=name,
        )
    return patch
