"""The JSON Schemas inside a workspace: 2020-12, self-contained, and themselves valid."""

from collections.abc import Iterator, Mapping

from jsonschema import Draft202012Validator

from assent_sidecar.bundle.source import Location
from assent_sidecar.model import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_META = Draft202012Validator(
    Draft202012Validator.META_SCHEMA,
    format_checker=Draft202012Validator.FORMAT_CHECKER,  # patterns must be regular expressions, too
)


def check_schema(schema: Json) -> Iterator[tuple[Location, str]]:
    """Yield where and why ``schema`` is not a JSON Schema that this product validates with.

    References stay inside the schema (``#`` or ``#/...``): a bundle is complete, nothing is fetched when it is used.
    """
    for error in _META.iter_errors(schema):
        yield tuple(error.absolute_path), f"this is not JSON Schema 2020-12: {error.message[:200]}"
    yield from _references(schema, schema, ())


def declares(schema: Json, names: tuple[str, ...]) -> bool:
    """Return whether values of ``schema`` may hold a property at the path ``names``.

    What a schema composes (``allOf``, ``$ref``...) or leaves open on purpose (``additionalProperties``,
    ``patternProperties``, or no ``properties`` at all) counts as declared: only what is certainly unknown is not.
    """
    if not names or not isinstance(schema, dict) or "properties" not in schema:
        return True
    name, rest = names[0], names[1:]
    if name in schema["properties"]:
        return declares(schema["properties"][name], rest)
    composed = ("allOf", "anyOf", "oneOf", "if", "$ref", "$dynamicRef", "patternProperties", "dependentSchemas")
    return any(key in schema for key in composed) or schema.get("additionalProperties", False) is not False


def check_names(args: Mapping[str, Json], schema: Mapping[str, Json], action: str) -> Iterator[tuple[Location, str]]:
    """Yield each argument that an operation certainly does not take, and that it needs and is not there.

    Values may be bound, so nothing is said of them here.
    """
    for name in args:
        if schema.get("additionalProperties") is False and not declares(dict(schema), (name,)):
            yield (name,), f"{action} takes no argument {name!r}"
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in args:
            yield (), f"{action} needs the argument {name!r}"


def part(schema: Json, names: tuple[str, ...]) -> Json:
    """Return the schema of what is at ``names`` in values of ``schema``, True where it is not said plainly."""
    for name in names:
        if not isinstance(schema, dict):
            return True
        members = schema.get("properties")
        if isinstance(members, dict) and name in members:
            schema = members[name]
        elif name.isdecimal() and "prefixItems" not in schema:
            schema = schema.get("items", True)
        else:
            return True
    return schema


def may_be_list(schema: Json) -> bool:
    """Return False only where the schema says plainly that no value is an array."""
    kind = schema.get("type", "array") if isinstance(schema, dict) else "array"
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


_NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_VALUES = frozenset({"const", "enum", "default", "examples"})
_UNSUPPORTED = frozenset({"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary"})


def _references(root: Json, schema: Json, path: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _references(root, item, (*path, index))
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        where = (*path, key)
        reason = _keyword(root, key, value)
        if reason:
            yield where, reason
        elif key in _NAMED and isinstance(value, dict):
            for name, item in value.items():
                yield from _references(root, item, (*where, name))
        elif key not in _VALUES:
            yield from _references(root, value, where)


def _keyword(root: Json, key: str, value: Json) -> str | None:
    """Return why a keyword is not followed here."""
    if key == "$ref" and not _resolves(root, value):
        return f"{value!r} names nothing inside this schema (only '#' and '#/...' are followed)"
    if key == "$schema" and value != DIALECT:
        return f"only {DIALECT} is supported"
    if key in _UNSUPPORTED:
        return f"{key} is not supported: use $defs and '#/$defs/...'"
    return None


def _resolves(root: Json, reference: Json) -> bool:
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return False
    here = root
    for part in reference.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        elif isinstance(here, dict) and name in here:
            here = here[name]
        else:
            return False
    return isinstance(here, dict | bool)
