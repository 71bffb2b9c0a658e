"""Who has the trail and all rows, knows all the rest of an action and tries every value of it finds none of them."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.plan.action import action_digest
from assent_orchestrator.plan.digests import KEYED
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.postgres import Database
from assent_sidecar.canonical import digest
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.test_unretained import MEMORY, Box, stored
from tests.orchestrator.execution.world import World, for_actions, states

PIN = "4711"
_DIGITS = 64
"""How many a SHA-256 has."""

CANDIDATES = tuple(f"{number:04}" for number in range(10_000))
STEPS = ({"id": "pay", "action": "box.send", "args": {"pin": {"$ref": "inputs.pin"}}},)


def guesses_of_actions(labels: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {action_digest("box", "send", {"pin": pin}, labels): pin for pin in CANDIDATES}


def guesses_of_plans(plan: Mapping[str, Any]) -> dict[str, str]:
    """The digests of what may have been submitted, with its request id and without."""
    found = {}
    for pin in CANDIDATES:
        tried = Plan.from_json({**plan, "inputs": {"pin": pin}})
        found[tried.digest()] = found[digest(tried.to_json())] = pin
    return found


def found(everything: str, guesses: Mapping[str, str]) -> set[str]:
    """Look once through all that is stored, by now of many tests, for any of the guesses, wherever it begins."""
    known = {tried.removeprefix("sha256:"): pin for tried, pin in guesses.items()}
    digits = re.findall(f"[0-9a-f]{{{_DIGITS},}}", everything)
    places = (one[at : at + _DIGITS] for one in digits for at in range(len(one) - _DIGITS + 1))
    return {known[place] for place in places if place in known}


async def submitted(world: World, labels: dict[str, Any]) -> str:
    run = await world.submit(inputs={"pin": PIN}, labels=labels, request_id="pay-1")
    await world.until(run, "approval.requested")
    await world.reply(run, world.person("dana", "director"))
    view = await world.end_of(run)
    assert view.run.state == "succeeded", states(view)
    return run


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_of_what_a_run_did_with_a_pin_no_digest_can_be_tried(make_world: MakeWorld, database: Database) -> None:
    box = Box()
    world = await make_world(list(STEPS), ruler=for_actions(held_until_approved), tool=box, memory=MEMORY)
    labels = {"/pin": ["confidential"]}
    run = await submitted(world, labels)
    everything = await stored(database)
    assert [one.args["pin"] for one in box.done] == [PIN]
    carried = {pointer: tuple(names) for pointer, names in box.done[0].labels.items()}
    assert found(everything, guesses_of_actions(carried)) == set()
    plan = {"process": "work", "labels": labels, "request_id": "pay-1"}
    assert found(everything, guesses_of_plans(plan)) == set()
    records = [one.record for one in await world.parts.trail.read(world.tenant, limit=100) if one.record.get("action")]
    assert {one["action"]["digest"] for one in records} == {box.done[0].digest}
    assert box.done[0].digest.startswith(KEYED)
    assert (await world.submit(inputs={"pin": PIN}, labels=labels, request_id="pay-1")) == run


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_of_a_pin_that_nobody_labelled_it_is_found_at_once(make_world: MakeWorld, database: Database) -> None:
    box = Box()
    world = await make_world(list(STEPS), ruler=for_actions(held_until_approved), tool=box, memory=MEMORY)
    await submitted(world, {})
    everything = await stored(database)
    carried = {pointer: tuple(names) for pointer, names in box.done[0].labels.items()}
    assert found(everything, guesses_of_actions(carried)) == {PIN}
