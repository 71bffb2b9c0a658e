"""Steps where none can be: what a plan does is in the list of its steps, and nowhere else."""

import re
from collections.abc import Collection, Iterator

from assent_orchestrator.plan.model import MAX_DEPTH
from assent_orchestrator.plan.pointer import Tokens
from assent_sidecar.model import Json

HIDDEN_STEP = "HIDDEN_STEP"
HIDDEN = "looks like a step; steps are in the list of the plan, where they are decided, and nowhere else"

_ACTION = re.compile(r"[a-z][a-z0-9_-]{0,62}\.[a-z][a-z0-9_-]{0,62}")


def is_step(value: Json, systems: Collection[str] | None = None) -> bool:
    """Say whether a value looks like a step: an action of a system, and an agent to do it or arguments for it.

    With ``systems``, an action without an agent is one only of a system among these.
    """
    if not isinstance(value, dict):
        return False
    action = value.get("action")
    if not isinstance(action, str) or not _ACTION.fullmatch(action):
        return False
    known = systems is None or action.partition(".")[0] in systems
    return isinstance(value.get("agent"), str) or (known and "args" in value)


def hidden_steps(value: Json, systems: Collection[str]) -> Iterator[Tokens]:
    """Yield where in a value as written there is something like a step; without recursion, and not in one another."""
    pending: list[tuple[Tokens, Json]] = [((), value)]
    while pending:
        tokens, node = pending.pop()
        if is_step(node, systems):
            yield tokens
        elif len(tokens) > MAX_DEPTH:
            continue
        elif isinstance(node, dict):
            pending.extend(((*tokens, str(name)), member) for name, member in reversed(node.items()))
        elif isinstance(node, list):
            pending.extend(((*tokens, str(at)), node[at]) for at in range(len(node) - 1, -1, -1))
