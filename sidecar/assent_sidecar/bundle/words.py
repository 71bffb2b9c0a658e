"""The words that stand in a bundle: what people wrote, as against what policies compute from a question. Pure."""

import json
import re
from collections.abc import Iterator

from assent_sidecar.bundle.contents import read_archive
from assent_sidecar.model import Json

_DATA = "data.json"
_TOKEN = re.compile(r'#(?P<comment>[^\n]*)|(?P<text>"(?:[^"\\\n]|\\.)*")|`(?P<raw>[^`]*)`')
_WORD = re.compile(r"[^\s\"'`,:\[\]{}()]+")


def words_of(archive: bytes) -> frozenset[str]:
    """Return the strings of the Rego and data of a bundle, and the words of its comments, where controls stand.

    It reads the whole archive, so call it from a thread.

    Raises:
        BundleMalformedError: it is no archive, or its data is not JSON.
    """
    files = read_archive(archive)
    found: set[str] = set()
    for path, content in files.items():
        if path.endswith(".rego"):
            found.update(_of_rego(content.decode(errors="replace")))
        elif path == _DATA:
            found.update(_of_json(json.loads(content)))
    return frozenset(found)


def strings_of(text: str) -> Iterator[str]:
    """Yield the strings of a Rego file, as the engine reads them."""
    for token in _TOKEN.finditer(text):
        yield from _string_of(token)


def _string_of(token: re.Match[str]) -> Iterator[str]:
    if token["raw"] is not None:
        yield token["raw"]
    elif token["text"] is not None:
        try:
            yield json.loads(token["text"])
        except ValueError:
            return  # the engine would not take it either


def _of_rego(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(text):
        yield from _string_of(token)
        if token["comment"] is not None:
            yield from _WORD.findall(token["comment"])
            yield token["comment"].partition(":")[2].strip().strip("\"'")


def _of_json(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _of_json(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _of_json(one)
