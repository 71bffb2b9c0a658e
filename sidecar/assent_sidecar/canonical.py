"""Canonical JSON (RFC 8785) and the digests that everything else is bound to."""

import hashlib
from typing import Any

import msgspec
import rfc8785

_EXACT = 2**53 - 1
_PLAIN = msgspec.json.Encoder(order="sorted")
_WORDS = frozenset({str, bool, type(None)})


class NotCanonicalError(ValueError):
    """The value has no canonical JSON form: NaN, infinity, an integer beyond 2**53 - 1, or no JSON type at all."""


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises:
        NotCanonicalError: the value cannot be written so that every reader agrees on it.
    """
    try:
        return _PLAIN.encode(value) if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonicalError("the value has no canonical JSON form (RFC 8785)") from error


def _is_plain(value: Any) -> bool:
    """Say whether the value holds nothing on which RFC 8785 and msgspec, which is far quicker, could differ.

    They differ on numbers with a fraction or beyond what a double holds, and on the order of names that are not ASCII.
    """
    pending = [value]
    for one in pending:  # which grows meanwhile
        kind = type(one)
        if kind in _WORDS:
            continue
        if kind is dict:
            for name in one:
                if type(name) is not str or not name.isascii():
                    return False
            pending.extend(one.values())
        elif kind is list or kind is tuple:
            pending.extend(one)
        elif kind is not int or not -_EXACT <= one <= _EXACT:
            return False
    return True


def digest(value: Any) -> str:
    """Return ``sha256:<hex>`` over the canonical form of a JSON value."""
    return digest_bytes(canonical(value))


def digest_bytes(content: bytes) -> str:
    """Return ``sha256:<hex>`` over bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
