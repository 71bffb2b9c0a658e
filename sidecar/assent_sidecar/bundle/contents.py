"""The files of an archive, and the archive of files. What comes from outside is read without being believed."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping

from assent_sidecar.bundle.refusal import BundleMalformedError

LARGEST_CONTENT = 512 * 1024 * 1024
"""Bytes that the files of one archive may have together, unpacked."""

_MOST_ENTRIES = 10_000
_FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
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
        return dict(_files(_unzipped(archive, largest), largest))
    # Headers of headers are read by recursion.
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, RecursionError) as error:
        raise BundleMalformedError("the archive cannot be read: it is no gzipped tar, or it is cut off") from error


def _unzipped(archive: bytes, largest: int) -> io.BytesIO:
    unpacked = io.BytesIO()
    with gzip.GzipFile(fileobj=io.BytesIO(archive)) as stream:
        while chunk := stream.read(_CHUNK):
            if unpacked.tell() + len(chunk) > largest:
                raise _too_large(largest)
            unpacked.write(chunk)
    unpacked.seek(0)
    return unpacked


def _files(unpacked: io.BytesIO, largest: int) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    size = 0
    with tarfile.open(fileobj=unpacked, mode="r:") as archive:
        for number, entry in enumerate(archive):
            if number >= _MOST_ENTRIES:
                raise BundleMalformedError(f"the archive holds more than {_MOST_ENTRIES} files and folders")
            if entry.isdir():
                continue
            path = entry.name.removeprefix("./").lstrip("/")
            # A sparse file calls itself a regular one, and is as large as it likes in an archive of a few bytes.
            plain = entry.type in _FILES and not entry.issparse() and entry.size >= 0
            if not plain or not path or {"", ".", ".."} & set(path.split("/")):
                raise BundleMalformedError(f"the archive holds {entry.name!r}, which is no file inside of it")
            if path in seen:
                raise BundleMalformedError(f"the archive holds {path!r} twice")
            size += entry.size
            if size > largest:
                raise _too_large(largest)
            content = archive.extractfile(entry)
            assert content is not None  # it is a file
            seen.add(path)
            yield path, content.read()


def _too_large(largest: int) -> BundleMalformedError:
    return BundleMalformedError(f"the archive holds more than {largest} bytes")
