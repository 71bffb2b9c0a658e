"""One page of a list and where the next begins (AIP-158)."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from assent_orchestrator.errors import Fault, InvalidError

Item = TypeVar("Item")

DEFAULT_SIZE = 50
MAX_SIZE = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items and the token of the next page; an empty token says that there is none."""

    items: Sequence[Item]
    next_token: str


def page_size(asked: int) -> int:
    """Return how many items to give: 0 means the default, more than the maximum means the maximum."""
    return min(asked, MAX_SIZE) if asked > 0 else DEFAULT_SIZE


def write_token(*position: str) -> str:
    """Return an opaque token for a position. It selects, it does not authorise: it needs no seal."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def read_token(token: str, parts: int) -> tuple[str, ...] | None:
    """Return the position of a token, or None for the empty one.

    Raises:
        InvalidError: it is not a token of ours.
    """
    if not token:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token.encode()))
        json.dumps(position, ensure_ascii=False).encode()  # an escape can make what is no text, and no database takes
    except (binascii.Error, ValueError, UnicodeError, RecursionError) as error:
        raise _bad_token() from error
    if (
        not isinstance(position, list)
        or len(position) != parts
        or not all(isinstance(one, str) and "\0" not in one for one in position)
    ):
        raise _bad_token()
    return tuple(position)


def read_moment(text: str) -> datetime:
    """Return the moment that is part of a position.

    Raises:
        InvalidError: it is not one; the token was made up.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_token() from error
    if moment.tzinfo is None:
        raise _bad_token()
    return moment


def read_number(text: str) -> int:
    """Return the whole number that is part of a position.

    Raises:
        InvalidError: it is not one; the token was made up.
    """
    if not (text.isascii() and text.isdecimal()):
        raise _bad_token()
    return int(text)


def _bad_token() -> InvalidError:
    fault = Fault("page_token", "PAGE_TOKEN", "take it from an earlier answer, unchanged")
    return InvalidError("the page token is not one of ours", (fault,))
