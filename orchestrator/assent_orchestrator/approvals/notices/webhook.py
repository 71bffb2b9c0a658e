"""Notices to programs, signed as Standard Webhooks wants it (https://www.standardwebhooks.com)."""

import json
from dataclasses import dataclass

import aiohttp
import standardwebhooks

from assent_orchestrator.approvals.notices.channel import SECONDS, UndeliveredError
from assent_orchestrator.approvals.notices.file import Hook
from assent_orchestrator.approvals.notices.notice import Notice
from assent_orchestrator.clock import Clock

_GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts to one URL. Proxies of the environment are not used, and no redirect is followed."""

    hook: Hook
    secret: bytes
    session: aiohttp.ClientSession
    clock: Clock

    async def send(self, notice: Notice) -> None:
        """Post a notice; ``webhook-id`` and the body are the same however often it is sent.

        Raises:
            UndeliveredError: the answer was no 2xx, or there was none; finally if it was 410 (Gone).
        """
        body = body_of(notice)
        now = self.clock()
        headers = {
            "content-type": "application/json",
            "webhook-id": notice.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": standardwebhooks.Webhook(self.secret).sign(notice.id, now, body),
        }
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with self.session.post(
                self.hook.url, data=body.encode(), headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError) as error:
            raise UndeliveredError(f"no answer: {type(error).__name__}") from error
        if not 200 <= status < 300:
            raise UndeliveredError(f"the answer was {status}", final=status == _GONE)


def body_of(notice: Notice) -> str:
    """Return what is posted."""
    data = {name: value for name, value in notice.content.items() if name not in ("event", "at")}
    return json.dumps({"type": notice.event, "timestamp": notice.content["at"], "data": data}, sort_keys=True)
