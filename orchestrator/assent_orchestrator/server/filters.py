"""The small part of AIP-160 that lists understand: ``field=value``, joined by `` AND ``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from assent_orchestrator.errors import Fault, InvalidError

Choice = TypeVar("Choice", bound=StrEnum)


def read_filter(text: str, fields: frozenset[str]) -> Mapping[str, str]:
    """Return the wanted value of each field that the filter names.

    Raises:
        InvalidError: it is no such filter, or names a field that is not in ``fields`` or twice.
    """
    wanted: dict[str, str] = {}
    for term in text.split(" AND ") if text.strip() else ():
        field, equals, value = (part.strip() for part in term.partition("="))
        value = value.removeprefix('"').removesuffix('"')
        if not equals or not value or field not in fields or field in wanted or set(value) & set(' "=()'):
            known = ", ".join(sorted(fields))
            raise _invalid(f"write field=value, joined by ' AND ', each of these fields at most once: {known}")
        wanted[field] = value
    return wanted


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


def _invalid(advice: str) -> InvalidError:
    return InvalidError("the filter cannot be used", (Fault("filter", "FILTER", advice),), code="INVALID_REQUEST")
