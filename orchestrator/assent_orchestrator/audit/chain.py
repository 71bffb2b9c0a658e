"""The hash chain: how records are sealed, and how it shows when somebody changed them. Pure.

``hash = sha256(record)`` over the RFC 8785 bytes of the record, which holds ``prev``, the hash of the record before.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from assent_orchestrator.audit.record import MAX_RECORD_BYTES, SCHEMA, Draft
from assent_orchestrator.errors import AssentError
from assent_sidecar.canonical import NotCanonicalError, canonical


class AuditError(AssentError):
    """A draft that cannot be recorded as it is: too long, or not canonical JSON."""

    code = "AUDIT_RECORD_INVALID"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record of a trail: its number and the 32 bytes of its hash."""

    seq: int
    hash: bytes


GENESIS = Head(0, bytes(32))
"""Where every trail begins."""


@dataclass(frozen=True, slots=True)
class Link:
    """One row of the trail: the record's bytes, their hash, and the columns that index it."""

    seq: int
    run_id: str | None
    event: str
    recorded_at: datetime
    record: bytes
    hash: bytes

    @property
    def head(self) -> Head:
        """The head when this is the newest record."""
        return Head(self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Break:
    """The first record that does not hold, and why; ``code`` for programs, ``why`` for people."""

    seq: int
    code: str
    why: str


def hash_text(content: bytes) -> str:
    """Return a hash as records write it: ``sha256:<hex>``."""
    return f"sha256:{content.hex()}"


def rfc3339(moment: datetime) -> str:
    """Return a moment in UTC with microseconds, as records write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def seal(draft: Draft, *, tenant: str, head: Head, now: datetime, record_id: str) -> Link:
    """Make the record that follows ``head``.

    Raises:
        AuditError: the record would be longer than 48 KiB or has no canonical form.
    """
    seq = head.seq + 1
    place = {
        "schema": SCHEMA,
        "tenant": tenant,
        "seq": str(seq),
        "time": rfc3339(now),
        "prev": hash_text(head.hash),
        "record_id": record_id,
    }
    try:
        content = canonical(draft.to_json() | place)
    except (NotCanonicalError, ValueError) as error:
        raise AuditError("a record holds a value that has no canonical JSON form", event=draft.event) from error
    if len(content) > MAX_RECORD_BYTES:
        raise AuditError(
            f"a record may have {MAX_RECORD_BYTES} bytes; record a digest of what is longer",
            event=draft.event,
            bytes=str(len(content)),
        )
    return Link(seq, draft.run, draft.event, now.astimezone(UTC), content, hashlib.sha256(content).digest())


class Verifier:
    """Reads a trail from its first record and stops at the first that does not hold."""

    def __init__(self, tenant: str) -> None:
        """Begin before the first record of a tenant."""
        self._tenant = tenant
        self.head = GENESIS

    def take(self, links: Iterable[Link]) -> Break | None:
        """Check the next records, in the order of their numbers."""
        for link in links:
            found = self._check(link)
            if found is not None:
                return found
            self.head = link.head
        return None

    def close(self, head: Head | None) -> Break | None:
        """Check that the records end where the head says."""
        last, told = self.head, head or GENESIS
        if head is None and last.seq:
            return Break(last.seq, "HEAD_MISSING", "the trail has records but no head")
        if told.seq > last.seq:
            return Break(last.seq + 1, "TRUNCATED", f"the head says {told.seq} records, the trail ends at {last.seq}")
        if told.seq < last.seq:
            return Break(told.seq + 1, "BEYOND_HEAD", f"the head says {told.seq} records, the trail goes on after it")
        if told.hash != last.hash:
            return Break(last.seq, "HEAD_DIFFERS", "the last record is not the one that the head names")
        return None

    def _check(self, link: Link) -> Break | None:
        due = self.head.seq + 1
        if link.seq > due:
            return Break(due, "MISSING", f"record {due} is missing; the next one is {link.seq}")
        if link.seq < due:
            return Break(link.seq, "OUT_OF_ORDER", f"record {link.seq} comes where {due} is due")
        if hashlib.sha256(link.record).digest() != link.hash:
            return Break(due, "EDITED", "the record is not what its hash was made of")
        try:
            record = json.loads(link.record)
            faithful = isinstance(record, dict) and canonical(record) == link.record
        except (ValueError, RecursionError):
            faithful = False
        if not faithful:
            return Break(due, "UNREADABLE", "the record is not canonical JSON")
        return self._check_content(link, record, due)

    def _check_content(self, link: Link, record: dict[str, object], due: int) -> Break | None:
        if record.get("seq") != str(due):
            return Break(due, "MOVED", f"the record in place {due} says that it is number {record.get('seq')}")
        if record.get("tenant") != self._tenant:
            return Break(due, "MOVED", "the record belongs to another tenant")
        if record.get("prev") != hash_text(self.head.hash):
            return Break(due, "NOT_LINKED", f"the record does not follow the one before it ({self.head.seq})")
        indexed = (link.run_id, link.event, rfc3339(link.recorded_at))
        if indexed != (record.get("run"), record.get("event"), record.get("time")):
            return Break(due, "INDEX_FORGED", "the columns beside the record say something else than the record")
        return None


def verify(links: Iterable[Link], *, tenant: str, head: Head | None) -> Break | None:
    """Check a whole trail in the order of its numbers; None when it holds."""
    verifier = Verifier(tenant)
    return verifier.take(links) or verifier.close(head)
