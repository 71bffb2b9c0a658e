"""What is asked of memory, and what is answered."""

from google.protobuf.duration_pb2 import Duration

from assent.v1 import memories_pb2 as wire
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.memory.curtailing import Found
from assent_orchestrator.memory.entry import Recalled, Remembered
from assent_orchestrator.memory.holds import Hold
from assent_orchestrator.memory.keeper import Answer, Forgotten, Kept
from assent_orchestrator.memory.wish import Terms, Wish
from assent_orchestrator.page import Page
from assent_orchestrator.server.names import hold_name, memory_name, run_id, run_name
from assent_orchestrator.server.translate.decision import write_decided
from assent_orchestrator.server.translate.label import label_sets, labels_of
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.tools.value import ValueFaultError, from_value, to_value

_LONGEST_SECONDS = 999_999_999


def read_remember(request: wire.RememberRequest, caller: Caller) -> Wish:
    """Return what is to be remembered.

    Raises:
        InvalidError: the value cannot be taken in.
        NotFoundError: the run is not one of the caller's tenant.
    """
    try:
        value = from_value(request.value)
    except ValueFaultError as error:
        raise InvalidError("the value cannot be remembered", (Fault("value", "VALUE", str(error)),)) from error
    return Wish(
        operation="remember",
        memory_class=request.memory_class,
        purpose=request.purpose,
        subject=request.subject,
        value=value,
        labels=labels_of(request.labels),
        ttl=_ttl(request.ttl) if request.HasField("ttl") else None,
        request_id=request.request_id,
        terms=_terms(request.terms, caller),
    )


def read_recall(request: wire.RecallRequest, caller: Caller) -> Wish:
    """Return what is to be recalled.

    Raises:
        NotFoundError: the run is not one of the caller's tenant.
    """
    return Wish(
        operation="recall",
        memory_class=request.memory_class,
        purpose=request.purpose,
        subject=request.subject,
        only_labels=frozenset(request.only_labels) if request.only_labels else None,
        limit=request.limit,
        terms=_terms(request.terms, caller),
    )


def read_forget(request: wire.ForgetRequest, caller: Caller) -> Wish:
    """Return what is to be forgotten.

    Raises:
        NotFoundError: the run is not one of the caller's tenant.
    """
    return Wish(
        operation="forget",
        memory_class=request.memory_class,
        subject=request.subject,
        reason=request.reason,
        request_id=request.request_id,
        terms=_terms(request.terms, caller),
    )


def read_list(request: wire.ListMemoriesRequest, caller: Caller) -> Wish:
    """Return what is to be listed.

    Raises:
        NotFoundError: the run is not one of the caller's tenant.
    """
    return Wish(
        operation="list",
        memory_class=request.memory_class,
        subject=request.subject,
        limit=request.page_size,
        terms=_terms(request.terms, caller),
    )


def read_hold(request: wire.PlaceHoldRequest, caller: Caller) -> Wish:
    """Return what is to be held.

    Raises:
        NotFoundError: the run is not one of the caller's tenant.
    """
    return Wish(
        operation="hold",
        subject=request.subject,
        reason=request.reason,
        request_id=request.request_id,
        terms=_terms(request.terms, caller),
    )


def read_lift(request: wire.LiftHoldRequest, caller: Caller) -> Wish:
    """Return what is to be lifted.

    Raises:
        NotFoundError: the run is not one of the caller's tenant.
    """
    return Wish(operation="lift", reason=request.reason, terms=_terms(request.terms, caller))


def write_remembered(answer: Answer, made: Remembered | None, trace_id: str) -> wire.RememberResponse:
    """Return what became of a value that was to be remembered."""
    decision = write_decided(answer.decided, trace_id)
    return wire.RememberResponse(decision=decision, refusal=answer.refusal, memory=write_memory(made) if made else None)


