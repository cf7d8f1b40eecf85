"""What an answer of the store means to the gatekeeper."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from autopack_gatekeeper.adapters.remote_store import RemoteStore
from autopack_gatekeeper.domain.errors import DamagedAnswer
from tests.fakes.store import first_attempt


def test_an_answer_that_the_contract_does_not_allow_is_damaged() -> None:
    """A store that answers without the run that was asked for gives nothing to decide on."""
    empty: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("autopack.store.v1.RunService", {"GetRun": empty}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with (
            grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
            pytest.raises(DamagedAnswer, match=r"is not valid .*; nothing was decided"),
        ):
            RemoteStore(channel).attempt(first_attempt())
    finally:
        server.stop(None).wait()
