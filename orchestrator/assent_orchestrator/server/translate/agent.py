"""Agents."""

from assent.v1 import agents_pb2 as wire
from assent_orchestrator.governance.agents import Appointment
from assent_orchestrator.server.names import agent_name


def write_agent(tenant: str, appointed: Appointment, revision: str) -> wire.Agent:
    """Return an agent as callers of a tenant know it."""
    agent = appointed.agent
    used = dict.fromkeys(action.partition(".")[0] for action in agent.may)
    return wire.Agent(
        name=agent_name(tenant, agent.name),
        title=agent.title,
        owner=agent.owner,
        department=agent.department,
        systems=agent.systems or tuple(used),
        may=agent.may,
        hands_over_to=agent.hands_over_to,
        takes_over_from=appointed.takes_over_from,
        limits=wire.AgentLimits(
            hand_overs=agent.limits.hand_overs,
            depth=agent.limits.depth,
            fan_out=agent.limits.fan_out,
            actions=agent.limits.actions,
        ),
        processes=appointed.processes,
        revision=revision,
        called_as=appointed.called_as,
        called_from=[
            wire.AgentCall(process=one.process, step=one.step, action=one.action, undoing=one.undoing)
            for one in appointed.called_from
        ],
    )
