import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest

from assent.tool.v1 import tools_pb2
from company.accounts import FLOWS
from tests.examples.programs import Company, company, messages
from tool_server.fault import Fault

TASK = {"account": FLOWS, "assignee": "ines-albrecht", "title": "Call", "due_in_days": 2}
LETTER = {"to": "greta@nordlicht.example", "subject": "Renewal", "body": "Hello"}


async def test_a_system_can_be_out_of_order_for_a_number_of_calls(tmp_path: Path, smtp: str) -> None:
    async with company(tmp_path, smtp, "--fault", "tasks.create_task=error:2") as opened:
        for _ in range(2):
            assert await opened.fail("tasks.create_task", TASK, key="k") == ("UNAVAILABLE", True, "none")
        assert (await opened.do("tasks.create_task", TASK, key="k"))["task_id"] == "TASK-1"


async def test_while_a_call_is_under_way_nobody_knows_how_it_ends(tmp_path: Path, smtp: str) -> None:
    async with company(tmp_path, smtp, "--fault", "tasks.create_task=slow:2s") as opened:
        slow = asyncio.ensure_future(opened.do("tasks.create_task", TASK, key="k"))
        state = tools_pb2.LOOKUP_STATE_NOT_DONE
        async with asyncio.timeout(60):
            while state == tools_pb2.LOOKUP_STATE_NOT_DONE:
                state = (await opened.look_up("tasks.create_task", "k")).state
        assert state == tools_pb2.LOOKUP_STATE_UNKNOWN
        assert await opened.fail("tasks.create_task", TASK, key="k") == ("UNDER_WAY", True, "unknown")
        await slow
        assert (await opened.look_up("tasks.create_task", "k")).state == tools_pb2.LOOKUP_STATE_DONE


@pytest.mark.requirement("example.idempotency")
async def test_a_crash_after_the_effect_is_found_out_by_looking_it_up(tmp_path: Path, smtp: str) -> None:
    async with company(tmp_path, smtp, "--fault", "tasks.create_task=crash-after-effect") as opened:
        await _lost(opened, "tasks.create_task", TASK)
        assert await opened.program.ended() == -9
    async with company(tmp_path, smtp) as again:
        found = await again.look_up("tasks.create_task", "k")
        assert found.state == tools_pb2.LOOKUP_STATE_DONE
        assert (await again.do("tasks.create_task", TASK, key="k"))["task_id"] == "TASK-1"
        assert (await again.do("tasks.create_task", TASK, key="other"))["task_id"] == "TASK-2"


@pytest.mark.requirement("example.idempotency")
async def test_an_email_in_doubt_stays_in_doubt_and_is_never_sent_twice(
    tmp_path: Path, smtp: str, mailbox_folder: Path
) -> None:
    before = len(messages(mailbox_folder))
    async with company(tmp_path, smtp, "--fault", "email.send=crash-in-doubt") as opened:
        await _lost(opened, "email.send", LETTER)
        assert await opened.program.ended() == -9
    async with company(tmp_path, smtp) as again:
        assert (await again.look_up("email.send", "k")).state == tools_pb2.LOOKUP_STATE_UNKNOWN
        assert await again.fail("email.send", LETTER, key="k") == ("IN_DOUBT", False, "unknown")
    assert len(messages(mailbox_folder)) == before + 1


@pytest.mark.parametrize(
    "text",
    ["", "email.send", "email.send=explode", "email.send=slow", "tasks.notify=crash-in-doubt", "email.send=error:x"],
)
def test_a_fault_that_nobody_can_mean_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"form|doubt"):
        Fault.parse(text)


async def _lost(opened: Company, action: str, args: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as lost:
        await opened.do(action, args, key="k")
    assert lost.value.code() is grpc.StatusCode.UNAVAILABLE
