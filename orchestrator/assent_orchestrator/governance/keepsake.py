"""What policies want remembered of an action once it is done: whether that can be, as far as is known before. Pure."""

from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.memory_flaw import memory_flaws
from assent_sidecar.catalogue.own import REMEMBER
from assent_sidecar.catalogue.subject import one_writing
from assent_sidecar.decision import Remember
from assent_sidecar.facts import Action

_LONGEST = 256


def unkeepable(one: Remember, action: Action, memory: Memory) -> str:
    """Return why nothing can be remembered so, or nothing: then only what is to be remembered is not known yet."""
    why = misplaced(one, memory)
    if not why and not subject_of(one, action):
        return "the argument that is to say about whom it is remembered says nothing"
    return why or misnamed(one, action)


def misnamed(one: Remember, action: Action) -> str:
    """Return why nothing is remembered about whom an argument says, or nothing; nor of an argument that says nobody."""
    why = one_writing(subject_of(one, action))
    return f"the subject about which it is to be remembered {why[1]} ({why[0]})" if why is not None else ""


def misplaced(one: Remember, memory: Memory) -> str:
    """Return why nothing is remembered in its class for its purpose, whatever the action is; or nothing."""
    for flaw in memory_flaws(REMEMBER, {"class": one.memory_class, "purpose": one.purpose}, memory):
        return f"what is to be remembered {flaw.message} ({flaw.code})"
    return ""


def unallowed(code: str) -> str:
    """Return what is said where the policies of memory do not let it be; ``code`` is their reason."""
    return f"the policies do not let it be remembered ({code})"


def subject_of(one: Remember, action: Action) -> str:
    """Return about whom something is remembered, which an argument says; empty when it does not."""
    try:
        there, value = find(action.args, split(one.subject))
    except PointerError:
        return ""
    return value if there and isinstance(value, str) and value.strip() and len(value) <= _LONGEST else ""
