"""Who calls in a throw-away deployment: nobody has more than their part needs."""

import os
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.caller import Role
from assent_orchestrator.server.tokens import Person, TokenEntry, TokenFile, new_entry, write_tokens

TENANT = "demo"
RUNTIME = "renewals-runtime"
"""The program that runs the agents; it submits plans."""
MANAGER = "ines.albrecht"
"""The account manager for whom it does so."""
DIRECTOR = "dana.whitfield"
"""A sales director: may approve, and nothing else."""
AUDITOR = "auditor"
OPERATOR = "operator"
PLANNER = "planner"
"""A program that suggests how work could be done: proposes plans, and reads what was done."""
OFFICER = "carmen.diaz"
"""A compliance officer: has clients forgotten, places legal holds, activates policies; and nothing else."""
LAWYER = "lena.brandt"
"""A lawyer of the law firm: may approve, and nothing else."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the ``runtime`` of the agents, the ``principal`` that they act for, and who ``answers`` approvals."""

    runtime: str
    principal: str
    principal_role: str
    answers: str
    role: str


RENEWALS = Cast(RUNTIME, MANAGER, "account_manager", DIRECTOR, "sales_director")
REVIEWS = Cast("reviews-runtime", "noah.frey", "paralegal", LAWYER, "lawyer")


@dataclass(frozen=True, slots=True)
class People:
    """The callers and where their tokens are."""

    file: TokenFile
    path: Path
    folder: Path

    def token_of(self, person: str) -> str:
        """Return somebody's bearer token."""
        token = self.file.token_of(person)
        if token is None:
            raise KeyError(person)
        return token

    def token_file(self, person: str) -> Path:
        """Return the file that holds nothing but somebody's token, for programs such as grpcurl."""
        return self.folder / f"{person}.token"


def appoint(folder: Path, cast: Cast = RENEWALS) -> People:
    """Write the token file of the server, and beside it one file for each caller (all 0600)."""
    path = folder / "tokens.json"
    file = write_tokens(path, _entries(cast))
    for entry in file.callers:
        own = os.open(folder / f"{entry.id}.token", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(own, "w", encoding="ascii") as written:
            written.write(entry.token)
    return People(file, path, folder)


def _entries(cast: Cast) -> tuple[TokenEntry, ...]:
    principal = Person(id=cast.principal, roles=(cast.principal_role,))
    runtime = new_entry(cast.runtime, (Role.SUBMITTER,), tenant=TENANT)
    return (
        new_entry(OPERATOR, (Role.SUBMITTER, Role.OPERATOR, Role.AUDITOR), tenant=TENANT),
        runtime.model_copy(update={"acts_for": (principal,)}),
        new_entry(cast.answers, (cast.role, Role.SUBMITTER), tenant=TENANT),
        new_entry(AUDITOR, (Role.AUDITOR,), tenant=TENANT),
        new_entry(OFFICER, (Role.COMPLIANCE_OFFICER,), tenant=TENANT),
        new_entry(PLANNER, (Role.SUBMITTER, Role.AUDITOR, "planner"), tenant=TENANT),
    )
