"""What Assent itself can do for an agent: the system ``memory``, which nobody has to declare and nobody may."""

from typing import Final

from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.system import Operation, System
from assent_sidecar.model import Json

MEMORY: Final = "memory"
"""The name of the system; it is there where ``memory.yaml`` declares a class."""

OWN_SERVER: Final = "assent"
"""The name that stands for no tool server: what it does is done inside of the server."""

REMEMBER: Final = f"{MEMORY}.remember"
RECALL: Final = f"{MEMORY}.recall"
FORGET: Final = f"{MEMORY}.forget"

_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 256}
_DURATION: Json = {"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m|h|d)$"}
_LABEL: Json = {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"}
_MOMENT: Json = {"type": "string"}

# Class and purpose are not required here: that one is missing has a reason code of its own (see memory_flaw).
_NAMED: dict[str, Json] = {"class": {"type": "string"}, "purpose": {"type": "string"}, "subject": _TEXT}


def _object(properties: dict[str, Json], required: tuple[str, ...]) -> dict[str, Json]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


_OPERATIONS = {
    "remember": Operation(
        title="Remember a value about a subject",
        effect="write",
        idempotent=True,
        arguments=_object({**_NAMED, "value": True, "ttl": _DURATION}, ("subject", "value")),
        result=_object({"id": _TEXT, "expires_at": {"type": ["string", "null"]}}, ("id", "expires_at")),
    ),
    "recall": Operation(
        title="Recall what is remembered about a subject",
        effect="read",
        arguments=_object(
            {
                **_NAMED,
                "labels": {"type": "array", "items": _LABEL, "maxItems": 50, "uniqueItems": True},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500},
            },
            ("subject",),
        ),
        result=_object(
            {
                "values": {
                    "type": "array",
                    "items": _object(
                        {"id": _TEXT, "value": True, "remembered_at": _MOMENT}, ("id", "value", "remembered_at")
                    ),
                },
                "withheld": {"type": "integer", "minimum": 0},
            },
            ("values", "withheld"),
        ),
    ),
    "forget": Operation(
        title="Forget what is remembered about a subject",
        effect="irreversible",
        idempotent=True,
        arguments=_object({"class": {"type": "string"}, "subject": _TEXT, "reason": _TEXT}, ("subject", "reason")),
        result=_object(
            {
                "receipt": _TEXT,
                "forgotten": {"type": "object", "additionalProperties": {"type": "integer"}},
                "key_destroyed": {"type": "boolean"},
            },
            ("receipt", "forgotten", "key_destroyed"),
        ),
    ),
}


def own_systems(memory: Memory) -> dict[str, System]:
    """Return the systems that Assent adds to those of a workspace with these memory classes."""
    if not memory.classes:
        return {}
    title = "What Assent remembers"
    return {
        MEMORY: System(name=MEMORY, title=title, owner="assent", tool_server=OWN_SERVER, operations=dict(_OPERATIONS))
    }
