"""The small part of AIP-160 that lists understand: ``field=value`` and ``age>2h``, joined by `` AND ``."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from assent_orchestrator.errors import Fault, InvalidError
from assent_sidecar.model import Duration, seconds

_TERM = re.compile(r"([^=<>\s]*)\s*([=<>])(.*)", re.DOTALL)
_AGES = frozenset({"age>", "age<"})
_DURATION: TypeAdapter[str] = TypeAdapter(Duration)

Choice = TypeVar("Choice", bound=StrEnum)


def read_filter(text: str, fields: frozenset[str], *, aged: bool = False) -> Mapping[str, str]:
    """Return the wanted value of each field that the filter names; of ages (``aged``), by ``age>`` and ``age<``.

    Raises:
        InvalidError: it is no such filter, or names a field that is not in ``fields`` or twice.
    """
    wanted: dict[str, str] = {}
    known = fields | (_AGES if aged else frozenset())
    for term in text.split(" AND ") if text.strip() else ():
        field, value = _parts(term)
        if not value or field not in known or field in wanted or set(value) & set(' "=()<>'):
            told = ", ".join(sorted(fields)) + (", and age>2h or age<7d" if aged else "")
            raise _invalid(f"write field=value, joined by ' AND ', each of these fields at most once: {told}")
        wanted[field] = value
    return wanted


def _parts(term: str) -> tuple[str, str]:
    """Return what a term is about and the value; empty where it is none."""
    found = _TERM.fullmatch(term.strip())
    if found is None:
        return "", ""
    field, sign, value = found.groups()
    return field if sign == "=" else field + sign, value.strip().removeprefix('"').removesuffix('"')


def choice(text: str, choices: type[Choice]) -> Choice:
    """Return the value that a filter names, in upper case as the enums of the wire or in lower case.

    Raises:
        InvalidError: there is no such value.
    """
    try:
        return choices(text.lower())
    except ValueError:
        known = ", ".join(str(one).upper() for one in choices)
        raise _invalid(f"write one of: {known}") from None


def age(text: str | None) -> float | None:
    """Return the seconds of an age that a filter names, if it does.

    Raises:
        InvalidError: it is no duration.
    """
    if text is None:
        return None
    try:
        return seconds(_DURATION.validate_python(text))
    except ValidationError:
        raise _invalid("write an age as 30m, 2h or 7d") from None


def _invalid(advice: str) -> InvalidError:
    return InvalidError("the filter cannot be used", (Fault("filter", "FILTER", advice),))
