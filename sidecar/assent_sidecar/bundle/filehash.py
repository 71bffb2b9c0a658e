"""The hash of one file of a bundle, as OPA's signatures have it.

Files of data are hashed by their value (OPA's ``bundle/hash.go``): keys in order, no white space, numbers as they are
written. Everything else is hashed by its bytes.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from assent_sidecar.bundle.refusal import BundleMalformedError
from assent_sidecar.model import Json

ALGORITHMS = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
"""What OPA calls them, of those that nobody can find collisions for."""

STRUCTURED = frozenset({"data.json", ".manifest"})
"""File names that OPA reads as JSON before hashing."""


def file_hash(path: str, content: bytes, algorithm: str = "SHA-256") -> str:
    """Return the hash of a file as lower-case hex.

    Raises:
        BundleMalformedError: a file of data is no JSON.
        KeyError: the algorithm is none of ``ALGORITHMS``.
    """
    hashed = hashlib.new(ALGORITHMS[algorithm])
    if path.rpartition("/")[2] in STRUCTURED:
        for part in _written(_literal(path, content)):
            hashed.update(part)
    else:
        hashed.update(content)
    return hashed.hexdigest()


def read_object(path: str, content: bytes) -> dict[str, Json]:
    """Return the JSON object in a file.

    Raises:
        BundleMalformedError: there is something else in it, or a key twice.
    """
    value = _parsed(path, content)
    if not isinstance(value, dict):
        raise BundleMalformedError(f"{path} is no JSON object")
    return value


class _Number(str):
    """A number in the digits in which it was written."""

    __slots__ = ()


def _literal(path: str, content: bytes) -> Any:
    return _parsed(path, content, parse_int=_Number, parse_float=_Number)


def _parsed(path: str, content: bytes, **options: Any) -> Any:
    try:
        return json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_refuse, **options)
    except (ValueError, RecursionError) as error:
        raise BundleMalformedError(f"{path} is no JSON that every reader reads alike") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _written(value: Any) -> Iterator[bytes]:
    match value:
        case dict():
            for number, key in enumerate(sorted(value)):
                yield b"," if number else b"{"
                yield _text(key)
                yield b":"
                yield from _written(value[key])
            yield b"}" if value else b"{}"
        case list():
            for number, one in enumerate(value):
                yield b"," if number else b"["
                yield from _written(one)
            yield b"]" if value else b"[]"
        case _Number():
            yield value.encode()
        case str():
            yield _text(value)
        case _:
            yield json.dumps(value).encode()


def _text(text: str) -> bytes:
    """Write a text as Go does, which escapes two separators that Python leaves alone."""
    written = json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return written.encode("utf-8", "replace")
