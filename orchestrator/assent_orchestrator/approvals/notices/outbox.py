"""Notices are written in the transaction of what they tell: either both happened, or none."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.notices.file import Notices
from assent_orchestrator.approvals.notices.notice import SENTENCES, content_of, told_of
from assent_orchestrator.approvals.notices.whom import concerned, told_besides
from assent_orchestrator.approvals.request import read_request
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import CHANNEL
from assent_orchestrator.clock import Clock
from assent_orchestrator.store.approval_tables import notices

TOPIC = "notices"
"""What those who deliver listen to."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Writes who has to be told what."""

    notices: Notices
    clock: Clock

    async def put(self, tx: AsyncConnection, tenant: str, drafts: Sequence[Draft]) -> None:
        """Write the notices that follow from records, which are about to be written in the same transaction."""
        rows = [row for draft in told_of(drafts) for row in await self._rows(tx, tenant, draft)]
        if not rows:
            return
        await tx.execute(sa.insert(notices), rows)
        await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, TOPIC)))

    async def _rows(self, tx: AsyncConnection, tenant: str, draft: Draft) -> list[dict[str, Any]]:
        note = draft.approval
        if note is None:
            return []
        approval = await read_request(tx, note.id)
        roles, now = concerned(approval, draft), self.clock()
        content = content_of(draft, approval, roles, now)
        return [
            {
                "id": uuid.uuid4().hex,
                "tenant": tenant,
                "approval_id": note.id,
                "event": draft.event,
                "channel": channel,
                "target": target,
                "content": content,
                "created_at": now,
                "due_at": now,
            }
            for channel, target in self._targets(tenant, draft.event, (*roles, *told_besides(approval, draft)))
        ]

    def _targets(self, tenant: str, event: str, roles: Sequence[str]) -> Iterator[tuple[str, str]]:
        if event in SENTENCES:
            for address in self.notices.addresses(tenant, roles):
                yield "mail", address
        for name in self.notices.hooks(tenant, event):
            yield "webhook", name
