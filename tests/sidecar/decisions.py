"""Well-formed decisions of every shape, and what can be done to them."""

import copy
from collections.abc import Iterator
from typing import Any

from assent_sidecar.model import Json
from tests.sidecar.engines import ALLOW

APPROVAL: dict[str, Json] = {
    "verdict": "require_approval",
    "reasons": [
        {"code": "DISCOUNT_OVER_LIMIT", "message": "20 % needs a director", "control": "FIN-07", "scope": "org"}
    ],
    "obligations": [
        {"type": "redact", "path": "/body", "labels": ["pii"]},
        {"type": "reserve", "ledger": "discount_eur", "amount": "1200.00"},
        {"type": "retry", "max_attempts": 4, "backoff": "2s", "factor": 2, "max_backoff": "60s"},
        {"type": "timeout", "after": "30s"},
        {"type": "remember", "class": "notes", "purpose": "to know it", "subject": "/account"},
        {"type": "notify", "role": "manager"},
    ],
    "approval": {
        "stages": [{"role": "sales_director", "quorum": 1, "substitutes": ["cfo"]}],
        "order": "parallel",
        "not": ["principal", "process_owner"],
        "expires_in": "72h",
        "on_expiry": "deny",
        "escalate": [{"after": "24h", "role": "cfo"}],
        "remind": "4h",
        "rationale": "optional",
        "editable": ["/discount"],
        "mask": ["/iban"],
        "mask_labels": ["pii"],
        "on_revision": "ask_again",
        "break_glass": {"roles": ["duty_manager"], "review": {"role": "auditor", "within": "48h"}},
    },
    "defer_until": None,
    "steps": {},
}
FORECAST: dict[str, Json] = {
    "verdict": "allow",
    "steps": {"look": {"verdict": "allow"}, "write": {k: v for k, v in APPROVAL.items() if k != "steps"}},
}
TRIED: dict[str, Json] = {
    "verdict": "deny",
    "reasons": [{"code": "TRIAL"}],
    "steps": {"t0": {"verdict": "allow"}, "t1": {"verdict": "deny", "reasons": [{"code": "NO_GRANT"}]}},
}
DEFER: dict[str, Json] = {"verdict": "defer", "defer_until": "2026-01-02T04:00:00+01:00"}
RICH: dict[str, Json] = {
    "verdict": "allow",
    "reasons": APPROVAL["reasons"],
    "obligations": APPROVAL["obligations"],
}
WELL_FORMED: tuple[tuple[str, dict[str, Json]], ...] = (
    ("action", ALLOW),
    ("action", RICH),
    ("action", APPROVAL),
    ("action", DEFER),
    ("plan", FORECAST),
    ("trial", TRIED),
    ("condition", {"verdict": "allow", "taken": True, "reasons": [{"code": "AT_RISK"}]}),
)
"""Kind of question and decision."""

Place = tuple[Any, ...]


def places(value: Json, path: Place = ()) -> list[Place]:
    """Return the way to the value and to everything inside it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def at(value: Json, place: Place) -> Json:
    """Return what is at a place."""
    for key in place:
        value = value[key]
    return value


def replaced(value: Json, place: Place, new: Json) -> Json:
    """Return a copy with something else at a place."""
    if not place:
        return new
    whole = copy.deepcopy(value)
    at(whole, place[:-1])[place[-1]] = new
    return whole


def mutations(value: Json) -> Iterator[tuple[str, Json]]:
    """Yield every document that differs in one thing such that it is a decision no more, with the name of the thing.

    A key more, a key written otherwise, a value of another type, a word that is none of its list or form, a number out
    of its range. Leaving away what has a default, or another word of a list, is no damage: that is another decision.
    """
    for place in places(value):
        found, where = at(value, place), "/".join(map(str, place)) or "."
        for other in _OTHER_TYPES:
            if not _same_type(found, other, place):
                yield f"{where} is {other!r}", replaced(value, place, other)
        if isinstance(found, dict):
            yield from _keys(value, place, found, where)
        if isinstance(found, str):
            for word in _words(found, place):
                yield f"{where} is {word!r}", replaced(value, place, word)
        if isinstance(found, int) and not isinstance(found, bool):
            for number in (-1, 0, 10**6, 1.5) if place[-1] != "factor" else (-1, 0, 11):
                yield f"{where} is {number}", replaced(value, place, number)
        if isinstance(found, list):
            yield f"{where} holds itself", replaced(value, place, [*found, found])
            yield f"{where} is an object", replaced(value, place, dict(enumerate(map(str, found))))


_OTHER_TYPES: tuple[Json, ...] = (
    None,
    True,
    False,
    7,
    7.5,
    "a text that is none of those",
    [],
    {},
    ["allow"],
    {"a": 1},
)
_FREE = {"message", "control", "scope", "rule", "purpose"}


def _same_type(found: Json, other: Json, place: Place) -> bool:
    """Say whether the other is something that may stand there: then the document would only be another decision."""
    name = place[-1] if place else ""
    if other is None:
        return found is None or name in {
            "control", "scope", "rule", "approval", "defer_until", "taken", "remind", "break_glass",
        }  # fmt: skip
    if isinstance(found, bool):
        return isinstance(other, bool)
    if name in _FREE:
        return isinstance(other, str)
    if name in {"labels", "substitutes", "mask_labels", "roles"} and other == ["allow"]:
        return True
    if name == "factor":
        return other in (7, 7.5) and not isinstance(other, bool)
    if name in {"quorum", "max_attempts"}:
        return type(other) is int
    if other in ({}, []):
        return type(found) is type(other) and name in {
            "",
            "reasons",
            "obligations",
            "labels",
            "not",
            "escalate",
            "editable",
            "substitutes",
            "mask",
            "mask_labels",
            "steps",
        }
    return False


def _keys(value: Json, place: Place, found: dict[str, Json], where: str) -> Iterator[tuple[str, Json]]:
    """Damage the keys of an object; where the keys are names (of steps), a name more is the damage."""
    for more in ("allow", "Verdict", "verdict ", "", "unless"):
        yield f"{where} has the key {more!r}", replaced(value, place, found | {more: found.get("verdict", True)})
    for key in found:
        for other in (key.upper(), f"{key}s", f" {key}"):
            renamed = {other if name == key else name: item for name, item in found.items()}
            yield f"{where} has {other!r} for {key!r}", replaced(value, place, renamed)
    for key in found.keys() & _NEEDED:
        yield f"{where} lacks {key!r}", replaced(value, place, {name: found[name] for name in found if name != key})


_NEEDED = frozenset(
    {
        "verdict",
        "code",
        "type",
        "path",
        "after",
        "ledger",
        "amount",
        "max_attempts",
        "class",
        "role",
        "roles",
        "stages",
        "review",
        "within",
    }
)


def _words(found: str, place: Place) -> Iterator[str]:
    name = place[-1] if isinstance(place[-1], str) else place[-2]
    if name == "control":
        yield "c" * 65
    elif name == "message":
        yield "m" * 501
    elif name == "purpose":
        yield from ("", "p" * 301)
    elif name in {"scope", "rule"}:
        yield "s" * 300
    elif name in {"path", "subject", "editable", "mask"}:  # almost every text with a slash in front is another pointer
        yield from (" ", f" {found}", found.lstrip("/"), f"{found}~", f"{found}/~2")
    else:
        yield from ("", " ", f"{found} ", f" {found}", f"{found}\n", f"{found}\0", "Ä" * 600)
        if found != found.swapcase() and name != "defer_until":
            yield found.swapcase()
