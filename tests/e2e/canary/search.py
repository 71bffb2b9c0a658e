"""Looking for a marked value in whatever was written anywhere, in each of the forms in which it may stand there."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_PIECE = 64 * 1024 * 1024


def forms(mark: str) -> frozenset[bytes]:
    """Return the bytes by which a mark (ASCII letters and digits) is known: escapes of JSON leave those as they are.

    In base64 it is the middle, which does not depend on what is around: for each of the three places to begin at.
    """
    found: set[bytes] = set()
    for text in (mark, mark.upper()):
        plain = text.encode()
        found |= {
            plain,
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            plain.hex().encode(),
            plain.hex().upper().encode(),
        }
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            for before in range(3):
                whole = alphabet(b"." * before + plain)
                first = 0 if before == 0 else 4
                found.add(whole[first : (before + len(plain)) // 3 * 4])
    return frozenset(found)


def found_in(content: bytes, marks: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the marks that stand in some bytes, in any form."""
    return frozenset(name for name, mark in marks.items() if any(form in content for form in forms(mark)))


def found_below(folders: Iterable[Path], marks: Mapping[str, str]) -> dict[str, list[str]]:
    """Return for each mark that stands in a file below the folders, which files these are."""
    found: dict[str, list[str]] = {}
    for path in _files(folders):
        try:
            content = path.read_bytes()
        except OSError:
            continue  # a socket, or gone since
        assert len(content) < _PIECE, f"{path} is larger than what is looked through at once"
        for name in found_in(content, marks):
            found.setdefault(name, []).append(str(path))
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
