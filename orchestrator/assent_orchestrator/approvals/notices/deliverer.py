"""Delivers notices for as long as a server runs: at least once, each with one id, and not for ever.

A notice is taken by moving the moment at which it is due: whoever dies with it leaves it to the next one. Each target
of webhooks has a lane of its own, and mail has one, so that a program that hangs keeps nobody else's notices waiting.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom

import aiohttp
import sqlalchemy as sa

from assent_orchestrator.approvals.notices.channel import Channel, UndeliveredError
from assent_orchestrator.approvals.notices.file import Notices
from assent_orchestrator.approvals.notices.mail import Mail
from assent_orchestrator.approvals.notices.notice import Notice
from assent_orchestrator.approvals.notices.outbox import TOPIC
from assent_orchestrator.approvals.notices.webhook import Webhook
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AssentError
from assent_orchestrator.governance.minutes import SYSTEM
from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.store.approval_tables import notices as table

MOST_TRIES = 20
"""How often a notice is tried before it is given up: a day or two, with these pauses."""

LEASE = timedelta(seconds=30)
"""How long whoever took a notice has for it; longer than a try may take."""

KEPT = timedelta(days=30)
"""How long a notice that was delivered or given up is kept."""

FORGOTTEN_EVERY = 3600.0
"""How often, in seconds, a server forgets notices that were kept long enough."""

INTERVAL = 5.0
"""How often, in seconds, a server looks whether something is due again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 6 * 3600.0
_AT_ONCE = 8

