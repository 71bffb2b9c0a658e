"""Believes an archive or refuses it: signed by a key that counts, whole, and of the revision that it names."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
from pydantic import ValidationError

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.checks import CHECKS, read_checks
from assent_sidecar.bundle.contents import read_archive
from assent_sidecar.bundle.filehash import ALGORITHMS, file_hash, read_object
from assent_sidecar.bundle.keys import KeyRing
from assent_sidecar.bundle.manifest import MANIFEST, SIGNATURES, Manifest, read_manifest, revision_of
from assent_sidecar.bundle.refusal import BundleMalformedError, BundleSignatureError, BundleUnsignedError
from assent_sidecar.canonical import NotCanonicalError
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.model import Json

_DATA = "data.json"


@dataclass(frozen=True, slots=True)
class Trust:
    """Which archives are believed. A signature that is there must hold even where none is needed."""

    keys: KeyRing = field(default_factory=KeyRing)
    allow_unsigned: bool = False

    def read(self, archive: bytes) -> Bundle:
        """Return the bundle in ``archive``. It takes a while for a large one, so call it from a thread.

        Raises:
            BundleMalformedError: it is not one bundle of ours, or has another revision than its content.
            BundleUnsignedError: it has no signature, and must have one.
            BundleSignatureError: its signature does not hold.
        """
        files = read_archive(archive)
        if SIGNATURES in files:
            signed_by: str | None = verify_signature(files, self.keys)
        elif self.allow_unsigned:
            signed_by = None
        else:
            raise BundleUnsignedError(
                "the bundle is not signed: sign it with --key KEYID=FILE, or with assent bundle sign"
            )
        manifest = read_manifest(files)
        if signed_by is not None and manifest.sequence is None:
            raise BundleMalformedError("the bundle is signed, but has no sequence: sign it with assent bundle sign")
        return _bundle(archive, files, manifest, signed_by=signed_by)


def read_unverified(archive: bytes) -> Bundle:
    """Return the bundle in ``archive`` whoever signed it: to look at, never to decide by.

    Raises:
        BundleMalformedError: it is not one bundle of ours, or has another revision than its content.
    """
    files = read_archive(archive)
    return _bundle(archive, files, read_manifest(files), signed_by=None)


def verify_signature(files: Mapping[str, bytes], keys: KeyRing) -> str:
    """Return the id of the key that signed these files, all of them and nothing else.

    Raises:
        BundleSignatureError: no key that counts did, or a file was added, changed or taken away since.
    """
    token = _token(files[SIGNATURES])
    name = _key_id(token)
    key = keys.keys.get(name)
    if key is None:
        raise BundleSignatureError(
            f"the bundle is signed by the key {name[:64]!r}, which does not count here; "
            "give its public half as KEYID=FILE, to assent serve with --bundle-key, or as TENANT/KEYID=FILE "
            "if it is to count for the bundles of one tenant and nobody else's"
        )
    try:
        # The algorithm is the key's: what the token says of itself decides nothing.
        payload = jwt.decode(token, key.key, algorithms=[key.algorithm], options={"verify_aud": False})
    except jwt.InvalidTokenError as error:
        raise BundleSignatureError(
            f"the signature by the key {name!r} does not hold: another key made it, or what was signed is not this"
        ) from error
    hashes = _hashes(payload.get("files"))
    there = set(files) - {SIGNATURES}
    if unsigned := sorted(there - set(hashes)):
        raise BundleSignatureError(f"the signature says nothing of {unsigned[0]}")
    if missing := sorted(set(hashes) - there):
        raise BundleSignatureError(f"the signature names {missing[0]}, which is not there")
    for path, (algorithm, expected) in hashes.items():
        if not hmac.compare_digest(file_hash(path, files[path], algorithm), expected):
            raise BundleSignatureError(f"{path} is not as it was signed")
    return name


def catalogue_of(files: Mapping[str, bytes], manifest: Manifest) -> Catalogue:
    """Return what people declared in a bundle, after checking that it is whole.

    Raises:
        BundleMalformedError: a file has no business there, or the content has another revision.
    """
    for path in files:
        if not (path.endswith(".rego") or path in {_DATA, CHECKS, MANIFEST, SIGNATURES}):
            raise BundleMalformedError(f"{path} does not belong into a bundle")
    try:
        revision = revision_of(files, manifest.document)
    except NotCanonicalError as error:
        raise BundleMalformedError("the manifest has no canonical form") from error
    if revision != manifest.revision:
        raise BundleMalformedError(f"the bundle calls itself {manifest.revision[:80]}, but its content is {revision}")
    data = read_object(_DATA, files.get(_DATA, b""))
    declared = data.get("catalogue")
    if not isinstance(declared, dict):
        raise BundleMalformedError("the bundle has no catalogue: build it with assent bundle build")
    named: dict[str, Json] = {"workspace": manifest.workspace, "title": manifest.title}
    try:
        return Catalogue.from_json({**declared, **named, "data": data.get("settings", {})})
    except ValidationError as error:
        raise BundleMalformedError(
            f"the catalogue of the bundle cannot be read ({error.error_count()} faults)"
        ) from error


def _bundle(archive: bytes, files: Mapping[str, bytes], manifest: Manifest, *, signed_by: str | None) -> Bundle:
    return Bundle(
        archive,
        manifest.revision,
        catalogue_of(files, manifest),
        sequence=manifest.sequence,
        signed_by=signed_by,
        author=manifest.author,
        checks=read_checks(files[CHECKS]) if CHECKS in files else None,
    )


def claimed_key(signatures: bytes) -> str:
    """Return by which key ``.signatures.json`` says it is, without checking anything.

    Raises:
        BundleSignatureError: it says nothing that can be read.
    """
    return _key_id(_token(signatures))


def _token(content: bytes) -> str:
    signatures = read_object(SIGNATURES, content).get("signatures")
    if not (isinstance(signatures, list) and len(signatures) == 1 and isinstance(signatures[0], str)):
        raise BundleSignatureError("there must be exactly one signature")
    return signatures[0]


def _key_id(token: str) -> str:
    """Return who a token says it is by, as OPA reads it: the header, else the claim."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, json.JSONDecodeError) as error:
        raise BundleSignatureError("the signature is no JWT") from error
    name = header.get("kid") or claims.get("keyid")
    if not isinstance(name, str) or not name:
        raise BundleSignatureError("the signature does not say by which key it is")
    return name


def _hashes(listed: Json) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for entry in listed if isinstance(listed, list) else [None]:
        match entry:
            case {"name": str(path), "hash": str(value), "algorithm": str(algorithm)} if algorithm in ALGORITHMS:
                name = path.removeprefix("./").lstrip("/")
            case _:
                raise BundleSignatureError("the signature does not name files with hashes of SHA-256 or longer")
        if name in found:
            raise BundleSignatureError(f"the signature names {name} twice")
        found[name] = (algorithm, value.lower())
    return found
