"""The JSON document of a token usage."""

from autopack_model.canonical import Json
from autopack_model.token_usage.value import TokenUsage


def tokens_document(tokens: TokenUsage | None) -> Json:
    """Every field of a token usage; None when it is not known."""
    if tokens is None:
        return None
    return {"total": tokens.total, "prompt": tokens.prompt, "completion": tokens.completion}
