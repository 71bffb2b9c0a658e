"""AuthZEN Authorization API 1.0 (OpenID Foundation): its questions as ours, our answers as its. Pure.

``subject.id`` is the agent, ``resource.id`` the system (or ``system.operation``), ``action.name`` the operation,
``resource.properties.args`` the arguments; docs/decisions.md has the whole mapping.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assent_orchestrator.decisions.request import MAX_ACTIONS, DecisionRequest, Leave, Reply, Wish
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.read import read_json
from assent_orchestrator.server.names import permit_name
from assent_sidecar.decision import Verdict
from assent_sidecar.facts import Labels
from assent_sidecar.misfit import Misfit, misfits
from assent_sidecar.model import Json

Body = TypeVar("Body", bound=BaseModel)
Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]


class _Part(BaseModel):
    """A part of a message: what the specification does not name is ignored, as it demands."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Entity(_Part):
    """A subject or a resource."""

    type: str
    id: str
    properties: dict[str, Json] = {}


class Deed(_Part):
    """An action."""

    name: str
    properties: dict[str, Json] = {}


class Evaluation(_Part):
    """One question; in a list of them, what is missing is taken from the whole."""

    subject: Entity | None = None
    action: Deed | None = None
    resource: Entity | None = None
    context: dict[str, Json] | None = None


class Options(_Part):
    """How a list of questions is answered."""

    evaluations_semantic: Semantic = "execute_all"