_log = logging.getLogger("assent.notices")
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Pause:
    """How many seconds to wait after a try that failed: doubled each time, and never the same for all who wait."""

    first: float = _FIRST_PAUSE
    longest: float = _LONGEST_PAUSE

    def after(self, tries: int) -> float:
        """Return the seconds until the next try, between half of the full pause and all of it."""
        full: float = min(self.longest, self.first * 2.0 ** min(tries - 1, 32))
        return full * _random.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Lane:
    """Notices that are sent the same way."""

    name: str
    ours: sa.ColumnElement[bool]
    channel: Channel


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers what is due in one database; several servers may do so at once."""

    trail: Trail
    clock: Clock
    lanes: Sequence[Lane]
    most_tries: int = MOST_TRIES
    pause: Pause = Pause()

    async def deliver(self, lane: Lane) -> int:
        """Deliver what is due in a lane, some at once, until nothing is; return how often something was tried.

        Raises:
            AssentError: the database is away; what was sent meanwhile is sent again.
        """
        count = 0
        while taken := await self._take(lane):
            await asyncio.gather(*(self._try(lane, notice) for notice in taken))
            count += len(taken)
        return count

    async def forget(self) -> None:
        """Forget what was settled long ago."""
        async with self.trail.recording() as tx:
            await tx.execute(sa.delete(table).where(table.c.settled_at < self.clock() - KEPT))

    async def _take(self, lane: Lane) -> Sequence[Notice]:
        now = self.clock()
        due = (
            sa.select(table.c.id)
            .where(table.c.settled_at.is_(None), table.c.due_at <= now, lane.ours)
            .order_by(table.c.due_at)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        taking = (
            sa.update(table)
            .where(table.c.id.in_(due))
            .values(due_at=now + LEASE, tries=table.c.tries + 1)
            .returning(*(table.c[name] for name in Notice.__dataclass_fields__))
        )
        async with self.trail.recording() as tx:
            return [Notice(**row) for row in (await tx.execute(taking)).mappings()]

    async def _try(self, lane: Lane, notice: Notice) -> None:
        try:
            await lane.channel.send(notice)
        except UndeliveredError as error:
            if error.final or notice.tries >= self.most_tries:
                await self._give_up(notice, error.reason)
            else:
                await self._postpone(notice, error.reason)
        else:
            await self._settle(notice, "delivered")

    async def _postpone(self, notice: Notice, reason: str) -> None:
        seconds = self.pause.after(notice.tries)
        _log.info("notice %s was not delivered and is tried again in %.0f s: %s", notice.id, seconds, reason)
        again = self.clock() + timedelta(seconds=seconds)
        async with self.trail.recording() as tx:
            await tx.execute(sa.update(table).where(_open(notice)).values(due_at=again))

    async def _give_up(self, notice: Notice, reason: str) -> None:
        _log.error("notice %s of %s is given up after %d tries: %s", notice.id, notice.event, notice.tries, reason)
        await self._settle(notice, "given_up", (_given_up(notice, reason),))

    async def _settle(self, notice: Notice, outcome: str, drafts: Sequence[Draft] = ()) -> None:
        async with self.trail.recording() as tx:
            settled: datetime = self.clock()
            done = sa.update(table).where(_open(notice)).values(settled_at=settled, outcome=outcome)
            if (await tx.execute(done.returning(table.c.id))).one_or_none() is not None:
                await self.trail.append(tx, notice.tenant, drafts)


def _open(notice: Notice) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.id == notice.id, table.c.settled_at.is_(None))


def _given_up(notice: Notice, reason: str) -> Draft:
    return Draft(
        event="notice.given_up",
        run=str(notice.content["run"]).rpartition("/")[2],
        step=str(notice.content["step"]),
        actor=SYSTEM,
        detail={
            "notice": notice.id,
            "approval": notice.approval_id,
            "event": notice.event,
            "channel": notice.channel,
            # An address is a person's, and a record is kept for years.
            **({"webhook": notice.target} if notice.channel == "webhook" else {}),
            "tries": notice.tries,
            "reason": reason,
        },
    )


class _Nowhere:
    """For what was to go where nothing is any more, since the file of notices is another one."""

    async def send(self, _notice: Notice) -> None:
        """Send nothing.

        Raises:
            UndeliveredError: always.
        """
        raise UndeliveredError("the file of notices does not say where it goes")


def lanes_of(notices: Notices, session: aiohttp.ClientSession, clock: Clock) -> Sequence[Lane]:
    """Return a lane for mail, one for each webhook, and one for what was to go where nothing is any more."""
    by_mail, hooks = table.c.channel == "mail", notices.file.webhooks
    smtp = notices.file.smtp
    lanes = [Lane("mail", by_mail, Mail(notices, smtp) if smtp is not None else _Nowhere())]
    for hook in hooks:
        channel = Webhook(hook, notices.secrets[hook.name], session, clock)
        lanes.append(Lane(hook.name, sa.and_(~by_mail, table.c.target == hook.name), channel))
    others = sa.and_(~by_mail, table.c.target.not_in([hook.name for hook in hooks]))
    return [*lanes, Lane("others", others, _Nowhere())]


@contextlib.asynccontextmanager
async def delivering(notices: Notices, trail: Trail, clock: Clock, listener: Listener) -> AsyncIterator[None]:
    """Deliver while the block lasts; what fails is tried again."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        deliverer = Deliverer(trail, clock, lanes_of(notices, session, clock))
        async with contextlib.AsyncExitStack() as lasting:
            await lasting.enter_async_context(meanwhile(_forget_old(deliverer), "notices-forgotten"))
            for lane in deliverer.lanes:
                await lasting.enter_async_context(
                    meanwhile(_keep_on(deliverer, lane, listener), f"notices-{lane.name}")
                )
            yield


async def _keep_on(deliverer: Deliverer, lane: Lane, listener: Listener) -> None:
    async with listener.subscribe(TOPIC) as wakeups:
        while True:
            try:
                await deliverer.deliver(lane)
            except (AssentError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("notices could not be delivered, and will be again: %s", type(error).__name__)
            await wakeups.wait(INTERVAL)


async def _forget_old(deliverer: Deliverer) -> None:
    while True:
        try:
            await deliverer.forget()
        except (AssentError, sa.exc.SQLAlchemyError, OSError) as error:
            _log.warning("notices could not be forgotten, and will be: %s", type(error).__name__)
        await asyncio.sleep(FORGOTTEN_EVERY)
