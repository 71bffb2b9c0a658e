"""Numbers in what the database keeps as JSON: they come back as what they were when they went in."""

import json
import re

from assent_sidecar.model import Json

_EXACT = 2**53 - 1
_LONG = re.compile(rb"[0-9]{16}")


def read_json(text: bytes) -> Json:
    """Return what the database kept.

    It keeps numbers as decimals: 1e22 comes back in full length, which looks like an integer, and is no exact one to
    whoever reads numbers as doubles (RFC 8785). What is not exact as an integer went in as a double, and comes back so.
    """
    return _DECODER.decode(text.decode()) if _LONG.search(text) else json.loads(text)


def _number(text: str) -> int | float:
    number = int(text)
    return number if -_EXACT <= number <= _EXACT else float(number)


_DECODER = json.JSONDecoder(parse_int=_number)
