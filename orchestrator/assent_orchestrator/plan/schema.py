"""Values against JSON Schema (2020-12), entirely or as far as they are known.

Nothing is fetched: a schema that refers outside of itself cannot be used, and a value is never valid under a schema
that cannot be used. ``format`` is an annotation, as the specification has it; use ``pattern``.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from itertools import count, islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from assent_orchestrator.plan.pointer import Tokens, render
from assent_orchestrator.plan.violation import Violation, message_of
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.model import Json

MAX_VIOLATIONS = 100
"""Of one value; what comes after is counted as one."""

MAX_CHECKS = 100_000
"""Keywords that are judged for one value: values come from anybody, and each one costs some 20 µs."""

_DIALECT = Draft202012Validator.META_SCHEMA["$schema"]
_Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class _TooMuchError(Exception):
    """A value has more to be judged than anybody waits for."""


_checks: ContextVar[Iterator[int] | None] = ContextVar("assent_checks", default=None)
"""The count of what was judged of the value that is looked at here."""


class SchemaUnusableError(ValueError):
    """The schema is no JSON Schema 2020-12, or refers to what is not in it."""


def validate(value: Json, schema: Mapping[str, Json], unknown: Collection[Tokens] = ()) -> tuple[Violation, ...]:
    """Return every violation, sorted by place; none means valid.

    The values at ``unknown`` count as whatever the schema wants there, whether or not something is there by now; what
    can be judged only with them is not judged.
    """
    counting = _checks.set(count())
    try:
        validator = _compiled(json.dumps(schema, sort_keys=True, allow_nan=False))
        known = _masked(value, (), frozenset(unknown), _members(unknown)) if unknown else value
        errors = list(islice(validator.iter_errors(known), MAX_VIOLATIONS + 1))
    except (SchemaUnusableError, Unresolvable, UnknownType, re.error, TypeError, ValueError):
        return (Violation("", "the schema for this value cannot be used"),)
    except RecursionError:
        return (Violation("", "is nested too deep, or its schema refers to itself without end"),)
    except _TooMuchError:
        return (Violation("", "is too large to be checked against its schema"),)
    finally:
        _checks.reset(counting)
    found = {
        Violation(render(str(token) for token in error.absolute_path), message_of(error))
        for error in errors[:MAX_VIOLATIONS]
    }
    if len(errors) > MAX_VIOLATIONS:
        found.add(Violation("", f"has more than {MAX_VIOLATIONS} faults"))
    return tuple(sorted(found, key=lambda violation: (violation.pointer, violation.message)))


def may_hold(schema: Json, path: Tokens) -> bool:
    """Return False only if no value that is valid under ``schema`` can have anything at ``path``.

    Only what the schema says plainly is used: ``type``, ``properties``, ``additionalProperties: false``, ``items``.
    """
    for token in path:
        if not isinstance(schema, dict):
            return schema is not False
        kind = schema.get("type")
        if isinstance(kind, str) and kind not in ("object", "array"):
            return False
        members = schema.get("properties")
        if isinstance(members, dict) and token in members:
            schema = members[token]
        elif kind == "object":
            return schema.get("additionalProperties") is not False or "patternProperties" in schema
        elif kind == "array" and "prefixItems" not in schema:
            if not token.isdecimal():
                return False
            schema = schema.get("items", True)
        else:
            return True
    return schema is not False


class _Unknown:
    """Stands for a value that is not known yet."""


class _PartlyKnownObject(dict[str, Json]):
    """An object with something unknown in it."""


class _PartlyKnownArray(list[Json]):
    """An array with something unknown in it."""


_PARTLY = (_PartlyKnownObject, _PartlyKnownArray)


def _members(unknown: Iterable[Tokens]) -> Mapping[Tokens, Sequence[str]]:
    """Return the names of what is unknown, by the place of what they are members of."""
    found: dict[Tokens, list[str]] = {}
    for *around, name in filter(None, unknown):
        found.setdefault(tuple(around), []).append(name)
    return found


def _masked(value: Json, place: Tokens, unknown: frozenset[Tokens], members_of: Mapping[Tokens, Sequence[str]]) -> Json:
    """Return the value with a stand-in for what is unknown, be there something in its place by now or nothing.

    ``members_of`` says, by object, which of its members are unknown.
    """
    if place in unknown:
        return _Unknown()
    if isinstance(value, dict):
        members = {name: _masked(member, (*place, name), unknown, members_of) for name, member in value.items()}
        members |= {name: _Unknown() for name in members_of.get(place, ()) if name not in value}
        return _PartlyKnownObject(members) if _any_unknown(members.values()) else members
    if isinstance(value, list):
        elements = [_masked(element, (*place, str(at)), unknown, members_of) for at, element in enumerate(value)]
        return _PartlyKnownArray(elements) if _any_unknown(elements) else elements
    return value


def _any_unknown(values: Collection[Json]) -> bool:
    return any(isinstance(value, (_Unknown, *_PARTLY)) for value in values)


def _lenient(keyword: str, judge: _Keyword) -> _Keyword:
    """Leave a keyword out where it cannot be judged yet.

    The keywords in ``_NEEDS_ALL`` may reject a value because of what is *valid* in it, so a value that counts as
    valid for want of knowledge must not reach them.
    """

    def judged(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError] | None:
        checks = _checks.get()
        if checks is not None and next(checks) >= MAX_CHECKS:
            raise _TooMuchError
        if isinstance(value, _Unknown):
            return None
        if isinstance(value, _PARTLY) and keyword in _NEEDS_ALL:
            return _any_of(validator, wanted, value, schema) if keyword == "oneOf" else None
        return judge(validator, wanted, value, schema)

    return judged


_NEEDS_ALL = frozenset(
    {"oneOf", "not", "if", "enum", "const", "contains", "uniqueItems", "unevaluatedItems", "unevaluatedProperties"}
)
_any_of: _Keyword = Draft202012Validator.VALIDATORS["anyOf"]


def _properties(validator: Any, wanted: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name, schema in wanted.items():
            if name in value and schema is False:
                yield _at(name, "is not allowed")
            elif name in value:
                yield from validator.descend(value[name], schema, path=name, schema_path=name)


def _required(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    """One violation for each name, at the place where it is missing."""
    if isinstance(value, dict):
        yield from (_at(name, "is required") for name in wanted if name not in value)


def _additional(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """One violation for each name, at the place where it is too much."""
    if not isinstance(value, dict):
        return
    declared = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name in value:
        if name in declared or any(_regex(pattern).search(name) for pattern in patterns):
            continue
        if wanted is False:
            yield _at(name, "is not allowed")
        else:
            yield from validator.descend(value[name], wanted, path=name)


def _pattern(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _regex(wanted).search(value):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, wanted: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for pattern, schema in wanted.items():
            for name, member in value.items():
                if _regex(pattern).search(name):
                    yield from validator.descend(member, schema, path=name, schema_path=pattern)


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """Compile as ECMA 262 means it: a dollar is the very end, and classes of characters are ASCII."""
    return re.compile(_DOLLAR.sub(lambda found: found[1] or r"\Z", pattern), re.ASCII)


_DOLLAR = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", re.DOTALL)
"""An escape or a class, which stay as they are, or a dollar."""


def _unique(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    """Compare canonical forms, in linear time: values come from anybody."""
    if wanted and isinstance(value, list):
        try:
            forms = {canonical(element) for element in value}
        except NotCanonicalError:
            yield ValidationError("must hold only elements with a canonical form")
            return
        if len(forms) < len(value):
            yield ValidationError("must not hold the same element twice")


def _at(name: str, message: str) -> ValidationError:
    error = ValidationError(message)
    error.path.appendleft(name)
    return error


_OURS: dict[str, _Keyword] = {
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "uniqueItems": _unique,
}
_JUDGES: Mapping[str, _Keyword] = {**Draft202012Validator.VALIDATORS, **_OURS}
_Validator: Any = extend(  # type: ignore[no-untyped-call] # jsonschema leaves it without types
    Draft202012Validator, {name: _lenient(name, judge) for name, judge in _JUDGES.items()}
)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Any:
    """Return the validator of a schema; the same text always gives an equal one.

    Raises:
        SchemaUnusableError: it is no schema of this dialect.
    """
    schema = json.loads(text)
    dialect = schema.pop("$schema", _DIALECT) if isinstance(schema, dict) else _DIALECT
    if dialect != _DIALECT or _names_a_dialect(schema):
        raise SchemaUnusableError("the dialect is 2020-12, and is named at the top only")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise SchemaUnusableError("this is no JSON Schema 2020-12") from error
    return _Validator(schema, registry=Registry())


def _names_a_dialect(schema: Json) -> bool:
    """Whether a part of the schema would be judged by other rules than ours."""
    if isinstance(schema, dict):
        return isinstance(schema.get("$schema"), str) or any(map(_names_a_dialect, schema.values()))
    return isinstance(schema, list) and any(map(_names_a_dialect, schema))
