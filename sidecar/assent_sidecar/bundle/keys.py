"""The keys of bundles: the public ones by which they are believed, the private one with which one is signed."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from assent_sidecar.bundle.refusal import BundleKeyError
from assent_sidecar.model import Json
from assent_sidecar.rights import open_to_others

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_SMALLEST_RSA = 2048
_SUFFIX = ".pem"


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key; its kind fixes the one algorithm with which it verifies, whatever a signature says of itself."""

    id: str
    key: PublicKey = field(repr=False)
    algorithm: str

    @property
    def pem(self) -> str:
        """The key in PEM."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id by which those who verify know its public half."""

    id: str
    key: PrivateKey = field(repr=False)
    algorithm: str


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The public keys that count. Several may at once: while one takes over from another, both do."""

    keys: Mapping[str, VerifyingKey] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there is any key."""
        return bool(self.keys)

    def config(self) -> dict[str, Json]:
        """Return the part ``keys`` of OPA's configuration."""
        return {name: {"key": one.pem, "algorithm": one.algorithm} for name, one in self.keys.items()}


def read_key_ring(named: Iterable[str]) -> KeyRing:
    """Read public keys (PEM), each named as ``KEYID=FILE`` or as a folder of files ``KEYID.pem``.

    Raises:
        BundleKeyError: a file is missing or holds something else, an id cannot be one or is there twice.
    """
    found: dict[str, VerifyingKey] = {}
    for name, path in (pair for text in named for pair in _files(text)):
        if name in found:
            raise BundleKeyError(f"the bundle key {name!r} is named twice; leave one out")
        found[name] = _read_public(name, path)
    return KeyRing(found)


def read_signing_key(text: str) -> SigningKey:
    """Read the private key (PEM, 0600) that ``KEYID=FILE`` names.

    Raises:
        BundleKeyError: others can read it, it is missing, or it holds something else.
    """
    name, path = _pair(text)
    try:
        with path.open("rb") as file:
            pem, exposed = file.read(), open_to_others(file)
        if b"PUBLIC KEY" in pem:
            raise BundleKeyError(f"{path} holds a public key: name the file of the private half, which signs")
        if exposed:
            raise BundleKeyError(f"{path} can be read by others: chmod 600 it, and replace the key")
        key = load_pem_private_key(pem, password=None)
    except OSError as error:
        raise BundleKeyError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleKeyError(f"{path} does not hold a private key in PEM, without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BundleKeyError(f"{path} holds a key of a kind that OPA does not verify; make one with assent bundle key")
    return SigningKey(name, key, _algorithm(key.public_key(), path))


def public_half(path: Path) -> Path:
    """Return where the public half of the key in ``path`` is put."""
    return path.with_suffix(".pub.pem")


def make_key(path: Path) -> Path:
    """Make a key for ES256: the private half in ``path`` (0600), the public one beside it; return the latter's path.

    Raises:
        BundleKeyError: one of the files is there already, or cannot be written.
    """
    public = public_half(path)
    key = ec.generate_private_key(ec.SECP256R1())
    halves = (
        (path, 0o600, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        (public, 0o644, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    )
    for target, mode, content in halves:
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
        except OSError as error:
            raise BundleKeyError(f"{target} cannot be made: {error.strerror}") from error
    return public


def _files(text: str) -> Iterable[tuple[str, Path]]:
    folder = Path(text)
    if "=" in text or not folder.is_dir():
        yield _pair(text)
        return
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        yield _pair(f"{path.name.removesuffix(_SUFFIX)}={path}")


def _pair(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (equals and path and _KEY_ID.fullmatch(name)):
        raise BundleKeyError(f"{text!r} does not name a bundle key; write KEYID=FILE")
    return name, Path(path)


def _read_public(name: str, path: Path) -> VerifyingKey:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise BundleKeyError(f"{path} cannot be read: {error.strerror}") from error
    if b"PRIVATE KEY" in pem:
        raise BundleKeyError(f"{path} holds a private key: give whoever verifies the public half only")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BundleKeyError(f"{path} does not hold a public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise BundleKeyError(f"{path} holds a key of a kind that OPA does not verify; it takes P-256 and RSA, say")
    return VerifyingKey(name, key, _algorithm(key, path))


def _algorithm(key: PublicKey, path: Path) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _SMALLEST_RSA:
            raise BundleKeyError(f"{path} holds an RSA key of {key.key_size} bits; {_SMALLEST_RSA} are needed")
        return "RS256"
    if key.curve.name not in _CURVES:
        raise BundleKeyError(f"{path} holds a key on {key.curve.name}; OPA verifies those on P-256, P-384 and P-521")
    return _CURVES[key.curve.name]
