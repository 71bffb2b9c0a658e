"""The file that keeps the key with which permits are signed."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from assent_orchestrator.governance.thumbprint import thumbprint
from assent_orchestrator.secret import OpenToOthersError, read_or_make


class SigningKeyError(Exception):
    """The key cannot be used; the message says which file and why, never what is in it."""


def open_signing_key(path: Path) -> Ed25519PrivateKey:
    """Read the Ed25519 key (PKCS #8, PEM) from ``path``; make one there (0600) when there is none.

    Raises:
        SigningKeyError: others can read the file, or it does not hold such a key.
        OSError: the file cannot be read or written.

    """
    try:
        pem = read_or_make(path, _new)
    except OpenToOthersError as error:
        raise SigningKeyError(str(error)) from error
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyError(f"{path} does not hold a private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} holds a key, but not an Ed25519 one")
    return key


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the public half of a key as a JWK (RFC 8037); ``kid`` is its thumbprint (RFC 7638)."""
    public: dict[str, str] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": thumbprint(public), "use": "sig", "alg": "EdDSA"}


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
