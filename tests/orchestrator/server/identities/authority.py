"""A certificate authority and an issuer of JWTs for tests."""

import ipaddress
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMES = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


class Authority:
    """Signs certificates."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _certificate("authority", self._key, None, self._key, ())
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    def certify(self, common: str, names: Sequence[x509.GeneralName]) -> tuple[bytes, bytes]:
        """Return a key and a certificate (PEM) with these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(common, key, self._certificate, self._key, names)
        return _pem(key), made.public_bytes(serialization.Encoding.PEM)


class TokenIssuer:
    """Signs JWTs as ``https://issuer.test`` for ``assent``."""

    def __init__(self, key_id: str = "k1") -> None:
        self.key_id = key_id
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwks(self) -> str:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return json.dumps({"keys": [public | {"kid": self.key_id, "alg": "ES256", "use": "sig"}]})

    def token(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        now = datetime.now(UTC)
        whole = {
            "iss": "https://issuer.test",
            "aud": "assent",
            "sub": "dana",
            "groups": ["directors"],
            "exp": now + timedelta(minutes=5),
            "iat": now,
        } | claims
        stated = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(stated, self._key, "ES256", headers={"kid": self.key_id} | (headers or {}))


def _certificate(
    common: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    signer: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer is not None else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
