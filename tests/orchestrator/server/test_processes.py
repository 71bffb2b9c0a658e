from typing import Any

import pytest

from assent.v1 import processes_pb2
from assent.v1.processes_pb2_grpc import ProcessServiceStub
from assent_orchestrator.server.translate.process import read_process, write_process
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.processes import REFUND
from tests.orchestrator.server.specimens import DIGEST

NAME = "tenants/acme/processes/refund"


def processes(opened: Wire) -> Any:
    return ProcessServiceStub(opened.channel)


@pytest.mark.requirement("orchestrator.process-shown")
async def test_a_process_that_travels_is_the_same_process(wire: Wire) -> None:
    request = processes_pb2.GetProcessRequest(name=NAME)
    found = await processes(wire).GetProcess(request, metadata=wire.auth)
    assert (found.name, found.revision) == (NAME, DIGEST)
    assert read_process(found) == REFUND
    assert read_process(write_process("acme", REFUND, "")) == REFUND


@pytest.mark.requirement("orchestrator.process-shown")
async def test_processes_are_listed_without_what_only_one_of_them_is_asked_for(wire: Wire) -> None:
    request = processes_pb2.ListProcessesRequest(parent="tenants/acme")
    [found] = (await processes(wire).ListProcesses(request, metadata=wire.auth)).processes
    assert (found.name, found.version, found.owner, list(found.may.skip)) == (NAME, "2", "olga", ["tell"])
    assert (len(found.steps), len(found.choices), found.HasField("inputs")) == (0, 0, False)


@pytest.mark.requirement("orchestrator.process-shown")
@pytest.mark.parametrize("name", ["tenants/acme/processes/other", "tenants/other/processes/refund"])
async def test_what_there_is_not_or_is_another_tenants_is_not_found(wire: Wire, name: str) -> None:
    call = processes(wire).GetProcess(processes_pb2.GetProcessRequest(name=name), metadata=wire.auth)
    assert (await refusal(call)).code == "NOT_FOUND"
