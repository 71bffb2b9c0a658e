"""What became of what runs remembered: by its own tables, by the trail, and by whoever looks for it afterwards."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.chaos.invariant import Breach
from assent_orchestrator.cli.chaos.trail import Entry
from tests.kill.lives import FORGOTTEN, RECALLED, REMEMBERED, Lives

Ask = Callable[..., Awaitable[list[Any]]]

_ROWS = """
SELECT id, request_id FROM assent.memories WHERE tenant = %s
UNION ALL SELECT NULL, request_id FROM assent.spent_requests WHERE tenant = %s
"""
_RECEIPTS = "SELECT id, request_id FROM assent.receipts WHERE tenant = %s"
_KEYED = "SELECT subject_key FROM assent.subjects WHERE tenant = %s"


@dataclass(frozen=True, slots=True)
class Remembrance:
    """What memory has of one tenant when a run of it is over.

    ``alive`` are the ids of what is there, ``effects`` what was remembered and forgotten under which key, ``receipts``
    the receipts by the key of their order, ``keyed`` the subjects that have a key. ``read`` are the ids of what a
    caller recalls of the subjects of the run.
    """

    alive: frozenset[str] = frozenset()
    effects: Sequence[Effect] = ()
    receipts: Mapping[str, str] = field(default_factory=dict)
    keyed: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()


async def read_remembrance(ask: Ask, tenant: str, read: frozenset[str]) -> Remembrance:
    """Read the tables of memory."""
    rows = await ask(_ROWS, tenant, tenant)
    receipts = {row.request_id: row.id for row in await ask(_RECEIPTS, tenant)}
    remembered = [Effect("memory", "remember", row.request_id) for row in rows]
    return Remembrance(
        alive=frozenset(row.id for row in rows if row.id is not None),
        effects=(*remembered, *(Effect("memory", "forget", key) for key in receipts)),
        receipts=receipts,
        keyed=frozenset(row.subject_key for row in await ask(_KEYED, tenant)),
        read=read,
    )


def forgetful(
    run: runs_pb2.Run, entries: Sequence[Entry], keys: Mapping[str, str], memory: Remembrance
) -> Iterator[Breach]:
    """Yield everything that was not remembered, recalled or forgotten as the run and the trail say. Pure.

    ``entries`` is the whole trail of the tenant; ``keys`` are the idempotency keys of the steps.
    """
    run_id = run.name.rpartition("/")[2]
    records = [entry.record for entry in entries]
    own = [record for record in records if record.get("run") == run_id]
    for step in run.steps:
        if step.state != runs_pb2.STEP_STATE_SUCCEEDED:
            continue
        of_step = [record for record in own if record.get("step") == step.id]
        output = json_format.MessageToDict(step.output)
        match step.action:
            case "memory.remember":
                yield from _of_remembering(step.id, output, of_step)
            case "memory.recall":
                yield from _of_uses(step.id, output, of_step)
            case "memory.forget":
                yield from _of_receipt(step.id, output, of_step, memory.receipts.get(keys.get(step.id, "")))
    made = [record["detail"]["memory"] for record in own if record["event"] == REMEMBERED]
    yield from Lives().all_of(records, made, memory.alive | memory.read, memory.keyed)


def _of_remembering(step: str, output: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> Iterator[Breach]:
    made = [record["detail"]["memory"] for record in records if record["event"] == REMEMBERED]
    if made != [output["id"]]:
        yield Breach("NOT_REMEMBERED_ONCE", f"{step} returned {output['id']}, and the trail has {made}")


def _of_uses(step: str, output: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> Iterator[Breach]:
    """Each attempt to recall that was done is one use, and what the step returned is what the last one says."""
    uses: list[list[str]] = []
    for record in records:
        if record["event"] == "action.intended":
            uses = []
        elif record["event"] == RECALLED:
            uses.append(record["detail"]["memories"])
            if len(uses) > 1:
                yield Breach("USED_TWICE", f"{step}: one attempt has two uses in the trail")
    returned = [one["id"] for one in output["values"]]
    if uses[-1:] != [returned]:
        yield Breach("USE_NOT_RECORDED", f"{step} returned {returned}, and the trail has {uses}")


def _of_receipt(
    step: str, output: Mapping[str, Any], records: Sequence[Mapping[str, Any]], receipt: str | None
) -> Iterator[Breach]:
    said = [record["detail"]["receipt"] for record in records if record["event"] == FORGOTTEN]
    if said != [output["receipt"]] or receipt != output["receipt"]:
        yield Breach("RECEIPT_DIFFERS", f"{step} returned {output['receipt']}; trail: {said}, table: {receipt}")
