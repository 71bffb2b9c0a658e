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


def appoint(folder: Path) -> People:
    """Write the token file of the server, and beside it one file for each caller (all 0600)."""
    path = folder / "tokens.json"
    file = write_tokens(path, _entries())
    for entry in file.callers:
        own = os.open(folder / f"{entry.id}.token", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(own, "w", encoding="ascii") as written:
            written.write(entry.token)
    return People(file, path, folder)


def _entries() -> tuple[TokenEntry, ...]:
    manager = Person(id=MANAGER, roles=("account_manager",))
    runtime = new_entry(RUNTIME, (Role.SUBMITTER,), tenant=TENANT)
    return (
        new_entry(OPERATOR, (Role.SUBMITTER, Role.OPERATOR, Role.AUDITOR), tenant=TENANT),
        runtime.model_copy(update={"acts_for": (manager,)}),
        new_entry(DIRECTOR, ("sales_director",), tenant=TENANT),
        new_entry(AUDITOR, (Role.AUDITOR,), tenant=TENANT),
    )
