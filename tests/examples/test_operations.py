import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from assent.tool.v1 import tools_pb2
from company.accounts import FLOWS
from tests.examples.programs import EXAMPLES, Company, company, failure, messages, modes, request

SYSTEMS: dict[str, Any] = {
    file.stem: YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    for file in sorted((EXAMPLES / "contract_renewal" / "systems").glob("*.yaml"))
}
PROPOSAL = {
    "account": FLOWS, "kind": "expansion", "seats_now": 120, "seats": 150, "discount_percent": 5,
    "annual_value": "40800.00",
}  # fmt: skip
CALLS: dict[str, dict[str, Any]] = {
    "erp.get_contract": {"account": FLOWS},
    "product_analytics.get_usage": {"account": FLOWS},
    "product_analytics.assess_renewal": {
        "seats": 120, "active_users": 60, "trend_percent": -3.5, "csat_average": 3.2, "urgent_open": 1,
    },
    "support.get_satisfaction": {"account": FLOWS},
    "cpq.create_proposal": PROPOSAL,
    "cpq.withdraw_proposal": {"proposal_id": "Q-5001"},
    "crm.update_renewal": {
        "account": FLOWS, "stage": "proposed", "risk": "upsell", "proposal_id": "Q-1", "amount": "48450.00",
    },
    "crm.reopen_renewal": {"account": FLOWS},
    "email.send": {"to": "greta@nordlicht.example", "subject": "Grüße", "body": "Hello\nGreta"},
    "tasks.create_task": {"account": FLOWS, "assignee": "ines-albrecht", "title": "Call", "due_in_days": 2},
    "tasks.notify": {"account": FLOWS, "recipient": "ines-albrecht", "message": "Done"},
}  # fmt: skip
WRITES = [name for name in CALLS if SYSTEMS[name.split(".")[0]]["operations"][name.split(".")[1]]["effect"] != "read"]


@pytest.mark.requirement("example.tool-server")
async def test_the_server_offers_exactly_what_the_catalogue_declares(running: Company) -> None:
    described = await running.stub.Describe(tools_pb2.DescribeRequest(), timeout=10)
    offered = {
        f"{one.system}.{one.operation}": tools_pb2.OperationEffect.Name(one.effect).rpartition("_")[2].lower()
        for one in described.operations
    }
    declared = {
        f"{system}.{name}": operation["effect"]
        for system, content in SYSTEMS.items()
        for name, operation in content["operations"].items()
    }
    assert offered == declared
    assert set(CALLS) == set(declared)


@pytest.mark.requirement("example.tool-server")
@pytest.mark.parametrize("action", CALLS)
async def test_every_operation_takes_and_returns_what_its_schema_says(running: Company, action: str) -> None:
    system, operation = action.split(".")
    declared = SYSTEMS[system]["operations"][operation]
    Draft202012Validator.check_schema(declared["arguments"])
    Draft202012Validator(declared["arguments"]).validate(CALLS[action])
    result = await running.do(action, CALLS[action], key=f"schema-{action}")
    Draft202012Validator(declared["result"]).validate(result)


@pytest.mark.requirement("example.idempotency")
@pytest.mark.parametrize("action", WRITES)
async def test_the_same_key_gets_the_first_answer_and_does_nothing(
    running: Company, mailbox_folder: Path, action: str
) -> None:
    first = await running.do(action, CALLS[action], key=f"twice-{action}")
    taken = len(messages(mailbox_folder))
    assert await running.do(action, CALLS[action], key=f"twice-{action}") == first
    assert len(messages(mailbox_folder)) == taken
    if action not in {
        "cpq.withdraw_proposal",
        "crm.update_renewal",
        "email.send",
    }:  # whose results say nothing about how often
        assert await running.do(action, CALLS[action], key=f"again-{action}") != first


async def test_a_key_belongs_to_one_request(running: Company) -> None:
    await running.do("cpq.create_proposal", PROPOSAL, key="mine")
    other = {**PROPOSAL, "discount_percent": 6}
    assert await running.fail("cpq.create_proposal", other, key="mine") == ("KEY_REUSED", False, "none")


@pytest.mark.requirement("example.idempotency")
@pytest.mark.parametrize("action", WRITES)
async def test_what_was_done_can_be_looked_up(running: Company, action: str) -> None:
    key = f"lookup-{action}"
    assert (await running.look_up(action, key)).state == tools_pb2.LOOKUP_STATE_NOT_DONE
    await running.do(action, CALLS[action], key=key)
    found = await running.look_up(action, key)
    assert found.state == tools_pb2.LOOKUP_STATE_DONE
    assert found.result.struct_value.fields


@pytest.mark.requirement("example.own-files")
async def test_what_was_done_survives_a_restart(tmp_path: Path, smtp: str) -> None:
    async with company(tmp_path, smtp) as before:
        first = await before.do("cpq.create_proposal", PROPOSAL, key="k")
        contract = await before.do("erp.get_contract", {"account": FLOWS})
    assert before.program.process.returncode == 0
    async with company(tmp_path, smtp, "--today", "2031-01-01") as after:
        assert await after.do("cpq.create_proposal", PROPOSAL, key="k") == first
        assert await after.do("erp.get_contract", {"account": FLOWS}) == contract
    assert modes(tmp_path) == {f"{system}.sqlite3": 0o600 for system in SYSTEMS}


