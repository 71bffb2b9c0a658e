"""JSON pointers (RFC 6901) as tuples of tokens."""

import re
from collections.abc import Iterable

from assent_sidecar.model import Json, Pointer

Tokens = tuple[str, ...]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LONGEST_NAME = 64


class PointerError(ValueError):
    """The pointer cannot point into this value: it goes through a scalar, or names a member of an array."""


def split(pointer: Pointer) -> Tokens:
    """Return the tokens of a pointer.

    Raises:
        PointerError: it does not begin with a slash.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise PointerError("a JSON pointer is empty or begins with a slash")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def render(tokens: Iterable[str]) -> Pointer:
    """Return the pointer of some tokens."""
    return "".join(f"/{token.replace('~', '~0').replace('/', '~1')}" for token in tokens)


def index(token: str) -> int | None:
    """Return the array index a token stands for, or None when it stands for none."""
    return int(token) if _INDEX.fullmatch(token) else None


def step_down(value: Json, token: str) -> tuple[bool, Json]:
    """Return whether a member of ``value`` is there, and the member.

    Raises:
        PointerError: ``value`` can have no such member, whatever it holds.
    """
    if isinstance(value, dict):
        return (True, value[token]) if token in value else (False, None)
    if isinstance(value, list | tuple):
        position = index(token)
        if position is None:
            raise PointerError("an array has no named members")
        return (True, value[position]) if position < len(value) else (False, None)
    raise PointerError("a scalar has no members")


def find(value: Json, tokens: Tokens) -> tuple[bool, Json]:
    """Return whether there is a value at ``tokens``, and the value.

    Raises:
        PointerError: there can be none.
    """
    for token in tokens:
        there, value = step_down(value, token)
        if not there:
            return False, None
    return True, value


def field(root: str, value: Json, tokens: Tokens) -> str:
    """Return the path to a value as people read it, such as ``steps[1].args.lines[0].price``.

    Names that are no identifiers are quoted, long ones cut: they come from outside.
    """
    parts = [root]
    for token in tokens:
        if isinstance(value, list | tuple):
            position = index(token)
            parts.append(f"[{token}]" if position is not None else f'["{_cut(token)}"]')
            value = value[position] if position is not None and position < len(value) else None
        else:
            parts.append(f".{_cut(token)}" if _PLAIN.fullmatch(token) else f'["{_cut(token)}"]')
            value = value.get(token) if isinstance(value, dict) else None
    return "".join(parts)


def _cut(name: str) -> str:
    clean = "".join(
        character if character.isprintable() and character != '"' else "?" for character in name[:_LONGEST_NAME]
    )
    return clean if len(name) <= _LONGEST_NAME else f"{clean}…"
