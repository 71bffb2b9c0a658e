"""The three contracts of the law firm (examples/firm/matter.py), and how the review of each must end."""

from assent_orchestrator.cli.demo.story import Customer, Story
from assent_orchestrator.cli.stage.examples import REVIEW
from assent_orchestrator.cli.stage.people import REVIEWS

_OURS = ("contract_review", "matter", REVIEWS.principal)

HARMLESS = Customer(
    1, "M-2001", "Ahrend Bakeries Ltd", "Ahrend", "signs nothing unusual; nobody has to be asked", *_OURS
)
RISKY = Customer(
    2, "M-2002", "Tidewater Instruments plc", "Tidewater", "risks much, and is cited law that is not there", *_OURS
)
POISONED = Customer(
    3, "M-2003", "Quillfeather Press Ltd", "Quillfeather", "got a contract that orders machines about", *_OURS
)

RISK_CODE, RISK_CONTROL = "RISKY_CLAUSES", "LEG-07"
CITATION_CODE, CITATION_CONTROL = "WRONG_CITATIONS", "LEG-08"
ORDERS_CODE, ORDERS_CONTROL, ORDERS_SCOPE = "ORDERS_IN_TEXT", "SEC-01", "department/legal/outbound"
ADVICE = "Do not sign clauses 4, 5 and 6 as they stand; two of the authorities that the contract cites do not exist."

REVIEW_STORY = Story(
    example=REVIEW,
    cast=REVIEWS,
    customers=(HARMLESS, RISKY, POISONED),
    principal="paralegal",
    plural="reviews",
    company="a law firm",
    rationale="The clauses are what they look like; the letter has to say so in plain words.",
    denied="everything about the review whose e-mail was denied",
    verb="review the contract of",
    again=RISKY,
    others="M-2001 to M-2004 can be reviewed",
)
