"""Which agents exist."""

from typing import Annotated

from pydantic import Field

from assent_sidecar.model import ActionName, Document, Name


class AgentLimits(Document):
    """How much one agent may set going.

    ``hand_overs`` is how many steps of others may take over from it in one run, ``depth`` how many hand-overs may lie
    between the beginning of the run and what it does. ``fan_out`` is to how many others one step of it may hand over.
    ``actions`` is how many actions it may do in one run. An agent that is a service itself has the same limits in what
    it asks for further: ``depth`` is that of the permits under one another, ``fan_out`` how many there are under one.
    """

    hand_overs: Annotated[int, Field(ge=0, le=1000)] = 100
    depth: Annotated[int, Field(ge=0, le=100)] = 3
    fan_out: Annotated[int, Field(ge=0, le=1000)] = 10
    actions: Annotated[int, Field(ge=1, le=1000)] = 1000


class Agent(Document):
    """One agent that humans appointed, and the operations it may be given.

    ``systems``, if any are named, are all that ``may`` has operations of.
    """

    name: Name
    title: str
    owner: str
    department: Name
    systems: tuple[Name, ...] = ()
    may: Annotated[tuple[ActionName, ...], Field(min_length=1)]
    hands_over_to: tuple[Name, ...] = ()
    limits: AgentLimits = AgentLimits()
