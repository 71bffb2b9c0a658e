"""Decides for agents that act themselves: checked, asked, recorded, permitted; nothing is performed here."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.share import ClaimedError
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.carry import carry_through
from assent_orchestrator.clock import Clock
from assent_orchestrator.decisions.check import accept, as_action, name
from assent_orchestrator.decisions.mandates import Mandates
from assent_orchestrator.decisions.request import DecisionRequest, Leave, Reply, Wish
from assent_orchestrator.errors import AlreadyExistsError, ForbiddenError, NotThisAgentError, StateError
from assent_orchestrator.governance.enquiry import process_facts
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.handed_out import PermitClosedError, PermitStatus, read_row
from assent_orchestrator.governance.judging import redacted
from assent_orchestrator.governance.mandate import Mandate, UnderPermitNeededError
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.governance.outside import Outside
from assent_orchestrator.governance.ruling import Allowed, Refused, Ruling
from assent_orchestrator.governance.stop import Subject
from assent_orchestrator.governance.terms import Answer, Terms
from assent_orchestrator.plan.unretained import labels_of_never
from assent_orchestrator.store.tables import permits, requests
from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided, Reason, Verdict
from assent_sidecar.facts import BatchAction, Principal, StepFacts
from assent_sidecar.model import Json, seconds
from assent_sidecar.question import Kind, Question

_INLINE = 20
"""Actions that are checked on the event loop; more of them go to a thread."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers what agents may do themselves."""

    engine: AsyncEngine
    gate: Gate
    clock: Clock
    catalogue: Callable[[str], Catalogue]
    mandates: Mandates

    async def decide(
        self,
        caller: Caller,
        request: DecisionRequest,
        *,
        enough: Callable[[Verdict], bool] | None = None,
        within: float | None = None,
    ) -> tuple[Reply, ...]:
        """Decide every action of a request by itself; the same request id gives the same answers again.

        After a verdict that is ``enough`` nothing further is ruled on or permitted. ``within`` is how many seconds the
        caller still waits; None: no one said.

        Under a permit, which a service was called with that acts as an agent, it is asked about the run in which the
        permit was given, and on behalf of whom the run is.

        Raises:
            ForbiddenError: the caller may not ask for that agent, or not for that person, or not without a permit, or
                not under that one.
            InvalidError: something in the request is not declared or does not fit; every fault is named.
            AlreadyExistsError: the request id was used for another request.
            StateError: the request id was given a permit for what a stop holds up now, or what the permit that it is
                asked under was given for is not under way.
            NotRetainedError: an input of the run that it is asked in is lost on this server.
            PermitClosedError: the request id was given a permit that is closed by now.
            BusyError: as many decisions wait as may; nothing was asked, nothing is written.
            UnavailableError: it could not be recorded; nothing is permitted.
            MemoryKeyWrongError: an argument is never retained, and this server has not got the key of its digest.
        """
        catalogue = self.catalogue(caller.tenant)
        agent = _require(caller, request, catalogue)
        mandate = None
        if request.under_permit:
            mandate = await self.mandates.find(caller, agent, request.under_permit, catalogue)
            principal = _principal_of(mandate, request)
        else:
            principal = caller.principal(request.on_behalf_of)
        asked = ""
        if request.request_id:
            asked = await asyncio.to_thread(_digest_of, request)
            earlier = await self._earlier(caller, request, asked, catalogue, mandate)
            if earlier is not None:
                return earlier
        if len(request.wishes) > _INLINE:
            actions, named = await asyncio.to_thread(self._accepted, request, catalogue, mandate)
        else:
            actions, named = self._accepted(request, catalogue, mandate)
        never = catalogue.memory.never
        confided = any(labels_of_never(one.action.labels, never) for one in actions)
        terms = Terms(
            tenant=caller.tenant,
            holder=caller.id,
            fulfilled=frozenset({"redact", "reserve", *request.fulfils}),
            timeouts=_timeouts(request, catalogue),
            request_id=request.request_id,
            request_digest=self.gate.digests.written(asked, confided=confided) if asked else "",
            services=frozenset(wish.action for wish in request.wishes if catalogue.acting(wish.action)),
            mandate=mandate,
            item=actions[0].id,
            named=named,
            enough=lambda ruling: enough is not None and enough(_held_to(ruling).verdict),
        )
        question = self._question(caller, request, catalogue, principal, actions).confidentially(confided)
        if mandate is not None:
            question = _under(mandate, question)
        try:
            answers = await carry_through(Outside(self.gate).permit(question, terms, within=within))
        except ClaimedError:
            # Somebody was quicker with the same request id: theirs are the answers.
            earlier = await self._earlier(caller, request, asked, catalogue, mandate)
            if earlier is None:
                raise _used(request) from None
            return earlier
        return tuple(_reply(answer) for answer in answers)

    def _accepted(
        self, request: DecisionRequest, catalogue: Catalogue, mandate: Mandate | None
    ) -> tuple[tuple[BatchAction, ...], dict[str, str]]:
        """Return what is asked about, and under a permit by which digest each of it is known again."""
        digests = self.gate.digests
        if mandate is None:
            return accept(request, catalogue, digests), {}
        actions = accept(request, catalogue, digests, mandate.labels)
        pairs = zip(request.wishes, actions, strict=True)
        return actions, {wish.id: name(wish, one.action, catalogue, digests) for wish, one in pairs}

    def _question(
        self,
        caller: Caller,
        request: DecisionRequest,
        catalogue: Catalogue,
        principal: Principal,
        actions: Sequence[BatchAction],
    ) -> Question:
        declared = catalogue.processes.get(request.process)
        process = process_facts(declared) if declared is not None else None
        now, tenant, context = self.clock(), caller.tenant, request.context
        if request.batch:
            return Question(
                kind=Kind.BATCH,
                time=now,
                tenant=tenant,
                principal=principal,
                process=process,
                actions=tuple(actions),
                context=context,
            )
        (one,) = actions
        return Question(
            kind=Kind.ACTION,
            time=now,
            tenant=tenant,
            principal=principal,
            process=process,
            agent=one.agent,
            step=StepFacts(id=one.id, attempt=1),
            action=one.action,
            context=context,
        )

    async def _earlier(
        self, caller: Caller, request: DecisionRequest, asked: str, catalogue: Catalogue, mandate: Mandate | None
    ) -> tuple[Reply, ...] | None:
        """Return what the request id was answered before, or None."""
        found = sa.select(requests.c.request_digest, requests.c.answers).where(
            requests.c.tenant == caller.tenant,
            requests.c.caller == caller.id,
            requests.c.request_id == request.request_id,
        )
        async with self.engine.connect() as tx:
            row = (await tx.execute(found)).one_or_none()
            if row is None:
                return None
            if not self.gate.digests.same(row.request_digest, asked):
                raise _used(request)
            ids = [kept["permit"] for kept in row.answers if kept["permit"]]
            rows = await tx.execute(sa.select(permits).where(permits.c.id.in_(ids)))
            given = {one["id"]: read_row(one) for one in rows.mappings()}
        wishes = {wish.id: wish for wish in request.wishes}
        for kept in row.answers:
            issued = given.get(kept["permit"])
            if issued is not None:
                if issued.status is not PermitStatus.ISSUED:
                    raise PermitClosedError("the permit is closed; it is not handed out again", permit=issued.id)
                await self._require_unstopped(caller, request, wishes[kept["id"]], mandate)
        replies = []
        for kept in row.answers:
            decided = Decided.from_json(kept["decided"])
            issued = given.get(kept["permit"])
            if issued is None:
                replies.append(Reply(kept["id"], _as_held(decided, kept["refused"]), None))
                continue
            duties, digests = sort_out(decided.decision.obligations), self.gate.digests
            asked_for = as_action(wishes[kept["id"]], catalogue, digests, kept.get("labels", ()))
            action = redacted(asked_for, duties, digests)
            permit = Outside(self.gate).permit_again(caller.tenant, decided, kept["id"], issued, action)
            replies.append(Reply(kept["id"], decided, Leave(permit, action, issued.report_by)))
        return tuple(replies)

    async def _require_unstopped(
        self, caller: Caller, request: DecisionRequest, wish: Wish, mandate: Mandate | None
    ) -> None:
        """Pass when no stop holds up what was permitted before: until it is lifted, the permit stays here."""
        system = wish.action.partition(".")[0]
        subjects = [Subject(caller.tenant, None, request.process or None, wish.agent, system)]
        if mandate is not None:
            above = mandate.subjects(caller.tenant)
            subjects = [replace(above[0], agent=wish.agent, system=system), *above]
        for subject in subjects:
            found = await self.gate.stops(subject)
            if found:
                raise StateError("a stop is in force; the permit is not handed out again", stop=found[0].id)


