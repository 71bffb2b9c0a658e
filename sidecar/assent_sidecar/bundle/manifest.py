"""The manifest of a bundle: whose it is, its revision, and its place in the line of all that were signed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assent_sidecar.bundle.filehash import read_object
from assent_sidecar.bundle.refusal import BundleMalformedError
from assent_sidecar.canonical import digest, digest_bytes
from assent_sidecar.model import Json

MANIFEST = ".manifest"
SIGNATURES = ".signatures.json"

_SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in the file ``.manifest``; ``sequence`` is None in a bundle that was never numbered."""

    document: dict[str, Json] = field(repr=False)
    revision: str
    workspace: str
    title: str
    sequence: int | None

    def numbered(self, sequence: int) -> "Manifest":
        """Return the manifest with another number; the revision is that of the content, and stays."""
        metadata = {**self.document["metadata"], _SEQUENCE: sequence}
        return Manifest({**self.document, "metadata": metadata}, self.revision, self.workspace, self.title, sequence)


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    """Read the manifest among the files of a bundle.

    Raises:
        BundleMalformedError: there is none, or it is not one of ours.
    """
    if MANIFEST not in files:
        raise BundleMalformedError("the archive has no manifest")
    document = read_object(MANIFEST, files[MANIFEST])
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise BundleMalformedError("the manifest has no metadata: build the bundle with assent bundle build")
    revision, workspace, title = document.get("revision"), metadata.get("workspace"), metadata.get("title", "")
    if not (isinstance(revision, str) and isinstance(workspace, str) and isinstance(title, str)):
        raise BundleMalformedError("the manifest names no revision or no workspace")
    sequence = metadata.get(_SEQUENCE)
    if sequence is not None and (isinstance(sequence, bool) or not isinstance(sequence, int) or sequence < 0):
        raise BundleMalformedError("the manifest's sequence is no number from 0 on")
    return Manifest(document, revision, workspace, title, sequence)


def revision_of(files: Mapping[str, bytes], document: Mapping[str, Json]) -> str:
    """Return the digest over the content of a bundle.

    It covers every file by its bytes, and the manifest without what does not change a decision: the revision itself and
    the number. The same content is thus known by the same name, whoever signs it and how often.
    """
    content = [
        {"path": path, "digest": digest_bytes(files[path])}
        for path in sorted(files)
        if path not in {MANIFEST, SIGNATURES}
    ]
    manifest = {name: value for name, value in document.items() if name != "revision"}
    metadata = {name: value for name, value in manifest.get("metadata", {}).items() if name != _SEQUENCE}
    return digest({"files": content, "manifest": {**manifest, "metadata": metadata}})
