"""What a demo is about: the three customers of an example, and how the work for each of them must end."""

import uuid
from dataclasses import dataclass

from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.stage.examples import RENEWAL, Example
from assent_orchestrator.cli.stage.people import MANAGER, RENEWALS, Cast

PROCESS = "contract_renewal"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of the company of an example, and what the work for them shows.

    ``key`` is by what the company knows it: the value of the one ``input`` of the ``process``.
    """

    number: int
    key: str
    name: str
    short: str
    about: str
    """What is the matter with it, and what the work for it shows."""
    process: str = PROCESS
    input: str = "account"
    principal: str = MANAGER

    def plan(self) -> Plan:
        """Return the plan of the work: the process as written, for this customer."""
        plan = Plan(process=self.process, on_behalf_of=self.principal, request_id=str(uuid.uuid4()))
        plan.inputs.update({self.input: self.key})
        return plan


@dataclass(frozen=True, slots=True)
class Story:
    """One demo: on which example, with whom, about whom, in which words.

    ``again`` is the customer to try once more, ``others`` says which more there are.
    """

    example: Example
    cast: Cast
    customers: tuple[Customer, ...]
    principal: str
    plural: str
    company: str
    rationale: str
    denied: str
    verb: str
    again: Customer
    others: str

    @property
    def process(self) -> str:
        """The process that all of it is about."""
        return self.again.process


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
PRIVACY_CODE, PRIVACY_CONTROL, PRIVACY_SCOPE = "DATA_MUST_NOT_LEAVE", "PRV-01", "department/sales/privacy"
RATIONALE = "The outages were ours; keeping the account is worth the discount."

RENEWAL_STORY = Story(
    example=RENEWAL,
    cast=RENEWALS,
    customers=CUSTOMERS,
    principal="account manager",
    plural="renewals",
    company="a company",
    rationale=RATIONALE,
    denied="everything about the run whose e-mail was denied",
    verb="renew",
    again=NEEDS_DIRECTOR,
    others="any of ACC-1000 to ACC-1299 can be renewed",
)
