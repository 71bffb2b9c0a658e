import pytest

from assent.v1 import agents_pb2 as wire
from assent.v1.memory_classes_pb2 import ListMemoryClassesResponse
from assent.v1.processes_pb2 import ListProcessesResponse
from assent_orchestrator.cli.main import run
from tests.orchestrator.cli.impostor import impostor
from tests.orchestrator.cli.program import Desk


@pytest.mark.requirement("cli.agents")
def test_agents_are_listed_and_shown_with_what_people_decided_of_them(desk: Desk) -> None:
    said = desk("agents", "list")
    assert said.code == 0, said.err
    assert said.out.split()[:4] == ["AGENT", "DEPARTMENT", "OWNER", "SYSTEMS"]  # nobody hands over
    assert "service_desk  service     head-of-service" in said.out
    shown = desk("agents", "show", "service_desk")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0].startswith("service_desk: ")
    assert lines[1:2] == ["  owned by head-of-service, department service"]
    assert "  takes over from: nobody" in lines
    assert "  in one run: 1000 actions, 100 hand-overs, to 10 agents at once, at a depth of 3" in lines
    assert lines[-1].startswith("under revision sha256:")
    listed = desk("agents", "list", "--json").json["agents"]
    assert listed == [desk("agents", "show", "service_desk", "--json").json]


@pytest.mark.requirement("cli.agents", "cli.exit-codes")
def test_an_agent_that_nobody_appointed_is_not_found(desk: Desk) -> None:
    said = desk("agents", "show", "ghost")
    assert (said.code, said.out) == (4, "")
    assert "there is no such agent" in said.err
    assert said.err.endswith("; assent agents list\n")


@pytest.mark.requirement("cli.agents")
def test_a_service_is_shown_as_one_with_what_calls_it_and_its_limits_in_words_of_permits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSENT_TOKEN", "t" * 43)
    clerk = wire.Agent(
        name="tenants/local/agents/clerk",
        title="Files",
        called_as=["clerk"],
        called_from=[
            wire.AgentCall(process="filing", step="file", action="clerk.file"),
            wire.AgentCall(process="moving", step="move", action="clerk.undo", undoing=True),
        ],
        limits=wire.AgentLimits(hand_overs=2, depth=1, fan_out=5, actions=40),
    )
    answers = {
        "AgentService.GetAgent": lambda _request, _context: clerk,
        "AgentService.ListAgents": lambda _request, _context: wire.ListAgentsResponse(agents=[clerk]),
    }
    with impostor(answers) as address:
        assert run(["agents", "show", "clerk", "--server", address]) == 0
        shown = capsys.readouterr().out
        assert run(["agents", "list", "--server", address]) == 0
        listed = capsys.readouterr().out
    assert [line for line in shown.splitlines() if "call" in line] == [
        "  a service of its own, called as the system clerk",
        "  called by clerk.file in the step file of filing",
        "  called by clerk.undo in the step move of moving, when it is undone",
        "  in one run: 40 actions, 2 hand-overs, 5 permits under the one it is called with, at a depth of 1",
    ]
    assert "acts in" not in shown
    assert "at once" not in shown
    assert listed.split()[-4:] == ["CALLED", "AS", "clerk", "clerk"]


NOTHING = {
    "agents list": ("AgentService.ListAgents", wire.ListAgentsResponse(), "nobody acts"),
    "process list": ("ProcessService.ListProcesses", ListProcessesResponse(), "nothing is to be run"),
    "memory classes": ("MemoryService.ListMemoryClasses", ListMemoryClassesResponse(), "nothing can be remembered"),
}


@pytest.mark.requirement("cli.agents")
@pytest.mark.parametrize("command", sorted(NOTHING))
def test_a_list_of_nothing_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("ASSENT_TOKEN", "t" * 43)
    method, answer, told = NOTHING[command]
    with impostor({method: lambda _request, _context: answer}) as address:
        assert run([*command.split(), "--server", address]) == 0
    said = capsys.readouterr().out
    assert told in said
    assert said.count("\n") == 1
