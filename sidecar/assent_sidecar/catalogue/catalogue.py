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

    def operation(self, action: str) -> Operation | None:
        """Return the operation of ``system.operation``, or None when nobody declared it."""
        system, _, name = action.partition(".")
        declared = self.systems.get(system)
        return declared.operations.get(name) if declared else None
