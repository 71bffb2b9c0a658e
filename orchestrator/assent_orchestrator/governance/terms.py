"""On which terms a caller that acts itself asks, and what it is answered."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assent_orchestrator.audit.share import Claim
from assent_orchestrator.clock import later
from assent_orchestrator.governance.mandate import Mandate
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.governance.ruling import Allowed, Ruling
from assent_orchestrator.store.tables import requests
from assent_sidecar.facts import BatchAction
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate rules about one action of a caller; ``report_by`` is when the outcome of an allowed one is due."""

    id: str
    ruling: Ruling
    report_by: datetime | None


def _never(_: Ruling) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Terms:
    """Who holds what is permitted, and what they do themselves.

    ``fulfilled`` are the types of obligations that somebody fulfils: the caller, or Assent for it (redactions).
    ``timeouts`` are the seconds that actions may take, by ``system.operation``. After a ruling that is ``enough``, no
    further action is ruled on. With a ``request_id`` the answers are kept, under the digest of what was asked.
    ``services`` are the actions that services do which act as agents. ``mandate`` is what a service asks under; an
    action that it asks for alone has the id ``item``. ``named`` are the digests of its actions as it names them itself.
    """

    tenant: str
    holder: str
    fulfilled: frozenset[str]
    timeouts: Mapping[str, float] = field(default_factory=dict)
    request_id: str = ""
    request_digest: str = ""
    enough: Callable[[Ruling], bool] = _never
    services: frozenset[str] = frozenset()
    mandate: Mandate | None = None
    item: str = ""
    named: Mapping[str, str] = field(default_factory=dict)

    def key(self, asked: BatchAction) -> str | None:
        """Return the idempotency key of an action, which is the same when the request comes again; None: any."""
        if self.mandate is not None:
            return self.mandate.effect_key(asked.id, self.named[asked.id])
        if not self.request_id:
            return None
        whole = f"{self.tenant}\n{self.holder}\n{self.request_id}\n{asked.id}"
        return hashlib.sha256(whole.encode()).hexdigest()

    def report_by(self, allowed: Allowed) -> datetime:
        """Return until when the outcome is awaited: begun in time, and done in the time that the operation has."""
        name = f"{allowed.action.system}.{allowed.action.operation}"
        own = sort_out(allowed.decided.decision.obligations).timeout
        return later(allowed.permit.expires_at, own if own is not None else self.timeouts.get(name, 30.0))

    def claim(self, tenant: str, answers: Sequence[Answer], now: datetime) -> Claim | None:
        """Return the row that keeps the answers; None without a request id."""
        if not self.request_id:
            return None
        place = {"tenant": tenant, "caller": self.holder, "request_id": self.request_id}
        labels = self.mandate.labels if self.mandate is not None else ()
        kept = [_kept(one) | {"labels": list(labels)} for one in answers]
        row = {**place, "request_digest": self.request_digest, "answers": kept, "answered_at": now}
        return Claim(requests, tuple(place), row)


def _kept(answer: Answer) -> dict[str, Json]:
    ruling = answer.ruling
    permit = None
    if isinstance(ruling, Allowed):
        permit = ruling.permit.id
    refused = getattr(ruling, "code", None), getattr(ruling, "message", None)
    return {"id": answer.id, "decided": ruling.decided.to_json(), "permit": permit, "refused": list(refused)}
