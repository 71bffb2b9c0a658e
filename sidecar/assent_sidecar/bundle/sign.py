"""Signs a bundle, in the form of ``opa sign``: one JWT in ``.signatures.json`` over the hash of every other file."""

import jwt

from assent_sidecar.bundle.contents import read_archive, write_archive
from assent_sidecar.bundle.filehash import file_hash
from assent_sidecar.bundle.keys import SigningKey
from assent_sidecar.bundle.manifest import MANIFEST, SIGNATURES, Manifest, read_manifest
from assent_sidecar.canonical import canonical
from assent_sidecar.model import Json


def sign_bundle(archive: bytes, key: SigningKey, *, sequence: int) -> bytes:
    """Return the bundle signed by ``key``, as number ``sequence`` of its line; earlier signatures are replaced.

    Raises:
        BundleMalformedError: the archive is no bundle of ours.
        ValueError: the sequence is negative, or beyond what JSON can say exactly.
    """
    files = number_files(read_archive(archive), sequence)
    files.pop(SIGNATURES, None)
    hashes: list[Json] = [
        {"name": path, "hash": file_hash(path, content), "algorithm": "SHA-256"}
        for path, content in sorted(files.items())
    ]
    # OPA reads the key's id from the header; the claim is where older ones look for it.
    token = jwt.encode({"files": hashes, "keyid": key.id}, key.key, algorithm=key.algorithm, headers={"kid": key.id})
    return write_archive(files | {SIGNATURES: canonical({"signatures": [token]})})


def number_files(files: dict[str, bytes], sequence: int) -> dict[str, bytes]:
    """Return the files with ``sequence`` in the manifest, from where it is signed with everything else.

    Raises:
        BundleMalformedError: they are not those of a bundle of ours.
        ValueError: the sequence is negative, or beyond what JSON can say exactly.
    """
    if not 0 <= sequence < 2**53:
        raise ValueError("a sequence is a number from 0 to 2**53 - 1")
    manifest: Manifest = read_manifest(files).numbered(sequence)
    return files | {MANIFEST: canonical(manifest.document)}
