"""People and programs are told about approvals by a real server, which dies in the middle of it."""

import json
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from tests.orchestrator.approvals.case import Case
from tests.orchestrator.approvals.notices.receivers import Post, Receiver, mailbox, program
from tests.orchestrator.approvals.office import open_office
from tests.orchestrator.approvals.player import Player

HELD = {
    "name": "somebody is told",
    "people": {"dana": ["director"], "carl": ["cfo"]},
    "approval": {
        "stages": [{"role": "director", "quorum": 1}],
        "expires_in": "72h",
        "remind": "24h",
        "escalate": [{"after": "48h", "role": "cfo"}],
    },
    "slug": "told",
    "file": "told.yaml",
}
ASKED = {"does": "submit", "sees": {"run": "waiting", "approvals": {"pay": "pending"}}}


def case_of(*turns: dict[str, Any]) -> Case:
    return Case.model_validate(HELD | {"sequence": turns})


def notices_file(folder: Path, post: Receiver, hook: Receiver) -> tuple[Path, str]:
    """Write a file of notices; return it and the secret of the webhook."""
    secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    (folder / "hook.secret").touch(0o600)
    (folder / "hook.secret").write_text(secret + "\n", encoding="utf-8")
    host, _, port = post.address.partition(":")
    path = folder / "notices.yaml"
    content = {
        "smtp": {"host": host, "port": int(port), "security": "none", "from": "assent@acme.example"},
        "mail": [
            {"tenant": "told", "role": "director", "to": ["dana@acme.example"]},
            {"tenant": "told", "role": "cfo", "to": ["carl@acme.example"]},
            {"tenant": "told", "role": "duty", "to": ["dora@acme.example"]},
            {"tenant": "told", "role": "audit", "to": ["abe@acme.example"]},
            {"tenant": "other", "role": "director", "to": ["stranger@elsewhere.example"]},
        ],
        "webhooks": [{"name": "ops", "tenant": "told", "url": hook.address, "secret_file": "hook.secret"}],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path, secret


DEALS = {
    "name": "somebody is told of what failed",
    "people": {"dana": ["director"]},
    "policy": """
# METADATA
# title: Directors say what follows
# labels:
#   control: CASE-03
allow contains finding if {
	input.kind == "approval"
	finding := {"code": "CHOSEN", "message": "they may", "control": "CASE-03", "rule": "Directors say what follows"}
}
""",
    "tools": {"box.put": {"fails": "NO_ROOM", "effect": "none"}},
    "process": {
        "steps": [
            {
                "id": "pay",
                "action": "box.put",
                "args": {"amount": 100, "to": "ACME"},
                "on_failure": {"ask": {"role": "director", "choices": ["retry", "skip"], "expires_in": "24h"}},
            }
        ]
    },
    "slug": "told",
    "file": "told.yaml",
    "sequence": [
        {"does": "submit", "sees": {"run": "waiting", "approvals": {"pay": "pending"}}},
        {"does": "choose", "who": "dana", "choice": "skip", "sees": {"run": "succeeded"}},
        {"does": "submit", "on": "late", "sees": {"run": "waiting", "approvals": {"pay": "pending"}}},
        {"does": "wait", "on": "late", "at": "25h", "sees": {"run": "failed", "approvals": {"pay": "expired"}}},
    ],
}


def types(posts: list[Post]) -> list[str]:
    return [json.loads(post.body)["type"] for post in posts]


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.notices", "orchestrator.notices-at-least-once")
async def test_whoever_is_asked_hears_of_it_at_least_once_and_by_one_id_though_the_server_is_killed(tmp_path: Path):
    case = case_of(ASKED)
    async with mailbox() as post, program() as hook:
        path, secret = notices_file(tmp_path, post, hook)
        async with open_office(tmp_path, (case,), notices=str(path)) as office:
            post.answers, hook.answers = [None], [None]  # neither answers: nobody knows whether it arrived
            player = Player(case, office)
            await player.play()
            await hook.until(bool)
            await post.until(bool)
            office.ahead += 60  # whoever died had half a minute for it
            await office.kill()
            posts = await hook.until(lambda got: len(got) >= 2)
            mails = await post.until(lambda got: len(got) >= 2)
            assert types(posts) == ["approval.requested"] * 2
            assert {one.id for one in posts} == {posts[0].id}
            assert len({one.body for one in posts}) == 1
            assert len({str(mail["message-id"]) for _, mail in mails}) == 1
            told = standardwebhooks.Webhook(secret).verify(posts[0].body, posts[0].headers)
            check_content(told, mails[0])

            # What time does, and what people do, is told as well, to those whom it concerns.
            for turn in case_of(
                {"does": "wait", "at": "25h"},
                {"does": "wait", "at": "49h"},
                {"does": "approve", "who": "carl", "sees": {"run": "succeeded"}},
            ).sequence:
                await player._turn(turn)
            wanted = {"approval.reminded", "approval.escalated", "approval.approved", "approval.consumed"}
            posts = await hook.until(lambda got: wanted <= set(types(got)))
            assert len({one.id for one in posts}) == len(posts) - 1  # one was sent twice
            mails = await post.until(lambda got: any("It is approved" in mail["subject"] for _, mail in got))
            escalated = [to for to, mail in mails if "your role may answer now" in mail["subject"]]
            assert escalated == [["carl@acme.example"]]
            assert not any("stranger" in to[0] for to, _ in mails)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.work-items-told")
async def test_whoever_is_to_choose_hears_of_it_of_the_choice_and_that_nobody_chose_in_time(tmp_path: Path):
    case = Case.model_validate(DEALS)
    async with mailbox() as post, program() as hook:
        path, _ = notices_file(tmp_path, post, hook)
        async with open_office(tmp_path, (case,), notices=str(path)) as office:
            await Player(case, office).play()
            asked = "approval.choice_requested"
            wanted = {asked, "approval.chosen", "approval.expired"}
            posts = await hook.until(lambda got: wanted <= set(types(got)) and types(got).count(asked) == 2)
            mails = await post.until(lambda got: len(got) >= 4)
    assert sorted(types(posts)) == sorted([asked, asked, "approval.chosen", "approval.expired"])
    first = json.loads(posts[types(posts).index(asked)].body)
    assert (first["data"]["kind"], first["data"]["asked"]) == ("work_item", ["director"])
    ours = [mail for mail in mails if first["data"]["look"] in mail[1].get_content()]
    check_content(first, ours[0])
    told = sorted(mail["subject"].partition("] ")[2].partition(": ")[0] for _, mail in mails)
    assert told == [
        "A step did not get on; somebody has to choose what follows",
        "A step did not get on; somebody has to choose what follows",
        "Nobody chose in time; what the process says follows",
        "Somebody chose what follows from a step that did not get on",
    ]


GLASS = {
    "name": "the glass is broken",
    "people": {"dana": ["director"], "carl": ["cfo"], "dora": ["duty"]},
    "approval": {
        "stages": [{"role": "director"}, {"role": "cfo"}],
        "break_glass": {"roles": ["duty"], "review": {"role": "audit", "within": "48h"}},
    },
    "slug": "told",
    "file": "told.yaml",
    "sequence": [
        ASKED,
        {"does": "approve", "who": "dana"},
        {"does": "approve", "who": "dora", "more": {"break_glass": True}, "sees": {"run": "succeeded"}},
    ],
}


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.notices-whom")
async def test_only_those_are_told_of_a_question_whose_turn_it_is_and_of_broken_glass_those_who_may_break_it(
    tmp_path: Path,
):
    case = Case.model_validate(GLASS)
    async with mailbox() as post, program() as hook:
        path, _ = notices_file(tmp_path, post, hook)
        async with open_office(tmp_path, (case,), notices=str(path)) as office:
            await Player(case, office).play()
            mails = await post.until(lambda got: len(got) >= 9)
            posts = await hook.until(lambda got: "approval.consumed" in types(got))
    told: dict[str, list[str]] = {}
    for [to], mail in mails:
        told.setdefault(to, []).append(mail["subject"].partition("] ")[2].partition(": ")[0])
    assert {to: sorted(subjects) for to, subjects in told.items()} == {
        "dana@acme.example": [
            "An approval is asked for",
            "It is approved; nobody is asked any more",
            "Somebody approved alone",
            "Somebody said yes; others are still asked",
        ],
        "carl@acme.example": [
            "It is approved; nobody is asked any more",
            "Somebody approved alone",
            "Somebody said yes; others are still asked",
        ],
        "dora@acme.example": ["Somebody approved alone"],
        "abe@acme.example": ["Somebody approved alone; a review is asked for"],
    }
    requested = next(json.loads(one.body) for one in posts if types([one]) == ["approval.requested"])
    assert requested["data"]["asked"] == ["director"]


def check_content(told: dict[str, Any], mail: tuple[list[str], Any]) -> None:
    """What is told says what, who and where to look, and no argument."""
    data = told["data"]
    assert (data["action"], data["step"], data["asked"]) == ("box.put", "pay", ["director"])
    approval = data["approval"].rpartition("/")[2]
    assert data["look"] == f"assent approvals show {approval}"
    to, message = mail
    assert to == ["dana@acme.example"]
    text = message.get_content()
    for part in ("box.put", data["run"], data["until"], data["look"], "director"):
        assert part in text, (part, text)
    for whole in (json.dumps(told), str(message)):
        assert "ACME" not in whole
        assert '"amount"' not in whole
