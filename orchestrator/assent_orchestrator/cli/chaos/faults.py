"""The faults: how each is brought about while work is under way, and how one sees that it was there."""

import asyncio
import contextlib
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from assent.v1 import health_pb2
from assent_orchestrator.cli.chaos.asking import Ask, Asking
from assent_orchestrator.cli.chaos.deployment import Deployment
from assent_sidecar.bundle.refusal import BundleNotKeptError

_DENIED = 12
"""Answers that must have come out of a fault before it ends."""
_KILLS = 3
_RELOADS = 8
_PATIENCE, _BETWEEN = 60.0, 0.1  # seconds
_MARGIN = 256 * 1024
"""Bytes that the server's log may still grow by while no file may."""


class FaultError(Exception):
    """The fault could not be brought about, or did nothing; the message says what was waited for."""


Bring = Callable[[Deployment, Asking], AbstractAsyncContextManager[float]]
"""Brings a fault about and waits until it was felt; gives the moment from which it held. It ends with the block."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``interposed``: somebody stands between engine and server. ``silent``: the engine can say no word."""

    name: str
    what: str
    bring: Bring
    interposed: bool = False
    silent: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether this system has what it takes."""
        return self.name != _DISK_FULL or sys.platform == "linux"


async def felt(asking: Asking, answers: frozenset[str], *, since: float) -> None:
    """Wait until enough answers since then have one of these codes.

    Raises:
        FaultError: that many do not come in time.
    """

    def enough(asks: list[Ask]) -> bool:
        return sum(ask.fault and not answers.isdisjoint(ask.codes) for ask in asks) >= _DENIED

    if not await asking.until(enough, since=since):
        raise FaultError(f"fewer than {_DENIED} answers were {' or '.join(sorted(answers))}")


@contextlib.asynccontextmanager
async def _killed(deployment: Deployment, asking: Asking) -> AsyncIterator[float]:
    for _ in range(_KILLS):
        since = time.monotonic()
        if not deployment.engine.send(deployment.pid, signal.SIGKILL):
            raise FaultError("there is no engine to be killed")
        if not await asking.until(lambda asks: any(_UNAVAILABLE & set(ask.codes) for ask in asks), since=since):
            raise FaultError("nobody noticed that the engine was gone")
        since = time.monotonic()
        if not await asking.until(lambda asks: any(ask.permitted for ask in asks), since=since):
            raise FaultError("the engine did not come back")
    yield time.monotonic()


@contextlib.asynccontextmanager
async def _stopped(deployment: Deployment, asking: Asking) -> AsyncIterator[float]:
    async with deployment.engine.frozen(deployment.pid):
        since = time.monotonic()
        await felt(asking, _TIMEOUT, since=since)
        yield since


def _lying(word: str, answers: frozenset[str]) -> Bring:
    @contextlib.asynccontextmanager
    async def bring(deployment: Deployment, asking: Asking) -> AsyncIterator[float]:
        with deployment.engine.lying(word):
            since = time.monotonic()
            await felt(asking, answers, since=since)
            yield since

    return bring


@contextlib.asynccontextmanager
async def _reloading(deployment: Deployment, asking: Asking) -> AsyncIterator[float]:
    policies = deployment.policies
    for turn in range(_RELOADS):
        bundle = policies.wide if turn % 2 else policies.narrow
        since = time.monotonic()
        policies.offer(bundle)
        wanted = bundle.revision
        if not await asking.until(lambda asks, wanted=wanted: any(a.revision == wanted for a in asks), since=since):  # type: ignore[misc] # mypy cannot infer the type of a bound default
            raise FaultError(f"revision {wanted[:19]} did not come into force")
    yield time.monotonic()


@contextlib.asynccontextmanager
async def _disk_full(deployment: Deployment, asking: Asking) -> AsyncIterator[float]:
    """Let no file of the server grow: whatever it writes beyond fails, as on a full disk, and needs no root for it.

    Its log and its database go on, or nothing else could be looked at: the log may still grow a little, and the
    database is another process, which had begun before.
    """
    policies, server = deployment.policies, deployment.server_process()
    limit = deployment.ground.folder.joinpath("logs", "server.log").stat().st_size + _MARGIN
    heavy = await policies.heavy(limit)
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        policies.offer(heavy)
        await _reported(deployment)
        since = time.monotonic()
        if not await asking.until(lambda asks: sum(ask.permitted for ask in asks) >= _DENIED, since=since):
            raise FaultError("the last good bundle did not go on deciding")
        policies.withdraw()  # a restart has nothing but what it kept
        await deployment.stop()
        await deployment.start()
        since = time.monotonic()
        if not await asking.until(lambda asks: any(ask.permitted for ask in asks), since=since):
            raise FaultError("the server did not begin with the last good bundle")
        yield since
    finally:
        if server.is_running():
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
        policies.offer(policies.wide)


async def _reported(deployment: Deployment) -> None:
    """Wait until the server says that the newest policies are not in force because they cannot be kept."""
    said = ""
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                health = await deployment.health()
                said = next((part.detail for part in health.components if part.name == "policies"), "")
                if said.startswith(f"{BundleNotKeptError.code}:") and health.state == health_pb2.HEALTH_STATE_READY:
                    return
                await asyncio.sleep(_BETWEEN)
    except TimeoutError as error:
        raise FaultError(f"the server does not say {BundleNotKeptError.code}, but: {said or 'nothing'}") from error


_DISK_FULL = "disk-full"
_UNAVAILABLE, _TIMEOUT = frozenset({"ENGINE_UNAVAILABLE"}), frozenset({"ENGINE_TIMEOUT"})
_GARBAGE = frozenset({"ENGINE_ERROR", "ENGINE_VERSION", "MALFORMED_DECISION"})

FAULTS = (
    Fault("killed", "OPA is killed (SIGKILL), three times", _killed),
    Fault("stopped", "OPA is stopped (SIGSTOP)", _stopped, silent=True),
    Fault("garbage", "OPA answers garbage", _lying("garbage", _GARBAGE), interposed=True, silent=True),
    Fault("slow", "OPA answers a byte at a time", _lying("slow", _TIMEOUT), interposed=True, silent=True),
    Fault("half-body", "OPA answers 200 and half a body", _lying("half", _UNAVAILABLE), interposed=True, silent=True),
    Fault("reload", "the policies change, eight times", _reloading),
    Fault(_DISK_FULL, "the disk is full for bundles", _disk_full),
)
