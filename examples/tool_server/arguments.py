"""The arguments of one call, read strictly: a foreign system trusts no caller."""

import math
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tool_server.errors import CallError

MAX_TEXT = 20_000
"""Longest text taken, in characters."""
MAX_ITEMS = 200
"""Longest list taken."""


@dataclass(frozen=True)
class Arguments:
    """The arguments by name; what is missing or of another type is refused as ``INVALID_ARGUMENTS``.

    ``permit`` came with the call: a service that acts as an agent asks under it for what it does further.
    """

    values: dict[str, Any]
    permit: str = field(default="", repr=False)

    def text(self, name: str, *, choices: tuple[str, ...] = ()) -> str:
        """Return a text that is neither empty nor overlong and, if there are choices, one of them."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value or len(value) > MAX_TEXT or (choices and value not in choices):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not a text that is taken here")
        return value

    def number(self, name: str, *, least: float, most: float) -> float:
        """Return a finite number within bounds."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not a number")
        if not least <= value <= most:
            raise CallError("INVALID_ARGUMENTS", f"{name} is not between {least:g} and {most:g}")
        return float(value)

    def whole(self, name: str, *, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.number(name, least=least, most=most)
        if not value.is_integer():
            raise CallError("INVALID_ARGUMENTS", f"{name} is not a whole number")
        return int(value)

    def amount(self, name: str) -> Decimal:
        """Return an amount of money that came as decimal text."""
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not 0 <= value <= Decimal("1e9"):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not an amount")
        return value

    def inner(self, name: str) -> "Arguments":
        """Return the members of an object."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not an object")
        return Arguments(value)

    def each(self, name: str) -> tuple["Arguments", ...]:
        """Return the objects of a list that is not overlong."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > MAX_ITEMS or not all(isinstance(one, dict) for one in value):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not a list of objects")
        return tuple(Arguments(one) for one in value)

    def words(self, name: str, *, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of texts, each one of the choices."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > MAX_ITEMS or not all(one in choices for one in value):
            raise CallError("INVALID_ARGUMENTS", f"{name} is not a list of what is taken here")
        return tuple(value)
