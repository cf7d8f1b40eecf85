"""Keep a bundle for the runs that will name it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.gate.ports.sources import Sources
from autopack_executor.gate.request_memory import RequestMemory
from autopack_model.bundle.value import BundleUpload

_PRESENT, _NEW = "present", "new"


@dataclass(slots=True, kw_only=True)
class UploadBundle:
    """The use case. A request that comes again with its id gets its first answer."""

    sources: Sources
    requests: RequestMemory

    def __call__(
        self, request_id: str, upload: BundleUpload, chunks: Iterator[bytes], gone: threading.Event
    ) -> tuple[bool, bool]:
        """Keep the bundle; whether it was there already, and whether the same request came before.

        ``gone`` says that nobody waits for the answer any more. Raises BundleRefused, InvalidValue, Cancelled.
        """

        def work() -> str:
            return _PRESENT if self.sources.receive(upload, chunks, cancel=gone) else _NEW

        answer, replayed = self.requests.once(request_id, "UploadBundle", upload, work)
        return answer == _PRESENT, replayed