def _require(caller: Caller, request: DecisionRequest, catalogue: Catalogue) -> str:
    """Pass when the caller may ask for every agent (one for itself, a submitter for all); return the agent it is."""
    agent = caller.agent
    if not agent:
        if request.under_permit:
            raise NotThisAgentError("only the agent that was called asks under a permit", caller=caller.id)
        caller.require(Role.SUBMITTER)
    elif any(wish.agent != agent for wish in request.wishes):
        raise NotThisAgentError("an agent asks for itself only", agent=agent)
    elif not request.under_permit and catalogue.is_service(agent):
        raise UnderPermitNeededError("this agent is called, and asks under the permit of the call", agent=agent)
    return agent


def _principal_of(mandate: Mandate, request: DecisionRequest) -> Principal:
    """Return on whose behalf something is asked under a permit: as the call was, and nobody else's.

    Raises:
        ForbiddenError: the request says otherwise, or names another process.
    """
    if request.on_behalf_of not in ("", mandate.principal.id):
        raise ForbiddenError("under a permit you act for whom the call was", permit=mandate.permit)
    if request.process not in ("", mandate.process.name if mandate.process is not None else ""):
        raise ForbiddenError("under a permit you act in the process of the call", permit=mandate.permit)
    return mandate.principal


def _under(mandate: Mandate, question: Question) -> Question:
    """Return the question with the run, the step and the process that the service was called in, and under what."""
    where: dict[str, object] = {"process": mandate.process, "under": mandate.facts()}
    if mandate.origin is not None:
        origin = mandate.origin
        where |= {"run": origin.run, "step": origin.step, "inputs": dict(origin.inputs)}
        question = question.confidentially(question.confided or origin.confided)
    return question.model_copy(update=where)


