"""Whether the agents of a process may take over from one another as its steps have it: else no plan of it is taken."""

from collections.abc import Iterator, Mapping

from assent_sidecar.bundle.choices import Flaw, bound, waits
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.process import Process


def check_succession(process: Process, agents: Mapping[str, Agent]) -> Iterator[Flaw]:
    """Yield each step whose agent takes over from one that does not hand over to it; unknown agents are left out."""
    by = {step.id: step.agent for step in reversed(process.steps)}
    direct = waits(process)
    for index, step in enumerate(process.steps):
        yield from _undeclared(("steps", index, "agent"), step.agent, direct[step.id], by, agents)
        undo = step.compensation
        if undo is None:
            continue
        needs = (name for need in bound(undo.args, ()) for name in need.candidates)
        origins = tuple(dict.fromkeys((step.id, *(name for name in needs if name in by))))
        yield from _undeclared(("steps", index, "compensation"), undo.agent or step.agent, origins, by, agents)


def _undeclared(
    at: tuple[str | int, ...], target: str, origins: tuple[str, ...], by: Mapping[str, str], agents: Mapping[str, Agent]
) -> Iterator[Flaw]:
    told: set[str] = set()
    for origin in origins:
        source = by[origin]
        if source == target or source in told or source not in agents or target not in agents:
            continue
        if target not in agents[source].hands_over_to:
            told.add(source)
            yield at, f"the agent {source!r}, who does {origin!r}, does not hand over to {target!r}"
