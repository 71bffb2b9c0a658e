"""The files of an archive, and the archive of files. What comes from outside is read without being believed."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping

from assent_sidecar.bundle.refusal import BundleMalformedError

LARGEST_CONTENT = 512 * 1024 * 1024
"""Bytes that the files of one archive may have together, unpacked."""

_MOST_FILES = 10_000
_CHUNK = 1024 * 1024


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Return a gzipped tar; the same files give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(f"/{path}")
            entry.size, entry.mode = len(files[path]), 0o600
            archive.addfile(entry, io.BytesIO(files[path]))
    return gzip.compress(packed.getvalue(), mtime=0)


def read_archive(archive: bytes, *, largest: int = LARGEST_CONTENT) -> dict[str, bytes]:
    """Return the files of an archive by path, without a leading slash.

    Raises:
        BundleMalformedError: it is no gzipped tar, larger than ``largest`` bytes unpacked, or holds anything but files
            inside of it, each once.
    """
    try:
        return dict(_files(_unzipped(archive, largest)))
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        raise BundleMalformedError("the archive cannot be read: it is no gzipped tar, or it is cut off") from error


def _unzipped(archive: bytes, largest: int) -> bytes:
    unpacked = bytearray()
    with gzip.GzipFile(fileobj=io.BytesIO(archive)) as stream:
        while chunk := stream.read(_CHUNK):
            unpacked += chunk
            if len(unpacked) > largest:
                raise BundleMalformedError(f"the archive holds more than {largest} bytes")
    return bytes(unpacked)


def _files(unpacked: bytes) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
        for entry in archive:
            path = entry.name.removeprefix("./").lstrip("/")
            if entry.isdir():
                continue
            content = archive.extractfile(entry) if entry.isreg() else None
            if content is None or not path or {"", ".", ".."} & set(path.split("/")):
                raise BundleMalformedError(f"the archive holds {entry.name!r}, which is no file inside of it")
            if path in seen or len(seen) >= _MOST_FILES:
                raise BundleMalformedError(f"the archive holds {path!r} twice, or too many files")
            seen.add(path)
            yield path, content.read()