@pytest.mark.requirement("example.smtp")
async def test_an_email_really_arrives(running: Company, mailbox_folder: Path) -> None:
    result = await running.do("email.send", CALLS["email.send"], key="letter")
    [letter] = [one for one in messages(mailbox_folder) if one["Message-ID"] == result["message_id"]]
    assert letter["To"] == "greta@nordlicht.example"
    assert letter["Subject"] == "Grüße"
    assert letter.get_content().splitlines() == ["Hello", "Greta"]


async def test_without_a_mail_server_nothing_is_sent_and_the_key_stays_good(tmp_path: Path, smtp: str) -> None:
    async with company(tmp_path, "127.0.0.1:1") as lonely:
        assert await lonely.fail("email.send", CALLS["email.send"], key="k") == ("SMTP_UNAVAILABLE", True, "none")
        assert (await lonely.look_up("email.send", "k")).state == tools_pb2.LOOKUP_STATE_NOT_DONE
    async with company(tmp_path, smtp) as connected:
        assert (await connected.do("email.send", CALLS["email.send"], key="k"))["accepted"] is True


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says which signals a thread takes")
async def test_no_thread_takes_the_signal_that_ends_the_program_from_the_one_that_waits_for_it(
    tmp_path: Path, smtp: str
) -> None:
    async with company(tmp_path, smtp) as asked:
        await asked.do("erp.get_contract", {"account": FLOWS})
        blocked = await asyncio.to_thread(_blocked_by_others, asked.program.process.pid)
    assert blocked
    assert all({signal.SIGTERM, signal.SIGINT} <= signals for signals in blocked)
    assert asked.program.process.returncode == 0


def _blocked_by_others(pid: int) -> list[set[int]]:
    """Return the signals that each thread but the first one of a process does not take."""
    threads = [thread / "status" for thread in Path(f"/proc/{pid}/task").iterdir() if thread.name != str(pid)]
    masks = [line.split()[1] for one in threads for line in one.read_text().splitlines() if line.startswith("SigBlk:")]
    return [{number for number in signal.valid_signals() if int(mask, 16) >> (number - 1) & 1} for mask in masks]


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("email.send", {"to": "a@b.example\nBcc: c@d.example"}),
        ("email.send", {"to": "a@b.example, c@d.example"}),
        ("email.send", {"subject": "x\r\nBcc: c@d.example"}),
        ("cpq.create_proposal", {"discount_percent": 101}),
        ("cpq.create_proposal", {"discount_percent": "5"}),
        ("cpq.create_proposal", {"seats": 1.5}),
        ("cpq.create_proposal", {"annual_value": "NaN"}),
        ("cpq.create_proposal", {"kind": "gift"}),
        ("crm.update_renewal", {"account": ""}),
        ("tasks.create_task", {"due_in_days": -1}),
        ("product_analytics.assess_renewal", {"csat_average": 0}),
    ],
)
async def test_a_foreign_system_trusts_no_caller(running: Company, action: str, change: dict[str, Any]) -> None:
    failed = await running.fail(action, {**CALLS[action], **change}, key=f"bad-{action}")
    assert failed == ("INVALID_ARGUMENTS", False, "none")


@pytest.mark.parametrize("action", ["erp.get_contract", "product_analytics.get_usage", "support.get_satisfaction"])
async def test_an_unknown_account_is_said_to_be_unknown(running: Company, action: str) -> None:
    assert await running.fail(action, {"account": "ACC-9999"}) == ("NO_SUCH_ACCOUNT", False, "none")


async def test_a_write_that_fails_leaves_no_trace_of_its_key(running: Company) -> None:
    args = {**CALLS["crm.update_renewal"], "account": "ACC-9999"}
    assert (await running.fail("crm.update_renewal", args, key="gone"))[0] == "NO_SUCH_ACCOUNT"
    assert (await running.look_up("crm.update_renewal", "gone")).state == tools_pb2.LOOKUP_STATE_NOT_DONE


async def test_there_is_no_other_operation(running: Company) -> None:
    assert await running.fail("erp.delete_contract", {}) == ("NO_SUCH_OPERATION", False, "none")
    assert await running.fail("payroll.get_salary", {}) == ("NO_SUCH_OPERATION", False, "none")


async def test_a_change_needs_a_key(running: Company) -> None:
    assert await running.fail("tasks.notify", CALLS["tasks.notify"]) == ("INVALID_ARGUMENTS", False, "none")


async def test_a_call_that_nobody_waits_for_is_not_begun(running: Company) -> None:
    late = request("tasks.notify", CALLS["tasks.notify"], key="late")
    late.deadline.CopyFrom(Timestamp(seconds=1))
    assert failure(await running.ask(late)) == ("TOO_LATE", True, "none")
    assert (await running.look_up("tasks.notify", "late")).state == tools_pb2.LOOKUP_STATE_NOT_DONE
