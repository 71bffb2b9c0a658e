"""A plan as it is submitted: an instance of a process, or a variation of it that the process allows."""

from typing import Annotated

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.process import Choice, Step
from assent_sidecar.facts import Labels
from assent_sidecar.model import Document, Json, Name

MAX_STEPS = 1000
MAX_ARGUMENT_BYTES = 64 * 1024
"""Of one step as written, bindings and all; compact JSON in UTF-8."""
MAX_INPUT_BYTES = 256 * 1024
MAX_INPUT_LABELS = 256
MAX_RESOLVED_BYTES = 1024 * 1024
"""What the bindings of one step may bring in."""
MAX_REFERENCE_DEPTH = 10
"""Segments a reference may go down into inputs or an output, and bindings that may be nested in one another."""
MAX_FAULTS = 10_000
"""Found in one plan; with more than that the rest is not listed."""
MAX_DEPTH = 64
"""Objects and arrays that may be nested in inputs or arguments."""


class Plan(Document):
    """What a caller submits.

    Without ``steps`` the plan is its process as written, and without ``choices`` it has those of its process.
    ``process_version`` empty means the version in force.
    ``labels`` classify the inputs, by JSON pointer; inputs are untrusted whatever it says. ``on_behalf_of`` is honoured
    only when the authenticated caller is known to act for that person.
    """

    process: Name
    process_version: Annotated[str, Field(max_length=32)] = ""
    inputs: dict[str, Json] = {}
    on_behalf_of: Annotated[str, Field(max_length=256)] = ""
    request_id: Annotated[str, Field(max_length=64)] = ""
    labels: Labels = {}
    steps: tuple[Step, ...] = ()
    choices: Annotated[dict[Name, Choice], Field(max_length=100)] = {}

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Json]:
        """Leave out choices where there are none: a plan keeps the digest that it had before there were any."""
        written: dict[str, Json] = write(self)
        return {name: value for name, value in written.items() if value or name != "choices"}

    def digest(self) -> str:
        """Return the digest of what will be done; ``request_id`` says who asks, not what for.

        Raises:
            NotCanonicalError: a value has no canonical form; ``check`` names it.
        """
        content = self.to_json()
        del content["request_id"]
        return digest(content)
