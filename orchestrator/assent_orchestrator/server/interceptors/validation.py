"""What a request must look like is written in the .proto files; here it is enforced, every fault at once."""

from collections.abc import Iterator
from typing import Any

import protovalidate
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.server.interceptors.around import Around, Call, Proceed


class Validation(Around):
    """Lets no request through that breaks a rule of its .proto file."""

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call when its request is well-formed."""
        if not call.request_streaming:
            check(call.request)
        return await proceed(call.request)


def check(request: Message) -> None:
    """Pass when the message keeps every rule.

    Raises:
        InvalidError: it breaks some; each is named.
    """
    faults = (*(_fault(violation) for violation in protovalidate.collect_violations(request)), *_unkeepable(request))
    if faults:
        raise InvalidError("the request breaks rules of its message", faults)


def _fault(violation: protovalidate.Violation) -> Fault:
    found = violation.proto
    code = "".join(letter if letter.isalnum() else "_" for letter in found.rule_id or "RULE").upper()
    elements = found.field.elements if found.field is not None else ()
    return Fault(_path(elements), code, found.message or "it breaks a rule")


def _unkeepable(message: Message, prefix: str = "") -> Iterator[Fault]:
    """Name the texts that PostgreSQL cannot keep (NUL); lists and free values have rules of their own."""
    for field, value in message.ListFields():
        if field.is_repeated:
            continue
        if isinstance(value, str) and "\0" in value:
            yield Fault(f"{prefix}{field.name}", "STRING_NUL", "must not hold the character NUL")
        elif isinstance(value, Message) and not isinstance(value, Struct):
            yield from _unkeepable(value, f"{prefix}{field.name}.")


def _path(elements: Any) -> str:
    """Return a field path as .proto files name it: ``plan.steps[1].after[0]``, ``plan.labels["/account"]``."""
    path = ""
    for element in elements:
        path += f".{element.field_name}" if path else str(element.field_name)
        key = element.subscript
        if key is not None:
            path += f'["{key.value}"]' if isinstance(key.value, str) else f"[{key.value}]"
    return path
