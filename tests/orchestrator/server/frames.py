"""Calls as bytes on the wire (HTTP/2), for what no client of gRPC would do."""

import asyncio
import struct
from collections import Counter

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
ACK = END_STREAM = 1
END_HEADERS = 4
INITIAL_WINDOW_SIZE = 4


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + content


def hello(window: int) -> bytes:
    """Begin; ``window`` is how many bytes of an answer are taken in before more are asked for."""
    return PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window)) + frame(SETTINGS, ACK, 0)


def call(stream: int, method: str, message: bytes, *metadata: tuple[str, str]) -> bytes:
    sent = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", method),
        (":authority", "test"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        *metadata,
    )
    headers = b"".join(b"\x00" + _text(name) + _text(value) for name, value in sent)
    body = b"\x00" + struct.pack(">I", len(message)) + message
    return frame(HEADERS, END_HEADERS, stream, headers) + frame(DATA, END_STREAM, stream, body)


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: int, count: int) -> None:
    """Read until so many frames of a kind were there."""
    seen: Counter[int] = Counter()
    while seen[kind] < count:
        head = await reader.readexactly(9)
        content = await reader.readexactly(int.from_bytes(head[:3]))
        seen[head[3]] += 1
        if head[3] == PING and not head[4] & ACK:
            writer.write(frame(PING, ACK, 0, content))


def _text(value: str) -> bytes:
    encoded = value.encode(errors="surrogateescape")
    assert len(encoded) < 127
    return bytes((len(encoded),)) + encoded
