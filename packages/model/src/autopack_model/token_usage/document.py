"""JSON documents of builder and auditor results: the input of their digests. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.token_usage.value import TokenUsage


def tokens_document(tokens: TokenUsage | None) -> Json:
    if tokens is None:
        return None
    return {"total": tokens.total, "prompt": tokens.prompt, "completion": tokens.completion}
