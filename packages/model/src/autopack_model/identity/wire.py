"""Sides and attempts on the wire."""

from typing import TYPE_CHECKING

from autopack.results.v1 import identity_pb2
from autopack_model.fields import read_enum
from autopack_model.identity.value import AttemptRef, Side

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _side: identity_pb2.Side.Members = Side


def side_to_wire(side: Side) -> identity_pb2.Side.ValueType:
    """The number of ``side``."""
    return identity_pb2.Side.ValueType(side.value)


def side_from_wire(number: int, path: str) -> Side:
    """The side with ``number``. Raises InvalidValue."""
    return read_enum(Side, number, path)


def attempt_ref_to_wire(ref: AttemptRef) -> identity_pb2.AttemptRef:
    """The message of an attempt's name."""
    return identity_pb2.AttemptRef(run_id=ref.run_id, phase=ref.phase, attempt=ref.attempt)


def attempt_ref_from_wire(message: identity_pb2.AttemptRef) -> AttemptRef:
    """The attempt's name. Raises InvalidValue."""
    return AttemptRef(run_id=message.run_id, phase=message.phase, attempt=message.attempt)
