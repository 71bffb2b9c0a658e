"""The agents of the bundle in force, as callers of its tenant may know them."""

from collections.abc import Callable
from dataclasses import dataclass

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Appointment:
    """An agent with its place among the others: who hands over to it, and which ``processes`` have steps of it."""

    agent: Agent
    takes_over_from: tuple[str, ...]
    processes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agents:
    """Shows agents; ``bundle`` says which bundle is in force for a tenant now."""

    bundle: Callable[[str], Bundle]

    def list(self, caller: Caller) -> tuple[tuple[Appointment, ...], str]:
        """Return all agents by name, and the revision that they are of."""
        bundle = self.bundle(caller.tenant)
        catalogue = bundle.catalogue
        return tuple(_appointment(catalogue.agents[name], catalogue) for name in sorted(catalogue.agents)), (
            bundle.revision
        )

    def get(self, caller: Caller, name: str) -> tuple[Appointment, str]:
        """Return one agent, and the revision that it is of.

        Raises:
            NotFoundError: there is none of that name.
        """
        bundle = self.bundle(caller.tenant)
        found = bundle.catalogue.agents.get(name)
        if found is None:
            raise NotFoundError("there is no such agent", agent=name)
        return _appointment(found, bundle.catalogue), bundle.revision


def _appointment(agent: Agent, catalogue: Catalogue) -> Appointment:
    before = (name for name, other in catalogue.agents.items() if agent.name in other.hands_over_to)
    used = (
        name
        for name, process in catalogue.processes.items()
        if any(
            agent.name in (step.agent, step.compensation.agent if step.compensation else None) for step in process.steps
        )
    )
    return Appointment(agent, tuple(sorted(before)), tuple(sorted(used)))
