"""What pydantic found wrong with a file that somebody wrote, in words for whoever wrote it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.source import Location, Source, SourceError, read_yaml
from assent_sidecar.catalogue.ledger import Per
from assent_sidecar.misfit import misfit
from assent_sidecar.model import ActionName, Amount, Document, Duration, Json, Name, Pointer, ReasonCode

D = TypeVar("D", bound=Document)

_KEY = "[key]"  # what pydantic adds to the place of a key that is wrong, as against what is under it
_NO_OBJECT = ("model_type", "model_attributes_type")


def _pattern(kind: object) -> str:
    """Return the pattern of a kind of text."""
    (pattern,) = (part.pattern for part in get_args(kind) if isinstance(part, StringConstraints))
    return str(pattern)


_WANTED = {
    _pattern(Name): "should be a name of a-z, 0-9, _ and - that begins with a letter, of at most 63 characters",
    _pattern(ActionName): "should be two names with a dot between them, as in system.operation or choice.branch",
    _pattern(ReasonCode): "should be a code, as in LIMIT_EXCEEDED, of at most 63 characters",
    _pattern(Pointer): "should be a JSON pointer, as in /items/0/price",
    _pattern(Duration): "should be a duration, as in 500ms, 30s, 15m, 72h or 7d",
    _pattern(Amount): 'should be an exact decimal as text, as in "5000.00", with at most nine decimals',
    _pattern(Per): "should be tenant, agent, principal, process, input:/pointer or argument:/pointer",
}
"""What is wanted, by the pattern that was not met: whoever mistyped a duration need not read a regular expression."""


def read_document(path: Path, kind: type[D]) -> D:
    """Read a YAML file that is no part of a workspace.

    Raises:
        SourceError: it cannot be read, or is something else; all that is wrong with it is named with its line.
    """
    source = read_yaml(path.parent, path.name)
    try:
        return kind.from_json(source.value)
    except ValidationError as error:
        raise SourceError(explain(source, error)) from error


def explain(source: Source, error: ValidationError) -> Iterator[WorkspaceFault]:
    """Yield a fault for each thing that is wrong, where it is.

    Where a thing may be written in two ways, as a word or as an object, pydantic tells what is wrong with either; here
    it is what is wrong with the way that was taken.
    """
    errors = error.errors(include_url=False, include_input=False)
    for one in errors:
        path: Location = one["loc"]
        place = _place(source, path, missing=one["type"] == "missing")
        either = place[-1:] != path[-1:] and path[-1] != _KEY
        if either and (one["type"] in _NO_OBJECT or isinstance(_at(source.value, place), dict)):
            continue
        if one["type"] == "too_short" and any(_below(other["loc"], path) for other in errors):
            continue  # pydantic counts without the elements that are wrong themselves
        yield source.fault(place, _reason(one, place) + (", or an object" if either else ""))


def _place(source: Source, path: Location, *, missing: bool) -> Location:
    """Return the place as it is in the file, without what pydantic puts between its parts."""
    place: Location = ()
    for index, part in enumerate(path):
        if (*place, part) in source.lines or (missing and index == len(path) - 1):
            place = (*place, part)
    return place


def _at(value: Json, place: Location) -> Json:
    for part in place:
        value = value[part]
    return value


def _below(path: Location, place: Location) -> bool:
    return len(path) > len(place) and path[: len(place)] == place


def _reason(one: ErrorDetails, place: Location) -> str:
    """Say what is wrong with what is at ``place``."""
    match one["type"], place:
        case "extra_forbidden", (*_, key):
            return f"the key {key!r} is not known here"
        case "missing", (*_, key):
            return f"the key {key!r} is missing"
        case "string_pattern_mismatch", _:
            message = _WANTED.get(one["ctx"]["pattern"], misfit(one))
        case "string_type", _:
            message = "should be text; what looks like a number, true or false is text in quotes"
        case _:
            message = misfit(one)
    where = ".".join(str(part) for part in place)
    return f"{where}: {message}" if where else message
