"""The seam to the durable engine (DBOS Transact): the only file that imports it.

What survives a crash is here as code that is strictly sequential: every choice is a checkpoint, messages are hints that
wake a run up, and our tables hold the truth. What a step *is* lives elsewhere and is handed in as ``Work``.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import dbos._serialization as dbos_serialization
import dbos._sys_db as dbos_sys_db
import dbos._utils as dbos_utils
from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID
from dbos._error import DBOSConflictingWorkflowError, DBOSNonExistentWorkflowError

from assent_orchestrator.execution.driven import SAFETY_NET_SECONDS, Knock, Leg, Move, Pause, Walks, Work
from assent_orchestrator.execution.insistence import REST_SECONDS, StuckError
from assent_orchestrator.store.absence import is_away
from assent_orchestrator.store.confinement import unconfined

INTERPRETER = "assent-1"
"""The version of the workflow code below; what is recorded under it must stay replayable."""

_WORKFLOWS = ("run.v1", "step.v1", "run.v2")
"""What this version of the software can carry on."""

_INBOX = "inbox"

T = TypeVar("T")

_StepWorkflow = Callable[[str, str], Coroutine[Any, Any, None]]


class _JsonSerializer(Serializer):
    """JSON only: a checkpoint can never hold code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, allow_nan=False, default=_describe)

    def deserialize(cls, serialized_data: str) -> Any:  # noqa: N805 - the signature of the base class
        return json.loads(serialized_data)

    def name(self) -> str:
        return "assent_json"


def _describe(value: object) -> object:
    # The engine stores an exception when a workflow ends with one; ours end with none, so its kind is enough.
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    raise TypeError(f"not JSON: {type(value).__name__}")


def _refuse_pickle() -> None:
    """Make the engine's default codec inert: a forged row must not run code, whatever its codec column says."""

    def refuse(*_: object) -> Any:
        raise ValueError("pickled payloads are refused")

    dbos_serialization.DefaultSerializer.serialize = refuse  # type: ignore[method-assign,assignment] # replaced on purpose
    dbos_serialization.DefaultSerializer.deserialize = refuse  # type: ignore[method-assign,assignment] # the same


def _wait_for_the_database(closing: threading.Event) -> None:
    """Have the engine wait out whatever is wrong with the database, until it is being closed.

    By itself it drops a workflow for good when the database has become read-only or cannot write to its disk; and it
    goes on trying in a thread that the process waits for at its end, which may be after the database was stopped.
    """
    retriable = dbos_utils.retriable_postgres_exception

    def passing(error: Exception) -> bool:
        return not closing.is_set() and (retriable(error) or is_away(error))

    dbos_sys_db.retriable_postgres_exception = passing  # type: ignore[attr-defined,assignment] # replaced on purpose


@dataclass(frozen=True, slots=True)
class DurableSettings:
    """Where the engine keeps its state and which executor this process is."""

    url: str
    executor: str


