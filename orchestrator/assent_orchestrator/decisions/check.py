"""Everything that is wrong with what is asked, found before any policy is. Pure."""

import json
from collections.abc import Collection, Iterator

from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.governance.enquiry import agent_facts
from assent_orchestrator.plan.action import action_digest, confided, make_action
from assent_orchestrator.plan.digests import Digests, is_keyed
from assent_orchestrator.plan.label import UNTRUSTED, join, place
from assent_orchestrator.plan.model import MAX_ARGUMENT_BYTES
from assent_orchestrator.plan.pointer import field, split
from assent_orchestrator.plan.schema import validate
from assent_sidecar.canonical import NotCanonicalError
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.own import OWN_SERVER
from assent_sidecar.facts import Action, BatchAction

MAX_FAULTS = 100

_NOT_CANONICAL = "hold a number or a text that JSON readers do not agree on (RFC 8785)"


def accept(
    request: DecisionRequest, catalogue: Catalogue, digests: Digests, known: Collection[str] = ()
) -> tuple[BatchAction, ...]:
    """Return the actions that are asked about, each with its digest; their arguments count as untrusted.

    ``known`` are labels of what whoever asks may know otherwise: all arguments carry them as well.

    Raises:
        InvalidError: something in the request is not declared, not given to the agent, or does not fit; all is named.
        MemoryKeyWrongError: an argument is never retained, and this server has not got the key of its digest.
    """
    faults: list[Fault] = []
    if request.process and request.process not in catalogue.processes:
        faults.append(Fault("terms.process", "UNKNOWN_PROCESS", "there is no process of this name"))
    seen: dict[str, int] = {}
    accepted: list[BatchAction] = []
    for number, wish in enumerate(request.wishes):
        root = request.place(number)
        first = seen.setdefault(wish.id, number)
        if first != number:
            faults.append(Fault(f"{root}.id", "DUPLICATE_ID", f"{request.place(first)} has this id already"))
        wrong = list(_faults(root, wish, catalogue))
        faults += wrong
        try:
            if not wrong:
                action = as_action(wish, catalogue, digests, known)
                accepted.append(BatchAction(id=wish.id, agent=agent_facts(catalogue.agents[wish.agent]), action=action))
        except NotCanonicalError:
            faults.append(Fault(f"{root}.args", "ARGUMENTS_SCHEMA", _NOT_CANONICAL))
        if len(faults) > MAX_FAULTS:
            faults[MAX_FAULTS:] = [Fault("", "MORE_FAULTS", f"there are more than {MAX_FAULTS} faults")]
            break
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InvalidError(f"the request has {count}; nothing was decided", tuple(faults))
    return tuple(accepted)


def _faults(root: str, wish: Wish, catalogue: Catalogue) -> Iterator[Fault]:
    agent, operation = catalogue.agents.get(wish.agent), catalogue.operation(wish.action)
    if agent is None:
        yield Fault(f"{root}.agent", "UNKNOWN_AGENT", "nobody appointed an agent of this name")
    elif operation is not None and wish.action not in agent.may:
        yield Fault(f"{root}.agent", "AGENT_MAY_NOT", f"this agent is not given {wish.action}")
    yield from _faults_of_action(root, wish, catalogue)
    try:
        size = len(json.dumps(wish.args, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, TypeError, RecursionError):
        yield Fault(f"{root}.args", "ARGUMENTS_SCHEMA", "hold a value that JSON does not have, or are nested too deep")
        return
    if size > MAX_ARGUMENT_BYTES:
        yield Fault(f"{root}.args", "TOO_LARGE", f"have {size} bytes; at most {MAX_ARGUMENT_BYTES} are taken")
        return
    for violation in validate(wish.args, operation.arguments) if operation is not None else ():
        path = field(f"{root}.args", wish.args, split(violation.pointer))
        yield Fault(path, "ARGUMENTS_SCHEMA", violation.message)
    for pointer in wish.labels:
        if place(pointer, wish.args) is None:
            path = field(f"{root}.labels", {}, (pointer,))
            why = f"classifies {field('args', {}, split(pointer))}, which is not there"
            yield Fault(path, "DANGLING_REFERENCE", why)


def _faults_of_action(root: str, wish: Wish, catalogue: Catalogue) -> Iterator[Fault]:
    if wish.action.partition(".")[0] not in catalogue.systems:
        yield Fault(f"{root}.action", "UNKNOWN_SYSTEM", "there is no system of this name")
    elif catalogue.operation(wish.action) is None:
        yield Fault(f"{root}.action", "UNKNOWN_OPERATION", "the system has no such operation")
    elif catalogue.systems[wish.action.partition(".")[0]].tool_server == OWN_SERVER:
        yield Fault(f"{root}.action", "NOT_BY_PERMIT", "Assent does this itself: use MemoryService")


def as_action(wish: Wish, catalogue: Catalogue, digests: Digests, known: Collection[str] = ()) -> Action:
    """Return the action of a wish that has no fault; what a caller brings is untrusted, and may be what it knows.

    Raises:
        NotCanonicalError: the arguments have no canonical form.
        MemoryKeyWrongError: an argument is never retained, and this server has not got the key of its digest.
    """
    operation = catalogue.operation(wish.action)
    effect = operation.effect if operation is not None else "irreversible"
    action = make_action(wish.action, effect, wish.args, join(wish.labels, {"": (UNTRUSTED, *known)}))
    return confided(action, catalogue.memory.never, digests)


def name(wish: Wish, asked: Action, catalogue: Catalogue, digests: Digests) -> str:
    """Return the digest of a wish by itself, whatever labels what is ``asked`` carries beside its own.

    It is keyed wherever anything may be what is never retained: what carries such a label at the next attempt must
    not have another name then.

    Raises:
        MemoryKeyWrongError: what is asked is never retained, and this server has not got the key.
    """
    labels = join(wish.labels, {"": (UNTRUSTED,)})
    plain = action_digest(asked.system, asked.operation, asked.args, labels)
    able = bool(catalogue.memory.never) and digests.key is not None
    return digests.written(plain, confided=able or is_keyed(asked.digest))
