"""What the trail is told of memory: which values, of which class and why, and never what they are or whose.

``detail.subject`` is the keyed digest of the subject: whoever has the master key and a name can find what was done
with what is remembered of it, and nobody can read a name from it.
"""

from collections.abc import Iterable, Mapping, Sequence

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.memory.entry import Recalled, Receipt, Remembered
from assent_orchestrator.memory.holds import Hold
from assent_orchestrator.plan.label import names
from assent_sidecar.canonical import digest
from assent_sidecar.model import Json

MOST_NAMED = 500
"""How many values a record names; ``digest`` is over all of them."""


FORGOTTEN = "memory.forgotten"
"""The event of an order to forget that was carried out."""


def remembered(made: Remembered, actor: Actor, *, on_behalf_of: str | None = None, step: str | None = None) -> Draft:
    """Return the record of a value that was remembered."""
    detail: dict[str, Json] = {
        **_of(made.subject_key, made.name, made.purpose),
        "memory": made.id,
        "labels": list(made.labels),
        "digest": made.digest,
        "bytes": made.size,
    }
    if made.expires_at is not None:
        detail["expires_at"] = made.expires_at.isoformat()
    return _draft("memory.remembered", actor, detail, run=made.run, step=step, on_behalf_of=on_behalf_of)


def recalled(
    used: Sequence[Recalled],
    withheld: int,
    actor: Actor,
    *,
    subject_key: str,
    name: str,
    purpose: str,
    redacted: int = 0,
    run: str | None = None,
    step: str | None = None,
    on_behalf_of: str | None = None,
) -> Draft:
    """Return the record of what was recalled: which values, with the labels that are left, how many were withheld."""
    detail: dict[str, Json] = {
        **_of(subject_key, name, purpose),
        **named([one.known for one in used]),
        "labels": sorted(frozenset[str]().union(*(names(one.labels) for one in used))),
        "withheld": withheld,
    }
    if redacted:
        detail["redacted"] = redacted
    return _draft("memory.recalled", actor, detail, run=run, step=step, on_behalf_of=on_behalf_of)


def forgotten(
    receipt: Receipt,
    actor: Actor,
    *,
    run: str | None = None,
    step: str | None = None,
    on_behalf_of: str | None = None,
) -> Draft:
    """Return the record of an order to forget that was carried out."""
    detail: dict[str, Json] = {
        "subject": receipt.subject_key,
        "receipt": receipt.id,
        "forgotten": dict(receipt.forgotten),
        "digest": receipt.ids_digest,
        "key_destroyed": receipt.key_destroyed,
    }
    if receipt.name is not None:
        detail["class"] = receipt.name
    return _draft(FORGOTTEN, actor, detail, run=run, step=step, on_behalf_of=on_behalf_of)


def held(hold: Hold, actor: Actor, on_behalf_of: str | None = None) -> Draft:
    """Return the record of a hold that was placed; why is in the hold, and here by its digest."""
    detail: dict[str, Json] = {"hold": hold.id, "subject": hold.subject_key, "reason_digest": digest(hold.reason)}
    return _draft("memory.held", actor, detail, on_behalf_of=on_behalf_of)


def lifted(hold: Hold, actor: Actor, on_behalf_of: str | None = None) -> Draft:
    """Return the record of a hold that was lifted."""
    detail: dict[str, Json] = {"hold": hold.id, "subject": hold.subject_key, "reason_digest": digest(hold.lift_reason)}
    return _draft("memory.lifted", actor, detail, on_behalf_of=on_behalf_of)


def refused(code: str, detail: Mapping[str, Json], actor: Actor, *, on_behalf_of: str | None, run: str | None) -> Draft:
    """Return the record of what was refused before the policies were asked."""
    return _draft("memory.refused", actor, {"code": code, **detail}, on_behalf_of=on_behalf_of, run=run)


def expired(gone: Sequence[Remembered], *, key_destroyed: bool) -> Draft:
    """Return the record of values of one subject that were removed because their time was over."""
    detail: dict[str, Json] = {
        "subject": gone[0].subject_key,
        "classes": sorted({one.name for one in gone}),
        **named(gone),
        "key_destroyed": key_destroyed,
    }
    return _draft("memory.expired", _SYSTEM, detail)


def kept(still: Sequence[Remembered], holds: Iterable[str]) -> Draft:
    """Return the record of values of one subject whose time is over, and that a hold keeps; it is made once."""
    detail: dict[str, Json] = {
        "subject": still[0].subject_key,
        "classes": sorted({one.name for one in still}),
        **named(still),
        "holds": list(holds),
    }
    return _draft("memory.kept", _SYSTEM, detail)


def named(several: Sequence[Remembered]) -> dict[str, Json]:
    """Return which values a record is about, and the digest of their ids and their digests."""
    ids = [one.id for one in several]
    return {
        "memories": list(ids[:MOST_NAMED]),
        "count": len(ids),
        "digest": digest([[one.id, one.digest] for one in several]),
    }


def rewrapped(count: int, before: str, after: str) -> Draft:
    """Return the record of a master key that was replaced; both are named by their fingerprints."""
    return _draft("memory.rewrapped", _SYSTEM, {"subjects": count, "from": before, "to": after})


_SYSTEM = Actor(kind="system", id="assent")


def _of(subject_key: str, name: str, purpose: str) -> dict[str, Json]:
    return {"subject": subject_key, "class": name, "purpose": purpose}


def _draft(
    event: str,
    actor: Actor,
    detail: dict[str, Json],
    *,
    run: str | None = None,
    step: str | None = None,
    on_behalf_of: str | None = None,
) -> Draft:
    return Draft(
        event=event, run=run, step=step, actor=actor, on_behalf_of=on_behalf_of, detail=detail, trace=trace_note()
    )
