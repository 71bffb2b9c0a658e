"""Where a tool server listens, and how it may be spoken to."""

import grpc
from grpc import aio

from assent_sidecar.loopback import is_loopback

MAX_MESSAGE_BYTES = 4 * 1024 * 1024

RECONNECT_WITHIN = 1.5
"""Seconds until a channel that could not connect has tried again; see the back-off below."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # An effect is attempted when the gate says so, never because a library thinks it wise.
    ("grpc.enable_retries", 0),
    # Servers may hang up on those who ping more often than every five minutes: a lost connection is an unknown effect.
    ("grpc.keepalive_time_ms", 360_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Proxies of the environment are for browsing, not for reaching an enterprise system with a permit in hand.
    ("grpc.enable_http_proxy", 0),
)


def is_local(address: str) -> bool:
    """Return whether what is sent to ``address`` (a gRPC target) stays on this machine."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    return is_loopback(address.rpartition(":")[0].strip("[]"))


def open_channel(address: str) -> aio.Channel:
    """Open a channel to ``address``, with TLS unless it stays on this machine."""
    if is_local(address):
        return aio.insecure_channel(address, options=_OPTIONS)
    return aio.secure_channel(address, grpc.ssl_channel_credentials(), options=_OPTIONS)
