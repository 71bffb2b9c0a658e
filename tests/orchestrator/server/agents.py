"""An agent that servers under test know, and its place among others."""

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.governance.agents import Appointment, Call
from assent_sidecar.catalogue.agent import Agent
from tests.orchestrator.server.specimens import DIGEST

DESK = Agent.from_json(
    {
        "name": "desk",
        "title": "Gives money back",
        "owner": "olga",
        "department": "service",
        "may": ["shop.refund", "shop.get_order", "mail.send"],
        "hands_over_to": ["bank"],
        "limits": {"depth": 2},
    }
)
APPOINTED = Appointment(
    DESK, ("reception",), ("refund",), ("front",), (Call("sale", "ask", "front.ask", undoing=True),)
)


class KnownAgents:
    """Knows one agent."""

    def list(self, caller: Caller) -> tuple[tuple[Appointment, ...], str]:
        del caller
        return (APPOINTED,), DIGEST

    def get(self, caller: Caller, name: str) -> tuple[Appointment, str]:
        del caller
        if name != DESK.name:
            raise NotFoundError("there is no such agent", agent=name)
        return APPOINTED, DIGEST
