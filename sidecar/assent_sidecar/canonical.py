"""Canonical JSON (RFC 8785) and the digests that everything else is bound to."""

import hashlib
from typing import Any

import rfc8785


class NotCanonicalError(ValueError):
    """The value has no canonical JSON form: NaN, infinity, an integer beyond 2**53 - 1, or no JSON type at all."""


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises:
        NotCanonicalError: the value cannot be written so that every reader agrees on it.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonicalError("the value has no canonical JSON form (RFC 8785)") from error


def digest(value: Any) -> str:
    """Return ``sha256:<hex>`` over the canonical form of a JSON value."""
    return digest_bytes(canonical(value))


def digest_bytes(content: bytes) -> str:
    """Return ``sha256:<hex>`` over bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
