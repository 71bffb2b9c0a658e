"""The name of a public key: its JWK thumbprint (RFC 7638)."""

import base64
import hashlib
from collections.abc import Mapping

from assent_sidecar.canonical import canonical

_MEMBERS = ("crv", "kty", "x")


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of an OKP key (RFC 8037, section 2), base64url without padding."""
    # For text values in this order, RFC 8785 writes exactly what RFC 7638 asks for.
    hashed = hashlib.sha256(canonical({name: jwk[name] for name in _MEMBERS})).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
