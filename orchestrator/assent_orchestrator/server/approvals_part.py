"""What the server needs of approvals: the use cases that the handlers of approvals and delegations call."""

from collections.abc import AsyncGenerator
from typing import Protocol

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.delegation import Delegation, DelegationState
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.approvals.following import Change
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.report import ApprovalReport, Span
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.caller import Caller
from assent_orchestrator.execution.work_items import Pick
from assent_orchestrator.page import Page


class Inbox(Protocol):
    """What waits for people."""

    async def get(self, caller: Caller, approval_id: str) -> Approval:
        """Return one approval."""
        ...

    async def list(self, caller: Caller, sought: Sought, *, size: int, token: str) -> Page[Approval]:
        """Return a page of approvals, oldest first."""
        ...

    async def decide(self, caller: Caller, approval_id: str, reply: Reply) -> Approval:
        """Take a person's answer."""
        ...

    async def withdraw(self, caller: Caller, approval_id: str, etag: str) -> Approval:
        """Take back the caller's own yes."""
        ...


class WorkItems(Protocol):
    """Takes choices."""

    async def choose(self, caller: Caller, approval_id: str, pick: Pick) -> Approval:
        """Have follow what a person chooses for a step, if the policies let them."""
        ...


class Following(Protocol):
    """Follows approvals."""

    def watch(self, caller: Caller, sought: Sought, after_seq: int) -> AsyncGenerator[Change, None]:
        """Yield what happens to approvals after ``after_seq``, or the open ones first, without end."""
        ...


class Delegations(Protocol):
    """Who answers in whose place."""

    async def create(self, caller: Caller, handing: Handing) -> Delegation:
        """Hand answers over."""
        ...

    async def revoke(self, caller: Caller, delegation_id: str) -> Delegation:
        """End a delegation before its time."""
        ...

    async def get(self, caller: Caller, delegation_id: str) -> Delegation:
        """Return one delegation."""
        ...

    async def list(
        self, caller: Caller, *, state: DelegationState | None, giver: str, taker: str, size: int, token: str
    ) -> Page[Delegation]:
        """Return a page of delegations, newest first."""
        ...


class Reports(Protocol):
    """Tells how people answer."""

    async def report(self, caller: Caller, span: Span) -> ApprovalReport:
        """Return how people of the caller's tenant answered."""
        ...
