"""Everything humans decided, except for the Rego: systems, agents, processes, ledgers, memory classes and data."""

from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.process import Process
from assent_sidecar.catalogue.system import Operation, System
from assent_sidecar.model import Document, Json, Name


class Catalogue(Document):
    """The catalogues of one bundle, checked against each other when the bundle is built."""

    workspace: Name
    title: str = ""
    systems: dict[Name, System] = {}
    agents: dict[Name, Agent] = {}
    processes: dict[Name, Process] = {}
    ledgers: dict[Name, Ledger] = {}
    memory: Memory = Memory()
    data: dict[str, Json] = {}

    def acting(self, action: str) -> str:
        """Return as which agent the system of ``system.operation`` acts; empty: as none."""
        declared = self.systems.get(action.partition(".")[0])
        return (declared.agent or "") if declared else ""

    def is_service(self, agent: str) -> bool:
        """Say whether an agent is a service that is called: then it acts under the permits that it is called with."""
        return any(system.agent == agent for system in self.systems.values())

    def operation(self, action: str) -> Operation | None:
        """Return the operation of ``system.operation``, or None when nobody declared it."""
        system, _, name = action.partition(".")
        declared = self.systems.get(system)
        return declared.operations.get(name) if declared else None
