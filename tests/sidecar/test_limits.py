"""What keeps one evaluation, or one engine, from taking the machine: memory, time, and a look now and then."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import psutil
import pytest

from assent_sidecar.errors import (
    EngineFaultError,
    EngineSettingsError,
    EngineTimeoutError,
    EngineUnavailableError,
    SidecarError,
)
from assent_sidecar.opa.liveness import Liveness, Patience
from assent_sidecar.opa.memory import read_memory
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import ALLOW, ECHO, bundle_of, question, until

MIB = 2**20
NEVER = Patience(every=3600)
HOG = f'{ECHO}\ndecision := {{"verdict": numbers.range(1, 50000000)}} if input.context.hog\n'
SPIN = """
package assent

ready := true

decision := count([1 | some x in numbers.range(1, 20000); some y in numbers.range(1, 20000); x * y == -1])
"""


def _pid(sidecar: Sidecar) -> int:
    assert sidecar.process is not None
    assert sidecar.process.pid is not None
    return sidecar.process.pid


async def _allows(sidecar: Sidecar) -> bool:
    return (await sidecar.evaluator.decide(question(answer=ALLOW), budget=20)).verdict == "allow"


@pytest.mark.requirement("engine.stops-computing")
async def test_when_time_is_up_the_engine_stops_computing(tmp_path: Path) -> None:
    settings = SidecarSettings(tmp_path, {}, query_timeout=20, patience=NEVER)
    async with open_sidecar(settings, bundle_of(SPIN)) as sidecar:
        engine = psutil.Process(_pid(sidecar))

        def busy() -> float:
            times = engine.cpu_times()
            return float(times.user + times.system)

        async def share() -> float:
            before, began = busy(), asyncio.get_running_loop().time()
            await asyncio.sleep(0.25)
            return (busy() - before) / (asyncio.get_running_loop().time() - began)

        asking = asyncio.create_task(sidecar.evaluator.decide(question(), budget=3))
        before = busy()
        await until(lambda: busy() - before > 0.3)  # it computes
        assert (await asking).codes == ("ENGINE_TIMEOUT",)

        async def idle() -> bool:
            return await share() < 0.1

        await until(idle, timeout=30)


@pytest.mark.requirement("engine.memory-is-capped")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory")
async def test_a_policy_that_eats_memory_ends_the_engine_and_not_us(tmp_path: Path) -> None:
    settings = SidecarSettings(tmp_path, {"ASSENT_OPA_MEMORY": "64MiB"}, query_timeout=60, patience=NEVER)
    async with open_sidecar(settings, bundle_of(HOG)) as sidecar:
        first = _pid(sidecar)
        assert resource.prlimit(first, resource.RLIMIT_DATA) == (256 * MIB, 256 * MIB)
        assert await _allows(sidecar)
        ours = psutil.Process().memory_info().rss
        asked = question(context={"hog": True})
        decided = await sidecar.evaluator.decide(asked, budget=60)
        assert decided.codes == ("ENGINE_UNAVAILABLE",)
        assert psutil.Process().memory_info().rss - ours < 64 * MIB
        await until(lambda: _allows(sidecar))
        assert sidecar.process is not None
        assert sidecar.process.restarts == 1
        assert _pid(sidecar) != first
        assert resource.prlimit(_pid(sidecar), resource.RLIMIT_DATA) == (256 * MIB, 256 * MIB)
        told = psutil.Process(_pid(sidecar)).environ()
        assert (told["GOMEMLIMIT"], told["GOGC"]) == (str(64 * MIB), "400")


@pytest.mark.requirement("engine.memory-is-capped")
@pytest.mark.parametrize(
    ("environ", "mib"),
    [
        ({}, 512),
        ({"ASSENT_OPA_MEMORY": "2GiB"}, 2048),
        ({"GOMEMLIMIT": "128MiB"}, 128),
        ({"GOMEMLIMIT": "128MiB", "ASSENT_OPA_MEMORY": "134217728B"}, 128),
        ({"GOMEMLIMIT": "1GiB", "ASSENT_OPA_MEMORY": "67108864"}, 64),
    ],
)
def test_memory_has_a_limit_whatever_the_surroundings_say(environ: dict[str, str], mib: int) -> None:
    memory = read_memory(environ)
    assert (memory.soft, memory.hard) == (mib * MIB, 4 * mib * MIB)


@pytest.mark.parametrize("size", ["off", "much", "-1", "1MB", "63MiB", "0", "1e9", "512MiB x"])
def test_a_limit_that_is_none_is_refused(size: str) -> None:
    for name in ("ASSENT_OPA_MEMORY", "GOMEMLIMIT"):
        with pytest.raises(EngineSettingsError, match=name):
            read_memory({name: size})


@pytest.mark.requirement("engine.hung-is-restarted")
async def test_an_engine_that_hangs_is_ended_and_another_one_decides(tmp_path: Path) -> None:
    patience = Patience(every=0.05, timeout=1.0, misses=3)
    settings = SidecarSettings(tmp_path, {}, query_timeout=0.5, patience=patience)
    async with open_sidecar(settings, bundle_of()) as sidecar:
        hung = _pid(sidecar)
        os.kill(hung, signal.SIGSTOP)

        async def is_late() -> bool:
            return (await sidecar.evaluator.decide(question(answer=ALLOW), budget=0.5)).codes == ("ENGINE_TIMEOUT",)

        await until(is_late)  # the signal is on its way to each thread
        await until(lambda: _allows(sidecar))
        assert not psutil.pid_exists(hung)
        assert sidecar.process is not None
        assert sidecar.process.restarts >= 1


async def _ends_after(said: list[SidecarError | None], misses: int = 3) -> tuple[int, int]:
    """Return how often an engine that says this, one after the other, is asked and ended."""
    over = asyncio.Event()
    asked = ended = 0

    async def probe(_: float) -> None:
        nonlocal asked
        if asked == len(said):
            over.set()
            await asyncio.Event().wait()
        asked += 1
        answer = said[asked - 1]
        if answer is not None:
            raise answer

    def end() -> None:
        nonlocal ended
        ended += 1

    liveness = Liveness(probe, end, Patience(every=0, timeout=1, misses=misses))
    liveness.start()
    async with asyncio.timeout(30):
        await over.wait()
    await liveness.stop()
    await liveness.stop()
    return asked, ended


LATE, AWAY, WRONG = EngineTimeoutError("x"), EngineUnavailableError("x"), EngineFaultError("x")


@pytest.mark.requirement("engine.hung-is-restarted")
@pytest.mark.parametrize(
    ("said", "ended"),
    [
        ([LATE, LATE], 0),
        ([LATE, LATE, LATE], 1),
        ([LATE, LATE, None, LATE, LATE], 0),
        ([LATE, LATE, WRONG, LATE, LATE], 0),
        ([LATE, AWAY, LATE, AWAY, LATE], 1),
        ([AWAY] * 10, 0),
        ([LATE] * 7, 2),
    ],
)
async def test_only_silence_several_times_in_a_row_ends_an_engine(said: list[SidecarError | None], ended: int) -> None:
    assert await _ends_after(said) == (len(said), ended)
