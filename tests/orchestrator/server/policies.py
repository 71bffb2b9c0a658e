"""The policies, from memory: what is tested with it is between the use case and the wire."""

from typing import Any

from assent_orchestrator.caller import Caller
from assent_orchestrator.governance.activation import Activation, Cause
from assent_orchestrator.governance.policies import Policies
from assent_sidecar.activation.report import Difference, RehearsalReport
from assent_sidecar.bundle.change import FeedStatus, Waiting
from tests.orchestrator.server.specimens import DIGEST, NOON

WAITING = "sha256:" + "cd" * 32

REPORT = RehearsalReport(
    revision=WAITING,
    engine_version="1.22.2",
    carried=True,
    passed_parts={"tests": 3, "cases": 2},
    against=DIGEST,
    compared=2,
    differences=(Difference(case="a refund", before="allow GRANTED", after="deny TOO_MUCH"),),
    differing=1,
    seconds=0.5,
)

POLICIES = Policies(
    status=FeedStatus(
        revision=DIGEST,
        sequence=7,
        signed_by="release",
        author="ada",
        origin="file /bundles/b.tar.gz",
        age=1.5,
        problem="",
        waiting=Waiting(WAITING, 8, "release", "bob", REPORT),
    ),
    activation=Activation(3, DIGEST, Cause.NAMED, False, None, "acme", "carla", "one", "reviewed", NOON),
    kept=(WAITING, DIGEST),
    automatic=False,
    two_persons=True,
)


class KnownPolicies:
    """Answers alike, and keeps what was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def status(self, caller: Caller) -> Policies:
        self.calls.append(("status", caller.id))
        return POLICIES

    async def activate(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        self.calls.append(("activate", caller.id, revision, reason, request_id))
        return POLICIES

    async def roll_back(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        self.calls.append(("roll_back", caller.id, revision, reason, request_id))
        return POLICIES
