import pytest

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
