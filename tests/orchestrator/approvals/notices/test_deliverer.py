"""Delivery against real receivers: tried again with pauses, given up at last, taken by one server at a time."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.approvals.notices.channel import Channel
from assent_orchestrator.approvals.notices.deliverer import KEPT, LEASE, Deliverer, Lane, Pause
from assent_orchestrator.approvals.notices.file import Hook, Notices, NoticesFile, Smtp
from assent_orchestrator.approvals.notices.mail import Mail
from assent_orchestrator.approvals.notices.webhook import Webhook
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.store.approval_tables import notices
from assent_orchestrator.store.postgres import Database
from tests.orchestrator.approvals.notices.receivers import Receiver, mailbox, program

SECRET = secrets.token_bytes(32)
NOBODY = "http://127.0.0.1:9/hook"  # discard: nothing listens there


class Desk:
    """A deliverer of one tenant, with a clock that a test moves."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database, self.tenant, self.now = database, tenant, datetime.now(UTC)
        self.trail = Trail(database.engine)

    def deliverer(self, **more: Any) -> Deliverer:
        return Deliverer(self.trail, lambda: self.now, (), **more)

    def lane(self, channel: Channel) -> Lane:
        return Lane("ours", notices.c.tenant == self.tenant, channel)

    async def put(self, channel: str = "webhook", target: str = "ops") -> str:
        identifier = uuid.uuid4().hex
        content = {
            "approval": "tenants/t/approvals/a1", "kind": "action", "action": "box.put", "process": "pay",
            "run": "tenants/t/runs/r1", "step": "pay", "asked": ["boss"], "until": "2026-01-01T00:00:00+00:00",
            "at": self.now.isoformat(), "look": "assent approvals show a1", "event": "approval.requested",
        }  # fmt: skip
        row: dict[str, Any] = {"id": identifier, "tenant": self.tenant, "approval_id": "a1"}
        row["event"] = content["event"]
        row |= {"channel": channel, "target": target, "content": content}
        async with self.database.engine.begin() as tx:
            await tx.execute(sa.insert(notices).values(row | {"created_at": self.now, "due_at": self.now}))
        return identifier

    async def rows(self) -> list[Any]:
        async with self.database.engine.connect() as tx:
            return list((await tx.execute(sa.select(notices).where(notices.c.tenant == self.tenant))).all())


@pytest.fixture
def desk(database: Database, fresh_tenant: str) -> Desk:
    return Desk(database, fresh_tenant)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with program() as receiver:
        yield receiver


def webhook(url: str, session: aiohttp.ClientSession) -> Webhook:
    whole = Hook(name="ops", url=url, secret_file="x")
    return Webhook(whole, SECRET, session, lambda: datetime.now(UTC))


@pytest.mark.requirement("orchestrator.notices-at-least-once")
async def test_what_is_not_taken_is_tried_again_after_a_pause_by_the_same_id(desk: Desk, session, hook: Receiver):
    identifier = await desk.put()
    hook.answers = [503, 500]
    lane, deliverer = desk.lane(webhook(hook.address, session)), desk.deliverer()
    assert await deliverer.deliver(lane) == 1
    assert await deliverer.deliver(lane) == 0  # not at once
    for _ in range(2):
        desk.now += timedelta(seconds=11)  # longer than the first two pauses
        await deliverer.deliver(lane)
    assert [post.id for post in hook.got] == [identifier] * 3
    for post in hook.got:
        standardwebhooks.Webhook(SECRET).verify(post.body, post.headers)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(SECRET).verify(post.body.replace(b"boss", b"mole"), post.headers)
    assert [(row.outcome, row.tries) for row in await desk.rows()] == [("delivered", 3)]
    desk.now += timedelta(days=2)
    assert await deliverer.deliver(lane) == 0


