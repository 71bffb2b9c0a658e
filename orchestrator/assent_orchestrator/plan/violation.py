"""What is wrong with a value, in words that speak of its schema and never show the value. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from jsonschema.exceptions import ValidationError

from assent_sidecar.model import Pointer

_MESSAGES: Mapping[str, str] = {
    "type": "must be of type {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be greater than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} elements",
    "maxItems": "must have at most {} elements",
    "minProperties": "must have at least {} members",
    "maxProperties": "must have at most {} members",
    "pattern": "must match {}",
    "enum": "must be one of {}",
    "const": "must be {}",
}
_OWN_WORDS = frozenset({"properties", "required", "additionalProperties", "uniqueItems"})
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Violation:
    """One place at which a value is not as its schema wants it."""

    pointer: Pointer
    message: str


def message_of(error: ValidationError) -> str:
    """Return what an error of the validator means, in our words."""
    keyword = str(error.validator)
    if error.validator is None:
        return "is not allowed"
    if keyword in _OWN_WORDS:
        return error.message
    if keyword in _MESSAGES:
        wanted = json.dumps(error.validator_value, ensure_ascii=False, sort_keys=True)
        return _MESSAGES[keyword].format(wanted if len(wanted) <= _LONGEST else "what its schema says")
    return f"does not satisfy {keyword!r} of its schema"
