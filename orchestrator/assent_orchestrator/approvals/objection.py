"""Why somebody may not answer an approval, and which roles may. Pure."""

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.requirement import Age, Person, roles_now
from assent_orchestrator.errors import ForbiddenError


def objection(what: str, approval: Approval, person: Person, reason: str, age: Age) -> ForbiddenError:
    """Return the error for a reason code: ``what`` they may not do and, where it is for want of a role, which would do.

    Whoever is told may see the approval, and so what it requires. ``alone`` is the role of theirs in which they may
    break the glass; not set where there is none.
    """
    requirement, glass = approval.requirement, approval.requirement.break_glass
    metadata = {"reason": reason, "approval": approval.id}
    wanted: tuple[str, ...] = ()
    if reason == "ROLE_MISSING":
        wanted = roles_now(requirement, approval.answers, age)
        own = [role for role in glass.roles if role in person.roles] if glass is not None else []
        metadata |= {"alone": own[0]} if own else {}
    elif reason == "BREAK_GLASS_MISSING" and glass is not None:
        wanted = tuple(glass.roles)
    if not wanted:
        return ForbiddenError(what, **metadata)
    roles = " or ".join(wanted)
    return ForbiddenError(f"{what}: the role {roles} may", **metadata, roles=roles)
