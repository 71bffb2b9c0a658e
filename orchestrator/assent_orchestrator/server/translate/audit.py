"""Records of the trail, and the proof of it."""

from assent.v1 import audit_pb2 as wire
from assent_orchestrator.audit.chain import Head, hash_text
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.audit.verify import Verification
from assent_orchestrator.server.names import record_name
from assent_orchestrator.server.translate.moment import timestamp_of
from assent_orchestrator.tools.value import to_struct
from assent_sidecar.canonical import canonical


def write_entry(tenant: str, entry: Entry) -> wire.AuditRecord:
    """Return a record: the bytes that are hashed, and the same to read."""
    record = entry.record
    return wire.AuditRecord(
        name=record_name(tenant, entry.seq),
        seq=entry.seq,
        hash=entry.hash,
        prev=record["prev"],
        event=record["event"],
        time=timestamp_of(record["time"]),
        canonical_json=canonical(record),
        record=to_struct(record),
    )


def read_head(text: str) -> Head | None:
    """Return a head as the message has it, ``17:sha256:<hex>``; None when none is given."""
    if not text:
        return None
    seq, _, digest = text.split(":")
    return Head(int(seq), bytes.fromhex(digest))


def write_verification(found: Verification) -> wire.VerifyTrailResponse:
    """Return what the proof of a trail found."""
    fault = found.fault
    return wire.VerifyTrailResponse(
        records=found.records,
        head_hash=hash_text(found.head.hash) if found.head.seq else "",
        intact=fault is None,
        first_bad_seq=fault.seq if fault else 0,
        problem=f"{fault.code}: {fault.why}" if fault else "",
    )
