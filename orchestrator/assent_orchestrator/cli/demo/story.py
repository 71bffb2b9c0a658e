"""The three customers, and how each of their renewals must end."""

import uuid
from dataclasses import dataclass

from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.stage.people import MANAGER

PROCESS = "contract_renewal"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of the example's company (examples/company/accounts.py), and what its renewal shows."""

    number: int
    account: str
    name: str
    short: str
    about: str
    """What is the matter with this account, and what its renewal shows."""

    def plan(self) -> Plan:
        """Return the plan of its renewal: the process as written, for this account."""
        plan = Plan(process=PROCESS, on_behalf_of=MANAGER, request_id=str(uuid.uuid4()))
        plan.inputs.update({"account": self.account})
        return plan


FLOWS = Customer(
    1, "ACC-1001", "Nordlicht Logistik GmbH", "Nordlicht", "uses more than it bought; nobody has to be asked"
)
NEEDS_DIRECTOR = Customer(
    2, "ACC-1002", "Hafenblick Hotels AG", "Hafenblick", "is about to leave; its discount needs a sales director"
)
MUST_NOT_LEAVE = Customer(
    3, "ACC-1003", "Lindenhof Kliniken GmbH", "Lindenhof", "wrote us its IBAN; the e-mail that quotes it must not leave"
)
CUSTOMERS = (FLOWS, NEEDS_DIRECTOR, MUST_NOT_LEAVE)

DISCOUNT_CODE, DISCOUNT_CONTROL = "DISCOUNT_OVER_LIMIT", "FIN-07"
PRIVACY_CODE, PRIVACY_CONTROL, PRIVACY_SCOPE = "DATA_MUST_NOT_LEAVE", "PRV-01", "org/privacy"
RATIONALE = "The outages were ours; keeping the account is worth the discount."
