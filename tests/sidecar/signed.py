"""Small bundles that are signed, and keys to sign them with."""

import json
from pathlib import Path
from typing import Any

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.contents import read_archive, write_archive
from assent_sidecar.bundle.keys import KeyRing, SigningKey, make_key, read_key_ring, read_signing_key
from assent_sidecar.bundle.manifest import MANIFEST, revision_of
from assent_sidecar.bundle.sign import sign_bundle
from assent_sidecar.bundle.verify import Trust
from tests.sidecar.engines import ROOT

POLICY = """package assent

# The number stands twice: in the policy and in the data. A decision under one revision says it alike.
decision := {{
	"verdict": "allow",
	"reasons": [{{"code": "NUMBER", "message": sprintf("%d %d", [{number}, data.settings.number])}}],
}}
"""


class Signer:
    """A key in files, as people have it."""

    def __init__(self, folder: Path, name: str = "release") -> None:
        self.name = name
        self.private = folder / f"{name}.pem"
        self.public = make_key(self.private)

    @property
    def key(self) -> SigningKey:
        return read_signing_key(f"{self.name}={self.private}")

    @property
    def named(self) -> str:
        return f"{self.name}={self.public}"

    def sign(self, archive: bytes, sequence: int) -> bytes:
        return sign_bundle(archive, self.key, sequence=sequence)


def ring(*signers: Signer) -> KeyRing:
    return read_key_ring(signer.named for signer in signers)


def archive_of(number: int, policy: str = POLICY) -> bytes:
    """Return an unsigned bundle that answers with ``number``."""
    data = {"catalogue": {"systems": {}, "agents": {}, "processes": {}}, "settings": {"number": number, "x": 1.50}}
    return packed(
        {
            "assent/main.rego": policy.format(number=number).encode(),
            "assent/log.rego": (ROOT / "rego/assent/log.rego").read_bytes(),
            "data.json": json.dumps(data).encode(),
        }
    )


def packed(files: dict[str, bytes], **manifest: Any) -> bytes:
    document = {"roots": ["assent", "catalogue", "settings"], "rego_version": 1, "metadata": {"workspace": "test"}}
    document |= manifest
    revision = revision_of(files, document)
    return write_archive(files | {MANIFEST: json.dumps(document | {"revision": revision}).encode()})


def changed(archive: bytes, path: str, content: bytes | None) -> bytes:
    """Return the archive with one file replaced, added or (None) taken away, and nothing else."""
    files = read_archive(archive)
    files.pop(path, None)
    return write_archive(files | ({} if content is None else {path: content}))


def bundle(signer: Signer, number: int, sequence: int | None = None) -> Bundle:
    archive = signer.sign(archive_of(number), number if sequence is None else sequence)
    return Trust(ring(signer)).read(archive)