class Evaluations(Evaluation):
    """Many questions, or one where there is no list."""

    evaluations: Annotated[tuple[Evaluation, ...], Field(max_length=MAX_ACTIONS)] = ()
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks of us, and after which answer no other is wanted (None: all are)."""

    request: DecisionRequest
    last: bool | None

    def enough(self, verdict: Verdict) -> bool:
        """Say whether no further answer is wanted after this one."""
        return self.last is not None and (verdict is Verdict.ALLOW) is self.last


def read_evaluation(body: bytes) -> Asked:
    """Read the body of one evaluation.

    Raises:
        InvalidError: it is none.
    """
    return _asked(_parsed(Evaluation, body), (), "execute_all")


def read_evaluations(body: bytes) -> Asked:
    """Read the body of several evaluations.

    Raises:
        InvalidError: they are none.
    """
    parsed = _parsed(Evaluations, body)
    return _asked(parsed, parsed.evaluations, parsed.options.evaluations_semantic)


def write_evaluation(tenant: str, reply: Reply) -> dict[str, Json]:
    """Return the answer to one evaluation: true if and only if there is a permit."""
    decided = reply.decided
    context: dict[str, Json] = {
        "decision_id": decided.provenance.decision_id,
        "verdict": str(decided.verdict),
        "reasons": [reason.to_json() for reason in decided.decision.reasons],
        "obligations": [one.to_json() for one in decided.decision.obligations],
        "revision": decided.provenance.revision,
        "fault": decided.fault,
    }
    if decided.decision.approval is not None:
        context["approval"] = decided.decision.approval.to_json()
    if decided.decision.defer_until is not None:
        context["defer_until"] = decided.decision.defer_until.isoformat()
    if reply.leave is not None:
        context["permit"] = _permit(tenant, reply.leave)
    return {"decision": reply.leave is not None, "context": context}


def metadata(origin: str) -> dict[str, str]:
    """Return what ``/.well-known/authzen-configuration`` says."""
    return {
        "policy_decision_point": origin,
        "access_evaluation_endpoint": f"{origin}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{origin}/access/v1/evaluations",
    }


def _permit(tenant: str, leave: Leave) -> dict[str, Json]:
    permit = leave.permit
    return {
        "name": permit_name(tenant, permit.id),
        "token": permit.token,
        "args": leave.action.args,
        "labels": {pointer: list(names) for pointer, names in leave.action.labels.items()},
        "action_digest": permit.claimed,
        "idempotency_key": permit.idempotency_key,
        "expire_time": permit.expires_at.isoformat(),
        "report_time": leave.report_by.isoformat(),
    }


def _parsed(kind: type[Body], body: bytes) -> Body:
    try:
        parsed = kind.model_validate_json(body)
        read_json(body)
    except ValidationError as error:
        faults = tuple(_fault(one) for one in misfits(error))
        raise InvalidError("the body is not what AuthZEN asks with", faults) from error
    except (ValueError, RecursionError) as error:
        fault = Fault("", "MALFORMED", "has a key twice, holds the character NUL, or is nested too deep")
        raise InvalidError("the body is not what AuthZEN asks with", (fault,)) from error
    return parsed


def _fault(found: Misfit) -> Fault:
    return Fault(".".join(map(str, found.place)), found.code, found.text)


def _asked(whole: Evaluation, several: tuple[Evaluation, ...], semantic: Semantic) -> Asked:
    faults: list[Fault] = []
    context = dict(whole.context or {})
    fulfils = _names(context.pop("fulfils", []), "context.fulfils", faults)
    process, person, under, request_id = (
        context.pop(name, "") for name in ("process", "on_behalf_of", "under_permit", "request_id")
    )
    wishes: list[Wish] = []
    for number, one in enumerate(several or (whole,)):
        place = f"evaluations.{number}" if several else ""
        if several and one.context is not None:
            faults.append(Fault(f"{place}.context", "CONTEXT", "one context holds for all evaluations of a request"))
        wish = _wish(whole, one, number, place, faults)
        if wish is not None:
            wishes.append(wish)
    if not faults:
        try:
            request = DecisionRequest(
                wishes=tuple(wishes),
                batch=bool(several),
                process=process,
                context=context,
                on_behalf_of=person,
                fulfils=fulfils,
                under_permit=under,
                request_id=request_id,
            )
        except ValidationError as error:
            faults = [_fault(one) for one in misfits(error)]
        else:
            last = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}[semantic]
            return Asked(request, last)
    raise InvalidError("the request cannot be understood", tuple(faults))


def _wish(whole: Evaluation, one: Evaluation, number: int, place: str, faults: list[Fault]) -> Wish | None:
    subject, action, resource = (
        one.subject or whole.subject,
        one.action or whole.action,
        one.resource or whole.resource,
    )
    if subject is None or action is None or resource is None:
        there = {"subject": subject, "action": action, "resource": resource}
        faults += [
            Fault(f"{place}.{name}".strip("."), "REQUIRED", "is needed") for name, part in there.items() if part is None
        ]
        return None
    if subject.type != "agent":
        faults.append(Fault(f"{place}.subject.type".strip("."), "SUBJECT_TYPE", "subjects are of the type agent"))
    if resource.type != "system":
        faults.append(Fault(f"{place}.resource.type".strip("."), "RESOURCE_TYPE", "resources are of the type system"))
    args, labels = resource.properties.get("args", {}), resource.properties.get("labels", {})
    try:
        return Wish(
            id=f"e{number}",
            agent=subject.id,
            action=f"{resource.id}.{action.name}",
            args=args,
            labels=_labels(labels),
        )
    except ValidationError as error:
        faults += [
            Fault(f"{place}.{_AT.get(str(found.place[0]), 'resource')}".strip("."), found.code, found.text)
            for found in misfits(error)
        ]
        return None


_AT: Mapping[str, str] = {
    "agent": "subject.id",
    "action": "action.name",
    "args": "resource.properties.args",
    "labels": "resource.properties.labels",
}


def _labels(labels: Json) -> Labels:
    """Return labels with tuples for arrays; whatever is no such thing is refused by the model."""
    if not isinstance(labels, dict):
        return labels  # type: ignore[no-any-return] # the model says what is wrong with it
    return {pointer: tuple(names) if isinstance(names, list) else names for pointer, names in labels.items()}


def _names(value: Json, place: str, faults: list[Fault]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(sorted(set(value)))
    faults.append(Fault(place, "FULFILS", "is a list of the types of obligations that the caller fulfils"))
    return ()
