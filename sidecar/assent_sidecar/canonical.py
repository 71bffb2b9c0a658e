"""Canonical JSON (RFC 8785) and the digests that everything else is bound to."""

import hashlib
import json
from typing import Any

import rfc8785

_EXACT = 2**53 - 1
_PLAIN = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))


class NotCanonicalError(ValueError):
    """The value has no canonical JSON form: NaN, infinity, an integer beyond 2**53 - 1, or no JSON type at all."""


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises:
        NotCanonicalError: the value cannot be written so that every reader agrees on it.
    """
    try:
        return _plain_bytes(value) if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonicalError("the value has no canonical JSON form (RFC 8785)") from error


def _is_plain(value: Any) -> bool:
    """Say whether the value holds nothing on which RFC 8785 and the standard library could differ.

    They differ on numbers with a fraction or beyond what a double holds, and on the order of names that are not ASCII.
    """
    pending = [value]
    while pending:
        one = pending.pop()
        kind = type(one)
        if kind is dict:
            for name in one:
                if type(name) is not str or not name.isascii():
                    return False
            pending.extend(one.values())
        elif kind is list or kind is tuple:
            pending.extend(one)
        elif kind is int:
            if not -_EXACT <= one <= _EXACT:
                return False
        elif kind is not str and kind is not bool and one is not None:
            return False
    return True


def _plain_bytes(value: Any) -> bytes:
    """Write a plain value: what the library does in Python, at a tenth of the time."""
    return _PLAIN.encode(value).encode()


def digest(value: Any) -> str:
    """Return ``sha256:<hex>`` over the canonical form of a JSON value."""
    return digest_bytes(canonical(value))


def digest_bytes(content: bytes) -> str:
    """Return ``sha256:<hex>`` over bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
