"""Keys and what they open: one key a subject, wrapped by the master key; nobody is named in what is stored.

AES-256-GCM (NIST SP 800-38D) with random nonces seals values and wraps keys; the keys for wrapping and for naming are
derived from the master key by HKDF (RFC 5869), so that neither says anything of the other.
"""

import contextlib
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.memory.errors import MemoryUnreadableError
from assent_orchestrator.plan.digests import KEY_BYTES, Digests
from assent_sidecar.canonical import canonical
from assent_sidecar.model import Json

MASTER_BYTES = 32
_NONCE_BYTES = 12
_DIGESTS, _NAMING = b"digests", b"naming"
"""What the keys of digests and of names are wrapped with; that of a subject is, with its tenant and subject."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that only the key of its subject opens."""

    nonce: bytes
    ciphertext: bytes


class DataKey:
    """The key of what is remembered of one subject. ``about`` is what a sealed value is bound to, in the clear."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._digests = _derived(key, "digest")

    def seal(self, content: bytes, about: Sequence[Json]) -> Sealed:
        """Seal a value."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Sealed(nonce, self._cipher.encrypt(nonce, content, canonical(about)))

    def open(self, sealed: Sealed, about: Sequence[Json]) -> bytes:
        """Open a sealed value.

        Raises:
            MemoryUnreadableError: it was sealed with another key, about something else, or changed since.
        """
        try:
            return self._cipher.decrypt(sealed.nonce, sealed.ciphertext, canonical(about))
        except (InvalidTag, ValueError) as error:
            raise MemoryUnreadableError("what is stored cannot be opened as what it says it is") from error

    def digest(self, content: bytes) -> str:
        """Return ``hmac-sha256:<hex>``: whoever has not got the key can guess, and not find out."""
        return f"hmac-sha256:{hmac.digest(self._digests, content, hashlib.sha256).hex()}"


class Vault:
    """Master keys, which never leave it: the one that new keys are to be wrapped by, and others that open, too.

    A ``fingerprint`` tells master keys apart and nothing of them. ``naming`` is the key by which subjects are named in
    a database whose master key was replaced; by default it is derived from the master key.
    """

    def __init__(self, master: bytes, *others: bytes, naming: bytes | None = None) -> None:
        if any(len(one) != MASTER_BYTES for one in (master, *others)):
            raise ValueError("a master key has 32 bytes")
        self._masters = {_derived(one, "fingerprint").hex(): one for one in (master, *others)}
        self._wrapping = {name: AESGCM(_derived(one, "wrap")) for name, one in self._masters.items()}
        self._naming = naming if naming is not None else _derived(master, "subject")
        self.fingerprint = next(iter(self._masters))

    def knows(self, fingerprint: str) -> bool:
        """Say whether one of the master keys has this fingerprint."""
        return fingerprint in self._masters

    def named_by(self, fingerprint: str, wrapped: bytes | None) -> Self:
        """Return the vault of a database whose keys are wrapped by the master key with ``fingerprint``.

        ``wrapped`` is the key by which it names subjects; None: it is derived from that master key.

        Raises:
            MemoryKeyWrongError: no master key here wrapped it.
        """
        naming = _derived(self._masters[fingerprint], "subject") if wrapped is None else self._open(wrapped, _NAMING)
        return type(self)(*self._masters.values(), naming=naming)

    def subject_key(self, tenant: str, subject: str) -> str:
        """Return what a subject is stored by: the same in every writing of Unicode, another one in each tenant."""
        written = canonical([tenant, unicodedata.normalize("NFC", subject)])
        return hmac.digest(self._naming, written, hashlib.sha256).hex()

    def naming_key(self) -> bytes:
        """Return the key by which subjects are named, wrapped."""
        return self._wrap(self.fingerprint, self._naming, _NAMING)

    def new_digest_key(self, under: str) -> bytes:
        """Return a new key of the digests of a database, wrapped by the master key with this fingerprint."""
        return self._wrap(under, secrets.token_bytes(KEY_BYTES), _DIGESTS)

    def digests(self, wrapped: bytes) -> Digests:
        """Return the digests whose key this is.

        Raises:
            MemoryKeyWrongError: no master key here wrapped it.
        """
        return Digests(self._open(wrapped, _DIGESTS))

    def rewrapped_digest_key(self, wrapped: bytes) -> bytes:
        """Return the key of digests, wrapped by the first master key.

        Raises:
            MemoryKeyWrongError: no master key here wrapped it.
        """
        return self._wrap(self.fingerprint, self._open(wrapped, _DIGESTS), _DIGESTS)

    def new_key(self, tenant: str, subject_key: str, under: str) -> bytes:
        """Return a new key for a subject, wrapped by the master key with this fingerprint."""
        return self._wrap(under, secrets.token_bytes(32), canonical([tenant, subject_key]))

    def unwrap(self, tenant: str, subject_key: str, wrapped: bytes) -> DataKey:
        """Return the key of a subject.

        Raises:
            MemoryKeyWrongError: no master key here wrapped it, or it is that of another subject.
        """
        return DataKey(self._open(wrapped, canonical([tenant, subject_key])))

    def rewrapped(self, tenant: str, subject_key: str, wrapped: bytes) -> bytes:
        """Return the key of a subject, wrapped by the first master key.

        Raises:
            MemoryKeyWrongError: no master key here wrapped it, or it is that of another subject.
        """
        about = canonical([tenant, subject_key])
        return self._wrap(self.fingerprint, self._open(wrapped, about), about)

    def _wrap(self, fingerprint: str, key: bytes, about: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping[fingerprint].encrypt(nonce, key, about)

    def _open(self, wrapped: bytes, about: bytes) -> bytes:
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        for one in self._wrapping.values():
            with contextlib.suppress(InvalidTag, ValueError):
                return one.decrypt(nonce, sealed, about)
        raise MemoryKeyWrongError


def _derived(key: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"assent memory {use}".encode()).derive(key)
