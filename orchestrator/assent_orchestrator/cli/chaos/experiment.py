"""One experiment: work under way, a fault brought about and ended, the work finished, and the promise checked."""

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from grpc import aio

from assent.v1 import health_pb2, runs_pb2
from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.chaos.asking import Ask, Asking
from assent_orchestrator.cli.chaos.deployment import Deployment
from assent_orchestrator.cli.chaos.effects import count_letters, read_effects
from assent_orchestrator.cli.chaos.faults import Fault, FaultError
from assent_orchestrator.cli.chaos.invariant import Breach, Seen, breaches
from assent_orchestrator.cli.run_card import ENDED
from assent_orchestrator.cli.stage.people import AUDITOR, MANAGER, RUNTIME

_ACCOUNT = "ACC-1001"
"""Nobody has to be asked for its renewal."""
_READY_SECONDS, _ENDING_SECONDS = 60.0, 90.0
_AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen of one fault.

    ``verdicts`` counts the decisions in the trail that the engine made, ``codes`` those that it did not make.
    ``missed`` says why the fault proved nothing, or nothing; ``calls`` is how many calls were checked.
    """

    fault: Fault
    verdicts: Mapping[str, int]
    codes: Mapping[str, int]
    unanswered: int
    calls: int
    runs: Mapping[str, int]
    seconds: float
    breaches: tuple[Breach, ...]
    missed: str = ""

    @property
    def good(self) -> bool:
        """Whether the fault was there, and the promise held."""
        return not self.breaches and not self.missed


async def try_out(deployment: Deployment, fault: Fault, runs: int) -> Result:
    """Bring the fault about while agents and runs work; half of the ``runs`` come before it, half while it lasts.

    Raises:
        TimeoutError: the deployment was not well before.
    """
    began = time.monotonic()
    deployment.engine.interpose(deployment.pid, wanted=fault.interposed)
    await _well(deployment)
    first_entry, first_call = await deployment.trail.read(), len(deployment.witness.witness.calls)
    asking = Asking(lambda: deployment.desk(RUNTIME), deployment.witness.tools)
    submitted = await _submitted(deployment, runs - runs // 2)
    silent: list[tuple[float, float]] = []
    missed = ""
    async with asking.going_on():
        if not await asking.until(_allowed, since=began):
            missed = "nothing was allowed before it"
        engine = deployment.engine.process(deployment.pid)
        try:
            async with fault.bring(deployment, asking) as since:
                submitted += await _submitted(deployment, runs // 2)
                until = time.monotonic()
                # One that the server starts meanwhile, because this one hangs, may speak unless somebody lies for it.
                same = engine == deployment.engine.process(deployment.pid)
                if fault.silent and (fault.interposed or same):
                    silent.append((since, until))
        except FaultError as error:
            missed = str(error)
        ended = time.monotonic()
        if not await asking.until(_allowed, since=ended):
            missed = missed or "nothing was allowed after it"
    finished = await asyncio.gather(*(_ended(deployment, run) for run in submitted))
    seen = await look(deployment, asking, finished, silent)
    verdicts, codes = _counted(seen, first_entry)
    return Result(
        fault=fault,
        verdicts=verdicts,
        codes=codes,
        unanswered=sum(not ask.verdict for ask in asking.asks),
        calls=len(seen.calls) - first_call,
        runs=Counter(runs_pb2.RunState.Name(run.state).removeprefix("RUN_STATE_").lower() for run in finished),
        seconds=time.monotonic() - began,
        breaches=breaches(seen),
        missed=missed,
    )


def _allowed(asks: list[Ask]) -> bool:
    return any(ask.permitted for ask in asks)


async def _submitted(deployment: Deployment, runs: int) -> list[str]:
    """Submit so many renewals; return their names."""
    desk = deployment.desk(RUNTIME)
    return [(await desk.submit(_plan())).name for _ in range(runs)]


def _plan() -> Plan:
    plan = Plan(process="contract_renewal", on_behalf_of=MANAGER, request_id=str(uuid.uuid4()))
    plan.inputs.update({"account": _ACCOUNT})
    return plan


async def _well(deployment: Deployment) -> None:
    """Wait until decisions can be had, from the engine that is wanted."""
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            with contextlib.suppress(aio.AioRpcError, psutil.NoSuchProcess):
                health = await deployment.health()
                if health.state == health_pb2.HEALTH_STATE_READY and deployment.engine.is_as_wanted(deployment.pid):
                    return
            await asyncio.sleep(_AGAIN)


async def _ended(deployment: Deployment, name: str) -> runs_pb2.Run:
    """Wait for the end of a run; return how it stands after a minute and a half at the latest."""
    run = runs_pb2.Run(name=name)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_ENDING_SECONDS):
            while run.state not in ENDED:
                with contextlib.suppress(aio.AioRpcError):
                    async for _ in deployment.desk(RUNTIME).watch(name):
                        pass
                    run = await deployment.desk(RUNTIME).run(name)
                await asyncio.sleep(0)
    return run


async def look(
    deployment: Deployment, asking: Asking, runs: list[runs_pb2.Run], silent: list[tuple[float, float]]
) -> Seen:
    """Return everything that can be seen of a deployment from the outside, after these runs and this asking."""
    ground = deployment.ground
    verification = await deployment.desk(AUDITOR).verify()
    await deployment.trail.read()
    policies = deployment.policies
    return Seen(
        calls=tuple(deployment.witness.witness.calls),
        entries=tuple(deployment.trail.entries),
        problem="" if verification.intact else verification.problem or "it does not hold",
        effects=await asyncio.to_thread(read_effects, ground.folder / "company"),
        letters=await asyncio.to_thread(count_letters, ground.company.mailbox),
        runs=runs,
        asks=tuple(asking.asks),
        policies={policies.wide.revision: "wide", policies.narrow.revision: "narrow"},
        silent=silent,
    )


def _counted(seen: Seen, since: int) -> tuple[Counter[str], Counter[str]]:
    """Count the verdicts of the engine since a record, and the codes of what was denied without one."""
    made = [entry.record["decision"] for entry in seen.entries[since:] if entry.record.get("event") == "decision.made"]
    verdicts = Counter(decision["verdict"] for decision in made if not decision["fault"])
    codes = Counter(decision["codes"][0] for decision in made if decision["fault"])
    return verdicts, codes