def write_recalled(answer: Answer, found: Found, trace_id: str) -> wire.RecallResponse:
    """Return what was recalled."""
    return wire.RecallResponse(
        decision=write_decided(answer.decided, trace_id),
        refusal=answer.refusal,
        memories=[_recalled(one) for one in found.values],
        withheld_count=found.withheld,
    )


def write_forgotten(answer: Answer, found: Forgotten | None, trace_id: str) -> wire.ForgetResponse:
    """Return what became of an order to forget."""
    made = wire.ForgetResponse(decision=write_decided(answer.decided, trace_id), refusal=answer.refusal)
    if found is not None:
        receipt = found.receipt
        counts = [
            wire.ForgetReceipt.ClassCount(memory_class=name, count=count) for name, count in receipt.forgotten.items()
        ]
        made.receipt.CopyFrom(
            wire.ForgetReceipt(
                id=receipt.id,
                subject_digest=receipt.subject_key,
                forgotten=counts,
                ids_digest=receipt.ids_digest,
                key_destroyed=receipt.key_destroyed,
                audit_classes=found.audit_classes,
                forgetter=receipt.forgotten_by,
                forget_time=timestamp(receipt.forgotten_at),
                record_seq=found.record_seq,
            )
        )
    return made


def write_list(answer: Answer, page: Page[Kept], trace_id: str) -> wire.ListMemoriesResponse:
    """Return a page of what is remembered."""
    return wire.ListMemoriesResponse(
        memories=[write_memory(one.known, held=one.held) for one in page.items],
        next_page_token=page.next_token,
        decision=write_decided(answer.decided, trace_id),
        refusal=answer.refusal,
    )


def write_placed(answer: Answer, hold: Hold | None, trace_id: str) -> wire.PlaceHoldResponse:
    """Return what became of a hold that was asked for."""
    decision = write_decided(answer.decided, trace_id)
    return wire.PlaceHoldResponse(decision=decision, refusal=answer.refusal, hold=write_hold(hold) if hold else None)


def write_lifted(answer: Answer, hold: Hold | None, trace_id: str) -> wire.LiftHoldResponse:
    """Return what became of a hold that was to be lifted."""
    decision = write_decided(answer.decided, trace_id)
    return wire.LiftHoldResponse(decision=decision, refusal=answer.refusal, hold=write_hold(hold) if hold else None)


def write_memory(known: Remembered, *, held: bool = False) -> wire.Memory:
    """Return a memory without its value."""
    return wire.Memory(
        name=memory_name(known.tenant, known.id),
        memory_class=known.name,
        purpose=known.purpose,
        labels=known.labels,
        digest=known.digest,
        size_bytes=known.size,
        create_time=timestamp(known.created_at),
        creator=known.created_by,
        expire_time=timestamp(known.expires_at),
        run=run_name(known.tenant, known.run) if known.run else "",
        run_scoped=known.run_scoped,
        held=held,
    )


def write_hold(hold: Hold) -> wire.Hold:
    """Return a hold."""
    return wire.Hold(
        name=hold_name(hold.tenant, hold.id),
        subject_digest=hold.subject_key,
        reason=hold.reason,
        placer=hold.placed_by,
        place_time=timestamp(hold.placed_at),
        lifter=hold.lifted_by or "",
        lift_time=timestamp(hold.lifted_at),
        lift_reason=hold.lift_reason or "",
    )


def _recalled(one: Recalled) -> wire.RecalledMemory:
    return wire.RecalledMemory(memory=write_memory(one.known), value=to_value(one.value), labels=label_sets(one.labels))


def _terms(terms: wire.MemoryTerms, caller: Caller) -> Terms:
    run = run_id(terms.run, caller) if terms.run else ""
    return Terms(on_behalf_of=terms.on_behalf_of, agent=terms.agent, process=terms.process, run=run)


def _ttl(span: Duration) -> str:
    """Return a duration in whole seconds, never longer than what was asked for."""
    return f"{min(span.seconds, _LONGEST_SECONDS)}s"