@pytest.mark.requirement("orchestrator.notices-at-least-once")
async def test_where_nobody_listens_it_is_given_up_at_last_which_the_trail_says(desk: Desk, session, caplog):
    identifier = await desk.put()
    lane, deliverer = desk.lane(webhook(NOBODY, session)), desk.deliverer(most_tries=3)
    for _ in range(5):
        await deliverer.deliver(lane)
        desk.now += timedelta(days=1)
    assert [(row.outcome, row.tries) for row in await desk.rows()] == [("given_up", 3)]
    assert "given up after 3 tries" in caplog.text
    [record] = [entry.record for entry in await desk.trail.read(desk.tenant)]
    assert record["event"] == "notice.given_up"
    assert record["detail"]["notice"] == identifier
    assert record["detail"]["webhook"] == "ops"


async def test_a_program_that_is_gone_is_not_tried_again(desk: Desk, session, hook: Receiver):
    await desk.put()
    hook.answers = [410]
    await desk.deliverer().deliver(desk.lane(webhook(hook.address, session)))
    assert [(row.outcome, row.tries) for row in await desk.rows()] == [("given_up", 1)]


async def test_a_redirect_is_not_followed(desk: Desk, session, hook: Receiver):
    await desk.put()
    hook.answers = [307]
    await desk.deliverer().deliver(desk.lane(webhook(hook.address, session)))
    assert len(hook.got) == 1
    assert [row.outcome for row in await desk.rows()] == [None]


async def test_of_two_servers_one_sends_and_the_other_takes_over_only_what_was_left(
    desk: Desk, session, hook: Receiver
):
    for _ in range(20):
        await desk.put()
    lane = desk.lane(webhook(hook.address, session))
    first, second = desk.deliverer(), desk.deliverer()
    counts = await asyncio.gather(first.deliver(lane), second.deliver(lane))
    assert sum(counts) == 20
    assert len({post.id for post in hook.got}) == len(hook.got) == 20

    await desk.put()
    taken = await first._take(lane)  # and dies
    assert await second.deliver(lane) == 0
    desk.now += LEASE
    assert await second.deliver(lane) == 1
    assert hook.got[-1].id == taken[0].id


@pytest.mark.requirement("orchestrator.notices-at-least-once")
async def test_mail_is_tried_again_too_by_the_same_id(desk: Desk):
    async with mailbox() as post:
        host, _, port = post.address.partition(":")
        smtp = Smtp.from_json({"host": host, "port": int(port), "security": "none", "from": "assent@acme.example"})
        lane = desk.lane(Mail(Notices(NoticesFile(smtp=smtp)), smtp))
        identifier = await desk.put("mail", "dana@acme.example")
        post.answers = [451]
        deliverer = desk.deliverer()
        await deliverer.deliver(lane)
        desk.now += timedelta(seconds=6)
        await deliverer.deliver(lane)
        assert [str(mail["message-id"]) for _, mail in post.got] == [f"<{identifier}@acme.example>"] * 2
        assert [row.outcome for row in await desk.rows()] == ["delivered"]
    desk.now += timedelta(seconds=1)
    await desk.put("mail", "dana@acme.example")
    await deliverer.deliver(lane)  # nobody listens any more
    assert sorted(str(row.outcome) for row in await desk.rows()) == ["None", "delivered"]


async def test_what_was_settled_long_ago_is_forgotten(desk: Desk, session, hook: Receiver):
    await desk.put()
    deliverer = desk.deliverer()
    await deliverer.deliver(desk.lane(webhook(hook.address, session)))
    await deliverer.forget()
    assert len(await desk.rows()) == 1
    desk.now += KEPT + timedelta(seconds=1)
    await deliverer.forget()
    assert await desk.rows() == []


@given(tries=st.integers(1, 10_000))
def test_pauses_grow_to_a_limit_and_differ(tries: int):
    pause = Pause(first=5, longest=100)
    full = min(100.0, 5 * 2.0 ** min(tries - 1, 32))
    assert full / 2 <= pause.after(tries) <= full
