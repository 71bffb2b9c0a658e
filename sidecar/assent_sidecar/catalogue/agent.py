"""Which agents exist."""

from typing import Annotated

from pydantic import Field

from assent_sidecar.model import ActionName, Document, Name


class Agent(Document):
    """One agent that humans appointed, and the operations it may be given."""

    name: Name
    title: str
    owner: str
    department: Name
    may: Annotated[tuple[ActionName, ...], Field(min_length=1)]
    hands_over_to: tuple[Name, ...] = ()
