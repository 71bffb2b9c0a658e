"""The checker of memory itself: what is right passes, and each dishonesty is found by its name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.trail import Entry
from assent_sidecar.canonical import digest
from tests.kill.remembrance import Remembrance, forgetful

RUN = "r1"
KEYS = {"keep": "k1", "jot": "k2", "forget": "k3"}
ABOUT = {"subject": "s1", "class": "outcome"}


def record(event: str, step: str | None, **detail: Any) -> dict[str, Any]:
    return {"event": event, "run": RUN if step else None, "step": step, "detail": detail}


KEPT = record("memory.remembered", "keep", memory="m1", **ABOUT)
JOTTED = record("memory.remembered", "jot", memory="m2", subject="s2", **{"class": "jotting"})
INTENDED = record("action.intended", "known")
USED = record("memory.recalled", "known", memories=["m1"], **ABOUT)
FORGOTTEN = record("memory.forgotten", "forget", receipt="f1", subject="s1", digest=digest(["m1"]), key_destroyed=True)
FOUND_NOTHING = record("memory.recalled", "gone", memories=[], **ABOUT)
EXPIRED = record("memory.expired", None, memories=["m2"], subject="s2", key_destroyed=True)
EVENTS = (KEPT, JOTTED, INTENDED, USED, FORGOTTEN, FOUND_NOTHING, EXPIRED)
RIGHT = Remembrance(receipts={"k3": "f1"})
OUTPUTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "keep": ("memory.remember", {"id": "m1"}),
    "jot": ("memory.remember", {"id": "m2"}),
    "known": ("memory.recall", {"values": [{"id": "m1"}]}),
    "forget": ("memory.forget", {"receipt": "f1"}),
    "gone": ("memory.recall", {"values": []}),
}


def step(name: str) -> runs_pb2.Step:
    action, output = OUTPUTS[name]
    value = json_format.ParseDict(output, struct_pb2.Value())
    return runs_pb2.Step(id=name, action=action, state=runs_pb2.STEP_STATE_SUCCEEDED, output=value)


def found(*records: dict[str, Any], memory: Remembrance = RIGHT) -> set[str]:
    run = runs_pb2.Run(name=f"tenants/t/runs/{RUN}", steps=[step(name) for name in OUTPUTS])
    entries = [Entry(seq, "", json.dumps(one).encode(), one) for seq, one in enumerate(records, start=1)]
    return {breach.code for breach in forgetful(run, entries, KEYS, memory)}


def without(*left_out: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in EVENTS if one not in left_out]


def put(other: dict[str, Any], instead_of: dict[str, Any]) -> list[dict[str, Any]]:
    return [other if one is instead_of else one for one in EVENTS]


CHEATS: dict[str, tuple[Callable[[], set[str]], str]] = {
    "a step that remembered twice": (
        lambda: found(KEPT, {**KEPT, "detail": {**KEPT["detail"], "memory": "m9"}}, *EVENTS[1:]),
        "NOT_REMEMBERED_ONCE",
    ),
    "a step that remembered nothing": (lambda: found(*without(KEPT)), "NOT_REMEMBERED_ONCE"),
    "a value that was lost": (
        lambda: found(*put(record("memory.recalled", "known", memories=[], **ABOUT), USED)),
        "RECALLED_OTHERWISE",
    ),
    "a value that is recalled after it was forgotten": (
        lambda: found(*put({**USED, "step": "gone"}, FOUND_NOTHING)),
        "RECALLED_OTHERWISE",
    ),
    "a use that was recorded twice": (lambda: found(*EVENTS[:4], USED, *EVENTS[4:]), "USED_TWICE"),
    "a use that nobody recorded": (lambda: found(*without(USED)), "USE_NOT_RECORDED"),
    "an order that was carried out twice": (lambda: found(*EVENTS, FORGOTTEN), "RECEIPT_DIFFERS"),
    "a receipt that is not kept": (lambda: found(*EVENTS, memory=Remembrance()), "RECEIPT_DIFFERS"),
    "a receipt about something else": (
        lambda: found(*put({**FORGOTTEN, "detail": {**FORGOTTEN["detail"], "digest": digest([])}}, FORGOTTEN)),
        "RECEIPT_DIFFERS",
    ),
    "what was forgotten is stored": (
        lambda: found(*EVENTS, memory=replace(RIGHT, alive=frozenset({"m1"}))),
        "FORGOTTEN_IS_BACK",
    ),
    "what was forgotten can be read": (
        lambda: found(*EVENTS, memory=replace(RIGHT, read=frozenset({"m1"}))),
        "FORGOTTEN_IS_BACK",
    ),
    "what expired is stored": (
        lambda: found(*EVENTS, memory=replace(RIGHT, alive=frozenset({"m2"}))),
        "FORGOTTEN_IS_BACK",
    ),
    "a key that is there again": (
        lambda: found(*EVENTS, memory=replace(RIGHT, keyed=frozenset({"s1"}))),
        "FORGOTTEN_IS_BACK",
    ),
    "what went without a word": (lambda: found(*without(EXPIRED)), "GONE_UNSAID"),
    "what expired twice": (lambda: found(*EVENTS, EXPIRED), "GONE_TWICE"),
}


def test_what_is_right_passes() -> None:
    assert found(*EVENTS) == set()


def test_an_attempt_to_recall_that_was_cut_off_is_a_use_of_its_own() -> None:
    assert found(*EVENTS[:4], INTENDED, USED, *EVENTS[4:]) == set()


@pytest.mark.requirement("orchestrator.kill-memory-checker-can-fail")
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_dishonesty_is_found(cheat: str) -> None:
    codes, code = CHEATS[cheat]
    assert code in codes()
