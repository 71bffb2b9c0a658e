"""What a request must look like is written in the .proto files; here it is enforced, every fault at once."""

from typing import Any

import protovalidate
from google.protobuf.message import Message

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
    violations = protovalidate.collect_violations(request)
    if violations:
        faults = tuple(_fault(violation) for violation in violations)
        raise InvalidError("the request breaks rules of its message", faults, code="INVALID_REQUEST")


def _fault(violation: protovalidate.Violation) -> Fault:
    found = violation.proto
    code = "".join(letter if letter.isalnum() else "_" for letter in found.rule_id or "RULE").upper()
    elements = found.field.elements if found.field is not None else ()
    return Fault(_path(elements), code, found.message or "it breaks a rule")


def _path(elements: Any) -> str:
    """Return a field path as .proto files name it: ``plan.steps[1].after[0]``, ``plan.labels["/account"]``."""
    path = ""
    for element in elements:
        path += f".{element.field_name}" if path else str(element.field_name)
        key = element.subscript
        if key is not None:
            path += f'["{key.value}"]' if isinstance(key.value, str) else f"[{key.value}]"
    return path
