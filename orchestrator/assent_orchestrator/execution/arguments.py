"""From a step's arguments as written to an action ready to be decided. Pure."""

from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.execution.situation import Appointed, Situation
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.plan.action import confided, make_action
from assent_orchestrator.plan.binding import BindingError, Item, ListError, items_of, resolve
from assent_orchestrator.plan.edit import MisplacedError, edited, labels_after
from assent_orchestrator.plan.schema import validate
from assent_orchestrator.plan.unretained import is_marked, labels_of_never, shown
from assent_orchestrator.tools.value import ValueFaultError, to_struct
from assent_sidecar.canonical import NotCanonicalError
from assent_sidecar.catalogue.memory_flaw import label_flaws, memory_flaws
from assent_sidecar.facts import Action

LOST = "a value that it needs is never stored, and this server does not have it (any more)"


class UnfitError(Exception):
    """The arguments cannot be used; ``code`` says why, ``message`` where."""

    def __init__(self, code: str, message: str, lost: frozenset[str] = frozenset()) -> None:
        """Say why and where; ``lost`` are the labels for which what is lost of them was not retained."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.lost = lost


def bound_items(situation: Situation) -> list[Item]:
    """Return the elements of the list that a step is done for, each with its labels.

    Raises:
        UnfitError: there is no list, or it has more elements than the step may have.
    """
    for_each = situation.spec.for_each
    if for_each is None:
        raise UnfitError("NOT_A_LIST", "the step is done once")
    try:
        items = items_of(
            for_each,
            inputs=situation.inputs,
            outputs={step_id: row.output for step_id, row in situation.outputs.items()},
            input_labels=situation.input_labels,
            output_labels={step_id: row.labels or {} for step_id, row in situation.outputs.items()},
        )
    except BindingError as error:
        raise UnfitError("BAD_BINDING", str(error)) from error
    except ListError as error:
        if situation.lost:
            raise UnfitError(NOT_RETAINED, LOST) from error
        raise UnfitError("NOT_A_LIST", str(error)) from error
    if len(items) > for_each.cap:
        raise UnfitError("FOR_EACH_OVER_CAP", f"the list has {len(items)} elements; at most {for_each.cap} are taken")
    return items


def bound_action(situation: Situation, appointed: Appointed) -> Action:
    """Return the action with every binding replaced, every label carried, and what approvers changed in it.

    Raises:
        UnfitError: a value is missing or lost, or the arguments do not fit the operation's schema, or cannot travel.

    """
    try:
        resolved = resolve(
            situation.spec.args,
            inputs=situation.inputs,
            outputs={step_id: row.output for step_id, row in situation.outputs.items()},
            input_labels=situation.input_labels,
            output_labels={step_id: row.labels or {} for step_id, row in situation.outputs.items()},
            item=situation.item,
        )
    except BindingError as error:
        raise UnfitError("BAD_BINDING", str(error)) from error
    if is_marked(resolved.labels):
        raise UnfitError(NOT_RETAINED, LOST, labels_of_never(resolved.labels, appointed.never))
    if not resolved.complete:
        missing = "; ".join(f"{one.pointer}: {one.description}" for one in resolved.missing)
        raise UnfitError("MISSING_VALUE", missing or f"no value for {', '.join(resolved.unknown)}")
    try:
        args, labels = edited(resolved.args, situation.edits), labels_after(resolved.labels, situation.edits)
    except MisplacedError as error:
        raise UnfitError("EDIT_MISPLACED", str(error)) from error
    violations = validate(args, appointed.operation.arguments)
    if violations:
        where = "; ".join(f"{one.pointer}: {one.message}" for one in violations[:10])
        private = labels_of_never(labels, appointed.never)  # a pointer may hold the name of a member that is private
        raise UnfitError("ARGUMENTS_SCHEMA", shown(min(private)) if private else where)
    try:
        to_struct(args)
    except ValueFaultError as error:  # before anybody is asked about what cannot be sent, or shown
        raise UnfitError("ARGUMENTS_INVALID", str(error)) from error
    action, memory = situation.spec.action, appointed.memory
    for flaw in (*memory_flaws(action, args, memory), *label_flaws(action, labels, memory)):
        raise UnfitError(flaw.code, f"{flaw.member}: {flaw.message}")
    try:
        made = make_action(situation.spec.action, appointed.operation.effect, args, labels)
        return confided(made, appointed.never, situation.digests)
    except MemoryKeyWrongError as error:
        raise UnfitError(error.code, error.message) from error
    except NotCanonicalError as error:
        raise UnfitError("NOT_CANONICAL", "a number or text in the arguments has no exact form") from error
