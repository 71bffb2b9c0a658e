"""Keys and what they open: one key a subject, wrapped by the master key; nobody is named in what is stored.

AES-256-GCM (NIST SP 800-38D) with random nonces seals values and wraps keys; the keys for wrapping and for naming are
derived from the master key by HKDF (RFC 5869), so that neither says anything of the other.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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
_DIGESTS = b"digests"
"""What the key of digests is wrapped with; that of a subject is, with its tenant and subject."""


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
    """The master key, which never leaves it. ``fingerprint`` tells master keys apart and nothing of them."""

    def __init__(self, master: bytes) -> None:
        if len(master) != MASTER_BYTES:
            raise ValueError("a master key has 32 bytes")
        self._wrapping = AESGCM(_derived(master, "wrap"))
        self._naming = _derived(master, "subject")
        self.fingerprint = _derived(master, "fingerprint").hex()

    def subject_key(self, tenant: str, subject: str) -> str:
        """Return what a subject is stored by: the same in every writing of Unicode, another one in each tenant."""
        written = canonical([tenant, unicodedata.normalize("NFC", subject)])
        return hmac.digest(self._naming, written, hashlib.sha256).hex()

    def new_digest_key(self) -> bytes:
        """Return a new key of the digests of a database, wrapped."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, secrets.token_bytes(KEY_BYTES), _DIGESTS)

    def digests(self, wrapped: bytes) -> Digests:
        """Return the digests whose key this is.

        Raises:
            MemoryKeyWrongError: another master key wrapped it.
        """
        try:
            return Digests(self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _DIGESTS))
        except (InvalidTag, ValueError) as error:
            raise MemoryKeyWrongError from error

    def new_key(self, tenant: str, subject_key: str) -> bytes:
        """Return a new key for a subject, wrapped."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, secrets.token_bytes(32), canonical([tenant, subject_key]))

    def unwrap(self, tenant: str, subject_key: str, wrapped: bytes) -> DataKey:
        """Return the key of a subject.

        Raises:
            MemoryKeyWrongError: another master key wrapped it, or it is that of another subject.
        """
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return DataKey(self._wrapping.decrypt(nonce, sealed, canonical([tenant, subject_key])))
        except (InvalidTag, ValueError) as error:
            raise MemoryKeyWrongError from error


def _derived(key: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"assent memory {use}".encode()).derive(key)
