"""When a channel asks again: UNAVAILABLE, a few times, with growing, jittered pauses, within the call's deadline.

gRPC does it, from copies of the messages that it sent. So a repetition has the same request_id, and a call that grew
beyond the copies, or whose answer has begun, is not repeated but fails as it did (docs/decisions/0008).
"""

import json

ATTEMPTS = 4
"""How often a call is made at most."""

REPLAY_BYTES = 16 * 1024 * 1024
"""How much of a call's requests is kept to be sent again. A longer upload is made once."""

PUSHBACK_KEY = "grpc-retry-pushback-ms"
NO_RETRY = (PUSHBACK_KEY, "-1")
"""What a server adds to a refusal that the caller had better not repeat."""

_RETRY_POLICY = {
    "maxAttempts": ATTEMPTS,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}

CHANNEL_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": _RETRY_POLICY}]})),
    ("grpc.enable_retries", 1),
    ("grpc.per_rpc_retry_buffer_size", REPLAY_BYTES),
    # A lost connection is tried again as quickly as the calls are; a server that comes back is found within seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5000),
)
