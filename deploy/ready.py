"""What probes ask: exit code 0 when the server takes calls and can decide, by ``grpc.health.v1``.

It reads ``ASSENT_SERVER`` and ``ASSENT_TLS_CA`` as every command does.
"""

import os
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SECONDS = 4.0


def main() -> int:
    """Ask once."""
    address = os.environ.get("ASSENT_SERVER", "127.0.0.1:7433")
    authority = os.environ.get("ASSENT_TLS_CA")
    if authority:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(authority).read_bytes()))
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0 if answer.status == health_pb2.HealthCheckResponse.SERVING else 1


if __name__ == "__main__":
    sys.exit(main())
