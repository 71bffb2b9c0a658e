"""Whether what there is is what a case wants. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any


def differences(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Return where ``found`` is not as wanted: more keys than wanted are fine, ``~`` begins a regular expression."""
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            return [f"{at or 'it'} is {found!r}, not an object"]
        lines: list[str] = []
        for key, value in wanted.items():
            place = f"{at}.{key}".lstrip(".")
            if value is None:
                lines += [f"{place} is {found[key]!r}, and should not be there"] if found.get(key) is not None else []
            elif key not in found:
                lines.append(f"{place} is missing; there is {', '.join(map(str, found)) or 'nothing'}")
            else:
                lines += differences(value, found[key], place)
        return lines
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != len(wanted):
            return [f"{at or 'it'} is {found!r}, not {wanted!r}"]
        return [line for n, one in enumerate(wanted) for line in differences(one, found[n], f"{at}[{n}]")]
    if isinstance(wanted, str) and wanted.startswith("~"):
        fits = isinstance(found, str) and re.search(wanted[1:], found)
        return [] if fits else [f"{at or 'it'} is {found!r}, which is not like {wanted[1:]}"]
    return [] if wanted == found else [f"{at or 'it'} is {found!r}, not {wanted!r}"]


def fits(wanted: str | Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Say whether a record is the one that a case names, as ``event step`` or by parts of it."""
    if isinstance(wanted, Mapping):
        return not differences(wanted, record)
    event, _, step = wanted.partition(" ")
    return record["event"] == event and (not step or record.get("step") == step)


def out_of_order(
    wanted: Sequence[str | Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> str | Mapping[str, Any] | None:
    """Return the first of the wanted records that is not there, after those before it; None: all are."""
    left = iter(records)
    return next((one for one in wanted if not any(fits(one, record) for record in left)), None)
