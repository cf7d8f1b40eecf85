"""Keep a patch for the runs that will name it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.gate.ports.sources import Patches
from autopack_executor.gate.request_memory import RequestMemory
from autopack_model.patch.value import PatchUpload

_PRESENT, _NEW = "present", "new"


@dataclass(slots=True, kw_only=True)
class UploadPatch:
    """The use case. A request that comes again with its id gets its first answer."""

    patches: Patches
    requests: RequestMemory

    def __call__(
        self, request_id: str, upload: PatchUpload, chunks: Iterator[bytes], gone: threading.Event
    ) -> tuple[bool, bool]:
        """Keep the patch; whether it was there already, and whether the same request came before.

        ``gone`` says that nobody waits for the answer any more. Raises PatchRefused, InvalidValue, Cancelled.
        """

        def work() -> str:
            return _PRESENT if self.patches.receive(upload, chunks, cancel=gone) else _NEW

        answer, replayed = self.requests.once(request_id, "UploadPatch", upload, work)
        return answer == _PRESENT, replayed