def _timeouts(request: DecisionRequest, catalogue: Catalogue) -> dict[str, float]:
    operations = {wish.action: catalogue.operation(wish.action) for wish in request.wishes}
    return {name: seconds(found.timeout) for name, found in operations.items() if found is not None}


def _reply(answer: Answer) -> Reply:
    ruling = answer.ruling
    if isinstance(ruling, Allowed) and answer.report_by is not None:
        return Reply(answer.id, ruling.decided, Leave(ruling.permit, ruling.action, answer.report_by))
    return Reply(answer.id, _held_to(ruling), None)


def _held_to(ruling: Ruling) -> Decided:
    """Return the decision as it holds for the caller: an allow that could not be granted is a deny."""
    if isinstance(ruling, Refused):
        return _as_held(ruling.decided, (ruling.code, ruling.message))
    return ruling.decided


def _as_held(decided: Decided, refused: Sequence[Json]) -> Decided:
    if decided.verdict is not Verdict.ALLOW:
        return decided
    code, message = refused
    reasons = (Reason(code=code or "DENIED", message=message or ""), *decided.decision.reasons)
    decision = decided.decision.model_copy(update={"verdict": Verdict.DENY, "reasons": reasons})
    return decided.model_copy(update={"decision": decision})


def _digest_of(request: DecisionRequest) -> str:
    content = request.to_json()
    del content["request_id"]
    if not request.under_permit:
        del content["under_permit"]  # what was asked before there was such a thing has the digest that it had
    return digest(content)


def _used(request: DecisionRequest) -> AlreadyExistsError:
    return AlreadyExistsError("the request id was used for another request", request_id=request.request_id)
