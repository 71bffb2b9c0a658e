"""The inbox and the policies agree on when it is enough: what one of them holds to be approved, the other does."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.approvals.approval import Approval, ApprovalState, age_of
from assent_orchestrator.approvals.requirement import Answer, Person, Seat, glass_seat_of, seat_of, unmet_stages
from assent_orchestrator.approvals.worth import facts_of
from assent_sidecar.bundle.command import run
from assent_sidecar.bundle.library import library_root
from assent_sidecar.opa.binary import find_binary
from tests.orchestrator.approvals.test_moments import asked
from tests.orchestrator.approvals.test_requirement import INVOLVED, NOON

ROLES = ["boss", "cfo", "deputy", "ceo"]
PEOPLE = ["ann", "ben", "cat", "dan", "eve", "paul", "sue", "olga", "Ann", "BEN", "Paul", "OLGA"]
SCENES = 400
HELPER = """package agreement

satisfied(scene) if {
	data.assent.consent.satisfied with input as scene.question with data.policies as policies(scene)
} else := false

stages(scene) := requirement.stages if {
	requirement := data.assent.approval.requirement with input as scene.question with data.policies as policies(scene)
}

policies(scene) := {"org": {"x": {"require_approval": {scene.finding}}}}

answers := [{"satisfied": satisfied(scene), "stages": count(stages(scene))} | some scene in input.scenes]
"""


def demand(chance: random.Random) -> dict[str, Any]:
    """Something that a policy may demand."""
    stages = [
        {
            "role": chance.choice(ROLES),
            "quorum": chance.randint(1, 2),
            "substitutes": chance.sample(ROLES, chance.randint(0, 1)),
        }
        for _ in range(chance.randint(1, 3))
    ]
    # Of one role, one rung: of several the policies make the latest, and the inbox is never told of the others.
    climbing = chance.sample(ROLES, chance.randint(0, 2))
    rungs = [{"after": f"{chance.randint(1, 40)}h", "role": role} for role in climbing]
    glass = {"roles": ["ceo"], "review": {"role": "audit", "within": "1d"}}
    return {
        "stages": stages,
        "order": chance.choice(["sequence", "parallel"]),
        "not": chance.sample(["principal", "process_owner", "previous_stage"], chance.randint(0, 3)),
        "expires_in": "1000h",
        "escalate": rungs,
        **({"break_glass": glass} if chance.random() < 0.3 else {}),
    }


def answered(approval: Approval, chance: random.Random) -> Approval:
    """The same question after people did as they liked, as far as they were let."""
    answers: list[Answer] = []
    now = NOON
    for _ in range(chance.randint(1, 12)):
        now += timedelta(minutes=chance.randint(1, 500))
        who = chance.choice(PEOPLE)
        if chance.random() < 0.15:
            answers = [replace(one, withdrawn_at=now) if one.approver == who else one for one in answers]
            continue
        stands_for = chance.choice([None, None, None, *(one for one in PEOPLE if one != who)])
        person = Person(who, frozenset(chance.sample(ROLES, 2)), stands_for)
        alone = stands_for is None and chance.random() < 0.1
        seat = (
            glass_seat_of(approval.requirement, answers, person, INVOLVED)
            if alone
            else seat_of(approval.requirement, answers, person, INVOLVED, age_of(approval, now))
        )
        if isinstance(seat, Seat):
            given = Answer(seat.stage, seat.role, who, person.roles, approved=True, at=now, digest="sha256:1")
            answers.append(replace(given, stands_for=stands_for, break_glass=alone))
    return replace(approval, answers=tuple(answers), state=ApprovalState.APPROVED)


def scenes(chance: random.Random) -> Iterator[tuple[Approval, dict[str, Any]]]:
    for _ in range(SCENES):
        wanted = demand(chance)
        approval = answered(asked(**wanted), chance)
        facts = facts_of(approval, [one for one in approval.answers if one.stands])
        question = {
            "time": (NOON + timedelta(hours=110)).isoformat(),
            "principal": {"id": "paul"},
            "process": {"name": "renewal", "department": "sales", "owner": "olga"},
            "action": {"digest": "sha256:1"},
            "approvals": [fact.to_json() for fact in facts],
        }
        finding = {"code": "ASKED", "approval": wanted}
        yield approval, {"question": question, "finding": finding}


@pytest.mark.requirement("orchestrator.approval-quorum")
async def test_what_the_inbox_holds_to_be_approved_the_policies_do_and_the_other_way_round(tmp_path: Path) -> None:
    played = list(scenes(random.Random(20260102)))
    (tmp_path / "agreement.rego").write_text(HELPER)
    (tmp_path / "input.json").write_text(json.dumps({"scenes": [scene for _, scene in played]}))
    library = library_root() / "assent"
    arguments = ("eval", "--bundle", str(library), "--data", str(tmp_path / "agreement.rego"))
    source = ("--input", str(tmp_path / "input.json"), "--format", "json", "data.agreement.answers")
    done = await run(find_binary({}), *arguments, *source, cwd=tmp_path)
    assert done.status == 0, done.stdout.decode() + done.stderr
    said = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    held = [not unmet_stages(approval.requirement, approval.answers) for approval, _ in played]
    assert [one["stages"] for one in said] == [len(approval.requirement.stages) for approval, _ in played]
    differ = [number for number, one in enumerate(said) if one["satisfied"] != held[number]]
    assert not differ, [(played[number][1], held[number]) for number in differ[:2]]
    assert SCENES / 10 < sum(held) < SCENES * 9 / 10
