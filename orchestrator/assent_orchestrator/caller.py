"""Who is calling, as the authenticated transport says."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from assent_orchestrator.errors import AgentMayNotAnswerError, ForbiddenError
from assent_sidecar.facts import Principal


class Role(StrEnum):
    """What a caller may do with Assent itself; roles that policies speak of are free words beside these."""

    SUBMITTER = "submitter"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    COMPLIANCE_OFFICER = "compliance_officer"
    """Says which policies come into force, goes back to earlier ones, and tries others; for all who have the same."""
    PLATFORM_OPERATOR = "platform_operator"
    """Beyond one tenant: may stop, and let go on, everybody's."""


OF_PEOPLE = frozenset({Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.PLATFORM_OPERATOR})
"""Roles that no agent has: with them people oversee what agents do."""


class Authn(StrEnum):
    """How the transport knows who is calling."""

    TOKEN = "token"  # noqa: S105 -- the kind, not a secret
    JWT = "jwt"
    MTLS = "mtls"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``acts_for`` maps the persons it may act for to their roles.

    ``agent`` is the one of the catalogue that the caller is, empty where it is none: it acts as that one and no other.
    Nothing else says so; ``among`` fills it, for whoever comes in, from the names of the agents of the tenant.
    ``known_until`` is when what they showed us is worth nothing any more; None where it does not say so.
    """

    id: str
    tenant: str
    roles: frozenset[str]
    acts_for: tuple[tuple[str, frozenset[str]], ...] = ()
    authn: Authn = Authn.TOKEN
    agent: str = ""
    known_until: datetime | None = field(default=None, compare=False)

    def as_agent(self, name: str) -> "Caller":
        """Return the caller as an agent of the catalogue, without the roles that are for people alone."""
        return replace(self, agent=name, roles=self.roles - OF_PEOPLE)

    def among(self, agents: Container[str]) -> "Caller":
        """Return the caller where these are the agents: one with the id of an agent is that agent, said or not.

        Ids that differ only in case are one's, as everywhere: else an agent is a person once it is written otherwise.
        """
        name = one_person(self.id)
        return self.as_agent(name) if not self.agent and name in agents else self

    def require(self, *roles: Role) -> None:
        """Pass when the caller has one of the roles.

        Raises:
            ForbiddenError: it has none of them.
        """
        if self.roles.isdisjoint(roles):
            wanted = " or ".join(roles)
            raise ForbiddenError(f"this needs the role {wanted}", roles=wanted)

    def require_person(self) -> None:
        """Pass when the caller is no agent: what is asked is for people to say.

        Raises:
            AgentMayNotAnswerError: it is one.
        """
        if self.agent:
            raise AgentMayNotAnswerError("people say this, not agents", agent=self.agent)

    def sees_all(self) -> bool:
        """Say whether the caller may read what others submitted."""
        return not self.roles.isdisjoint((Role.OPERATOR, Role.AUDITOR))

    def principal(self, on_behalf_of: str) -> Principal:
        """Return on whose behalf a run acts: the caller's own, or a person the caller is known to act for.

        Raises:
            ForbiddenError: the caller does not act for that person.
        """
        if on_behalf_of in ("", self.id):
            return Principal(id=self.id, roles=tuple(sorted(self.roles)), authn=self.authn.value)
        for person, roles in self.acts_for:
            if person == on_behalf_of:
                return Principal(id=person, roles=tuple(sorted(roles)), authn=self.authn.value)
        raise ForbiddenError("this caller does not act for that person", caller=self.id)


def one_person(person: str) -> str:
    """Return what an id is compared by where people are counted or excluded, as the policies' library does it.

    Ids that differ only in case are one person's: providers of identities hold them to be the same, and differ in how
    they write them. Other letters than those of ASCII are in no id.
    """
    return person.lower()
