"""Token counts on the wire."""

from autopack.results.v1 import token_usage_pb2
from autopack_model.fields import given
from autopack_model.token_usage.value import TokenUsage


def token_usage_to_wire(tokens: TokenUsage) -> token_usage_pb2.TokenUsage:
    """The message of what a language model took."""
    return token_usage_pb2.TokenUsage(total=tokens.total, prompt=tokens.prompt, completion=tokens.completion)


def token_usage_from_wire(message: token_usage_pb2.TokenUsage) -> TokenUsage:
    """What a language model took. Raises InvalidValue."""
    return TokenUsage(
        total=message.total,
        prompt=given(message.HasField("prompt"), message.prompt),
        completion=given(message.HasField("completion"), message.completion),
    )
