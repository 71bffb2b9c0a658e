"""The manifest of a bundle: whose it is, its revision, and its place in the line of all that were signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assent_sidecar.bundle.filehash import read_object
from assent_sidecar.bundle.refusal import BundleMalformedError
from assent_sidecar.canonical import digest, digest_bytes
from assent_sidecar.model import Json

MANIFEST = ".manifest"
SIGNATURES = ".signatures.json"

AUTHOR = "author"
"""Who made the bundle, in its metadata: part of the revision, and of what is signed."""

_SEQUENCE = "sequence"
_AUTHOR = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")
"""What is read, whoever built it; whether it can be somebody who calls is another question."""

PERSON = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}"
"""The id of somebody who calls, as tokens have it: no two that look alike are of different letters."""

_PERSON = re.compile(PERSON)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in the file ``.manifest``; ``sequence`` is None in a bundle that was never numbered.

    ``author`` is who made it, as whoever built it says; None when nobody said.
    """

    document: dict[str, Json] = field(repr=False)
    revision: str
    workspace: str
    title: str
    sequence: int | None
    author: str | None = None

    def numbered(self, sequence: int) -> "Manifest":
        """Return the manifest with another number; the revision is that of the content, and stays."""
        metadata = {**self.document["metadata"], _SEQUENCE: sequence}
        return replace(self, document={**self.document, "metadata": metadata}, sequence=sequence)


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
    author = metadata.get(AUTHOR)
    if author is not None and not (isinstance(author, str) and _AUTHOR.fullmatch(author)):
        raise BundleMalformedError("the manifest's author is not the id of a person: 1 to 128 characters, no spaces")
    return Manifest(document, revision, workspace, title, sequence, author)


def is_author(value: Json) -> bool:
    """Return whether this can be the id of an author: that of a caller, as tokens have it."""
    return isinstance(value, str) and _PERSON.fullmatch(value) is not None


def same_person(one: str, other: str) -> bool:
    """Return whether two ids are of one person: tokens are written by people, who write letters large and small."""
    return one.casefold() == other.casefold()


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
