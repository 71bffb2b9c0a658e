"""A plan as it is submitted: an instance of a process, or a variation of it that the process allows."""

from typing import Annotated

from assent_sidecar.catalogue.process import Step
from assent_sidecar.model import Document, Json, Name
from assent_sidecar.question import Labels
from pydantic import Field

MAX_STEPS = 1000
MAX_ARGUMENT_BYTES = 64 * 1024
MAX_REFERENCE_DEPTH = 10


class Plan(Document):
    """What a caller submits.

    Without ``steps`` the plan is its process as written. ``process_version`` empty means the version in force.
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
