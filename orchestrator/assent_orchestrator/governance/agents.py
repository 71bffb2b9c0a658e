"""The agents of the bundle in force, as callers of its tenant may know them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Call:
    """A step of a process by whose ``action`` a service is called; ``undoing``: only when the step is undone."""

    process: str
    step: str
    action: str
    undoing: bool


@dataclass(frozen=True, slots=True)
class Appointment:
    """An agent with its place among the others: who hands over to it, and which ``processes`` have steps of it.

    A service is ``called_as`` systems of the kind agent, ``called_from`` the steps that do.
    """

    agent: Agent
    takes_over_from: tuple[str, ...]
    processes: tuple[str, ...]
    called_as: tuple[str, ...] = ()
    called_from: tuple[Call, ...] = ()


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
    systems = (name for name, system in catalogue.systems.items() if system.agent == agent.name)
    calls = tuple(_calls(agent.name, catalogue))
    return Appointment(agent, tuple(sorted(before)), tuple(sorted(used)), tuple(sorted(systems)), calls)


def _calls(agent: str, catalogue: Catalogue) -> Iterator[Call]:
    """Yield the steps that call an agent, by process and as they stand there."""
    for name, process in sorted(catalogue.processes.items()):
        for step in process.steps:
            undoing = (step.compensation.action,) if step.compensation is not None else ()
            for action, undoes in ((step.action, False), *((one, True) for one in undoing)):
                if catalogue.acting(action) == agent:
                    yield Call(name, step.id, action, undoes)
