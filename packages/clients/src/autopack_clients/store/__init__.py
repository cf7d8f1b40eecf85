"""The typed client of the store: domain values go in and come out."""

import grpc

from autopack_clients.store.baselines import BaselineCalls
from autopack_clients.store.changed_files import ChangedFilesCalls
from autopack_clients.store.decisions import DecisionCalls
from autopack_clients.store.evidence import EvidenceCalls
from autopack_clients.store.history import HistoryCalls
from autopack_clients.store.results import ResultCalls
from autopack_clients.store.runs import RunCalls


class StoreClient(RunCalls, ChangedFilesCalls, EvidenceCalls, BaselineCalls, DecisionCalls, ResultCalls, HistoryCalls):
    """Every call of the store. A call raises StoreUnavailable when the store cannot be reached, and StoreRefused (or
    what it is more exactly) when the store says no. What a call may do depends on the token of the channel.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        RunCalls.__init__(self, channel)
        ChangedFilesCalls.__init__(self, channel)
        EvidenceCalls.__init__(self, channel)
        BaselineCalls.__init__(self, channel)
        DecisionCalls.__init__(self, channel)
        ResultCalls.__init__(self, channel)
        HistoryCalls.__init__(self, channel)
