"""Digests as they are written down: keyed where what they are of holds a value that is never retained. Pure.

A plain digest of a value of few possibilities is as good as the value: who knows all the rest tries one after the
other. A keyed one is ``hmac-sha256:<hex>``, HMAC-SHA-256 (RFC 2104) over the text of the plain one, under a key that
the servers of one database share and that none of its rows says: without it there is nothing to compare a guess with.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

from assent_orchestrator.errors import MemoryKeyWrongError

KEYED = "hmac-sha256:"
"""What a keyed digest begins with."""

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Digests:
    """Makes what is written of plain digests.

    Without a ``key`` (the server has another master key of memory than its database) it makes no keyed one.
    """

    key: bytes | None = field(default=None, repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """Return those of a key that is gone when the process is."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def keyed(self, plain: str) -> str:
        """Return the keyed digest in the place of a plain one.

        Raises:
            MemoryKeyWrongError: this server has not got the key.
        """
        if self.key is None:
            raise MemoryKeyWrongError
        return f"{KEYED}{hmac.digest(self.key, plain.encode(), hashlib.sha256).hex()}"

    def written(self, plain: str, *, confided: bool) -> str:
        """Return what is written of a plain digest; ``confided``: what it is of holds what is never retained.

        Raises:
            MemoryKeyWrongError: that is so, and this server has not got the key.
        """
        return self.keyed(plain) if confided else plain

    def like(self, other: str, plain: str) -> str:
        """Return what is written of a plain digest of what was made of something else, with the digest ``other``.

        Raises:
            MemoryKeyWrongError: that one is keyed, and this server has not got the key.
        """
        return self.written(plain, confided=is_keyed(other))

    def same(self, written: str, plain: str) -> bool:
        """Say whether what was written is of what has this plain digest, whether or not it was keyed then.

        Raises:
            MemoryKeyWrongError: it was, and this server has not got the key.
        """
        return hmac.compare_digest(written, self.like(written, plain))


def is_keyed(digest: str) -> bool:
    """Say whether a digest is keyed: nobody can compute it anew without the key."""
    return digest.startswith(KEYED)


NO_KEY = Digests()
"""For those who never have anything that is not retained, and for servers that have not got the key: they say so."""
