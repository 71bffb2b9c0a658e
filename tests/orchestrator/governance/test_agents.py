"""The agents of a bundle, each with its place among the others."""

from dataclasses import dataclass
from typing import Any

import pytest

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.governance.agents import Agents, Call
from assent_sidecar.bundle.workspace import load_workspace
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Compensation
from tests.examples.programs import EXAMPLES

CALLER = Caller("otto", "acme", frozenset())


@dataclass
class Bundle:
    catalogue: Catalogue
    revision: str = "sha256:1"


@pytest.fixture(scope="module")
def agents() -> Agents:
    bundle: Any = Bundle(load_workspace(EXAMPLES / "contract_renewal").catalogue)
    return Agents(lambda _: bundle)


@pytest.mark.requirement("cli.agents")
def test_an_agent_is_told_with_who_hands_over_to_it_and_where_it_acts(agents: Agents) -> None:
    found, revision = agents.get(CALLER, "correspondent")
    assert found.takes_over_from == ("deal_desk", "renewal_analyst")
    assert found.processes == ("contract_renewal",)
    assert revision == "sha256:1"


@pytest.mark.requirement("cli.agents")
def test_a_service_is_told_with_the_system_that_it_is_and_the_steps_that_call_it() -> None:
    bundle: Any = Bundle(load_workspace(EXAMPLES / "filing").catalogue)
    (clerk, intake), _ = Agents(lambda _: bundle).list(CALLER)
    assert (clerk.called_as, clerk.called_from) == (("clerk",), (Call("filing", "file", "clerk.file", undoing=False),))
    assert (clerk.processes, clerk.takes_over_from) == ((), ("intake",))
    assert (intake.called_as, intake.called_from) == ((), ())


@pytest.mark.requirement("cli.agents")
def test_a_step_that_calls_a_service_only_to_be_undone_says_so() -> None:
    declared = load_workspace(EXAMPLES / "filing").catalogue
    filing = declared.processes["filing"]
    undone = Compensation(agent="intake", action="clerk.file", args={})
    step = filing.steps[0].model_copy(update={"action": "archive.put", "compensation": undone})
    other = filing.model_copy(update={"steps": (step,)})
    bundle: Any = Bundle(declared.model_copy(update={"processes": {"filing": other}}))
    found, _ = Agents(lambda _: bundle).get(CALLER, "clerk")
    assert found.called_from == (Call("filing", "file", "clerk.file", undoing=True),)


@pytest.mark.requirement("cli.agents")
def test_all_agents_are_listed_by_name(agents: Agents) -> None:
    found, _ = agents.list(CALLER)
    assert [one.agent.name for one in found] == ["coordinator", "correspondent", "deal_desk", "renewal_analyst"]


@pytest.mark.requirement("cli.agents")
def test_who_was_never_appointed_is_not_found(agents: Agents) -> None:
    with pytest.raises(NotFoundError):
        agents.get(CALLER, "ghost")
