"""``python -m autopack_rpc.health.probe ADDRESS``: is the service there ready? For health checks of containers.

Prints one line, and leaves with 0 (SERVING), 1 (it answers, and is not) or 2 (no answer, or used in a wrong way).
"""

import argparse
import sys

import grpc
from grpc_health.v1 import health_pb2

READY, NOT_READY, NO_ANSWER = 0, 1, 2


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m autopack_rpc.health.probe", description="Ask a service for its health."
    )
    parser.add_argument("address", metavar="ADDRESS", help="host:port or unix:/path")
    parser.add_argument("--service", default="", metavar="NAME", help="default: the whole server; autopack.liveness")
    parser.add_argument("--timeout", type=float, default=4.0, metavar="S", help="seconds to wait; default 4")
    options = parser.parse_args()
    address: str = options.address
    service: str = options.service
    timeout: float = options.timeout
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            status = check(health_pb2.HealthCheckRequest(service=service), timeout=timeout).status
        except grpc.RpcError as error:
            _say(f"{address}: no answer ({_reason(error)})")
            return NO_ANSWER
    _say(f"{address}: {health_pb2.HealthCheckResponse.ServingStatus.Name(status)}")
    return READY if status == health_pb2.HealthCheckResponse.SERVING else NOT_READY


def _reason(error: Exception) -> str:
    return f"{error.code().name}: {error.details()}" if isinstance(error, grpc.Call) else str(error)


def _say(line: str) -> None:
    sys.stdout.write(" ".join(line.split()) + "\n")


if __name__ == "__main__":
    sys.exit(main())
