"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, 5.7), in the standard library from 3.14 on."""

import secrets
import uuid
from datetime import datetime


def uuid7(now: datetime) -> uuid.UUID:
    """Return a new UUID: 48 bits of milliseconds since 1970, 74 bits of chance."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return uuid.UUID(int=value)