class Durable:
    """Starts, wakes and resumes runs. One per process, because the engine is."""

    def __init__(self, settings: DurableSettings, work: Work, walks: Walks, knock: Knock) -> None:
        self._settings = settings
        self._work = work
        self._walks = walks
        self._knock = knock
        self._run: Callable[[str, str], Coroutine[Any, Any, None]] | None = None
        self._closing = threading.Event()

    async def open(self) -> None:
        """Start the engine on the running loop; what an earlier process left unfinished goes on."""
        _refuse_pickle()
        closing = self._closing = threading.Event()
        _wait_for_the_database(closing)
        config: DBOSConfig = {
            "name": "assent",
            "system_database_url": self._settings.url,
            "dbos_system_schema": "dbos",
            "application_version": INTERPRETER,
            "executor_id": self._settings.executor,
            "serializer": _JsonSerializer(),
            "log_level": "ERROR",
            "console_log_level": "ERROR",
        }
        DBOS(config=config)
        self._register(closing)
        DBOS.launch()

    def _register(self, closing: threading.Event) -> None:
        # The engine finds what to resume by these names: they are part of what is stored. It may be resumed for ever:
        # a run that waits for months sees many restarts, and none of them is its fault.
        @DBOS.workflow(name="run.v2", max_recovery_attempts=None)
        async def run(run_id: str, tenant: str) -> None:
            with _left_open(closing), unconfined():
                leg = Leg(over=False, seconds=0.0, looks={})
                while True:
                    leg = await DBOS.run_step_async({"name": "leg"}, self._walks.walk, run_id, tenant, leg["looks"])
                    if leg["over"]:
                        return
                    await DBOS.recv_async(_INBOX, timeout_seconds=min(leg["seconds"], SAFETY_NET_SECONDS))

        self._run = run
        self._register_former(closing)

    def _register_former(self, closing: threading.Event) -> None:
        """Name the flow of runs that were begun by former versions: what is recorded of them is replayed by it."""

        @DBOS.workflow(name="step.v1", max_recovery_attempts=None)
        async def step(run_id: str, step_id: str) -> None:
            with _left_open(closing), unconfined():
                await self._drive(run_id, step_id)
                await DBOS.send_async(run_id, "settled", _INBOX)

        @DBOS.workflow(name="run.v1", max_recovery_attempts=None)
        async def run(run_id: str) -> None:
            with _left_open(closing), unconfined():
                await follow(run_id)

        async def follow(run_id: str) -> None:
            await self._begin(run_id)
            outstanding: list[str] = []
            while (move := await self._advance(run_id, outstanding)) and not move["over"]:
                outstanding = await self._go_on(run_id, move, step)
            await DBOS.run_step_async({"name": "finish"}, self._resting, self._work.finish, run_id)

        del run

    async def _begin(self, run_id: str) -> None:
        tries = 1
        while not (pause := await self._step("begin", self._work.begin, run_id, tries))["settled"]:
            await DBOS.recv_async(_INBOX, timeout_seconds=min(pause["seconds"], SAFETY_NET_SECONDS))
            tries += 1

    async def _drive(self, run_id: str, step_id: str) -> None:
        tries = 1
        while not (pause := await self._step("attempt", self._work.attempt, run_id, step_id, tries))["settled"]:
            await DBOS.recv_async(_INBOX, timeout_seconds=min(pause["seconds"], SAFETY_NET_SECONDS))
            tries += 1

    async def _advance(self, run_id: str, outstanding: list[str]) -> Move:
        self._work.forget(run_id)
        return await DBOS.run_step_async({"name": "advance"}, self._resting, self._work.advance, run_id, outstanding)

    async def _resting(self, work: Callable[..., Coroutine[Any, Any, T]], run_id: str, *arguments: list[str]) -> T:
        """Work that must not fail, or the engine drops the run: this flow has no other place to rest in."""
        while True:
            try:
                return await work(run_id, *arguments)
            except StuckError:
                await self._work.rest(run_id)
                await asyncio.sleep(REST_SECONDS)

    async def _go_on(self, run_id: str, move: Move, step: _StepWorkflow) -> list[str]:
        """Start what may start, wait until something happened, and return what is under way."""
        for step_id in move["wake"]:
            await DBOS.send_async(_child(run_id, step_id), "look", _INBOX)
        # What is open was left behind, unknown, by a version that did not wait for it and did not speak of it either.
        begin = [*move["ready"], *move.get("open", ())]
        if len(begin) == 1 and not move["outstanding"]:
            # Alone: inline, because a child workflow costs ten times a step.
            await self._drive(run_id, begin[0])
            return []
        for step_id in begin:
            with SetWorkflowID(_child(run_id, step_id)):
                await DBOS.start_workflow_async(step, run_id, step_id)
        await DBOS.recv_async(_INBOX, timeout_seconds=min(move.get("seconds", SAFETY_NET_SECONDS), SAFETY_NET_SECONDS))
        return [*move["outstanding"], *begin]

    @staticmethod
    async def _step(name: str, work: Callable[..., Coroutine[Any, Any, Pause]], *arguments: str | int) -> Pause:
        return await DBOS.run_step_async({"name": name}, work, *arguments)

    async def start(self, run_id: str, tenant: str) -> None:
        """Start a run; starting it again changes nothing, whichever version of the software began it."""
        if self._run is None:
            raise RuntimeError("the engine is not open")
        with SetWorkflowID(run_id), suppress(DBOSConflictingWorkflowError):
            await DBOS.start_workflow_async(self._run, run_id, tenant)

    async def wake(self, run_id: str, step_ids: tuple[str, ...] = ()) -> None:
        """Hint that something happened to a run (and to these of its steps). Losing a hint loses no truth."""
        here = self._walks.ring(run_id, step_ids)
        await self._send(run_id)
        if not here:
            await self._knock(run_id)
        if step_ids:  # a step by itself is a thing of the former flow: of most runs there is none, however many steps
            ids = [_child(run_id, step_id) for step_id in step_ids]
            for one in await DBOS.list_workflows_async(workflow_ids=ids, load_input=False, load_output=False):
                await self._send(one.workflow_id)

    @staticmethod
    async def _send(destination: str) -> None:
        with suppress(DBOSNonExistentWorkflowError):
            await DBOS.send_async(destination, "look", _INBOX)

    async def unfinished(self, executor: str) -> list[str]:
        """Return the ids of what an executor has under way and this version of the software can carry on."""
        found = await DBOS.list_workflows_async(
            status="PENDING", executor_id=executor, name=list(_WORKFLOWS), load_input=False, load_output=False
        )
        return [one.workflow_id for one in found]

    async def executors(self) -> set[str]:
        """Return the names of the executors that something is under way with."""
        found = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return {one.executor_id for one in found if one.executor_id}

    async def resume(self, workflow_ids: list[str]) -> None:
        """Have this or another server carry on with what a server left that is gone, and fence that one."""
        await DBOS.resume_workflows_async(workflow_ids)

    async def forget(self, run_ids: list[str]) -> None:
        """Delete what the engine keeps of runs that are over."""
        await DBOS.delete_workflows_async(run_ids, delete_children=True)

    async def close(self) -> None:
        """Stop the engine; unfinished runs go on when it is opened again."""
        # The engine made its own threads the loop's default ones and takes them with it. Afterwards once more: a run
        # that was still under way may have made them the default again meanwhile.
        self._closing.set()
        loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(thread_name_prefix="assent")
        loop.set_default_executor(threads)
        await loop.run_in_executor(
            threads, partial(DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=0)
        )
        loop.set_default_executor(threads)


@contextmanager
def _left_open(closing: threading.Event) -> Iterator[None]:
    """Have nothing written of a flow that fails because the engine is being closed: who opens it again carries it on.

    An engine that is taken apart refuses what is still asked of it, and would write that down as the end of the flow.
    """
    try:
        yield
    except Exception:
        if closing.is_set():
            raise asyncio.CancelledError from None
        raise


def _child(run_id: str, step_id: str) -> str:
    return f"{run_id}/{step_id}"
