"""The arguments of a step as they are submitted: size, depth, bindings, and the schema as far as they are known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.binding import resolve
from assent_orchestrator.plan.model import MAX_ARGUMENT_BYTES
from assent_orchestrator.plan.pointer import PointerError, field, find, split
from assent_orchestrator.plan.reference import BindingError, Reference, Scan, items_scan
from assent_orchestrator.plan.schema import may_hold, validate
from assent_sidecar.bundle.schema import part
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.process import Step
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the arguments of a plan's steps may refer to.

    ``inputs`` is None where faults of the inputs are reported already: nothing is said of them twice.
    ``results`` holds, by step, the schema of its result, or None when its operation is not known; ``schema`` is that of
    the inputs.
    """

    inputs: Mapping[str, Json] | None
    results: Mapping[str, Mapping[str, Json] | None]
    schema: Mapping[str, Json] | None = None

    def element(self, step: Step) -> Json:
        """Return the schema of the elements that a step is done for, True where it is not known; None: of none."""
        return part(self.items(step), ("0",)) if step.for_each is not None else None

    def items(self, step: Step) -> Json:
        """Return the schema of the list that a step is done for, True where it is not known."""
        found = items_scan(step).references
        if len(found) != 1 or found[0].source.item:
            return True
        source = found[0].source
        root = self.results.get(source.step) if source.step else self.schema
        return part(True if root is None else root, source.path)


def argument_faults(
    root: str, step: Step, scan: Scan, schema: Mapping[str, Json] | None, around: Surroundings
) -> Iterator[Fault]:
    """Yield what is wrong with the arguments at ``root`` (as in ``steps[1].args``).

    ``schema`` is None when the operation is not known.
    """
    element = around.element(step)
    args = step.args
    for flaw in scan.flaws:
        yield Fault(field(root, args, flaw.tokens), flaw.code, flaw.description)
    for reference in scan.references:
        why = dangling(reference, around, element)
        if why:
            yield Fault(field(root, args, split(reference.pointer)), "DANGLING_REFERENCE", why)
    if any(flaw.code == "TOO_DEEP" or not flaw.tokens for flaw in scan.flaws):
        return
    try:
        size = len(canonical(args))
    except NotCanonicalError:
        yield Fault(root, "ARGUMENTS_SCHEMA", "hold a number or a text that JSON readers do not agree on (RFC 8785)")
        return
    if size > MAX_ARGUMENT_BYTES:
        yield Fault(root, "TOO_LARGE", f"have {size} bytes; at most {MAX_ARGUMENT_BYTES} are taken")
    elif schema is not None:
        yield from _against(root, args, scan, schema, around)


def dangling(reference: Reference, around: Surroundings, element: Json = None) -> str:
    """Return why a reference leads nowhere, or nothing; ``element`` is the schema of an item, None: there is none."""
    source = reference.source
    if source.item:
        if element is None:
            return "refers to an item, and the step has no for_each"
        place = field("item", {}, source.path)
        return "" if may_hold(element, source.path) else f"refers to {place}, which an item never holds"
    if source.step is None:
        if around.inputs is None:
            return ""
        try:
            there, _ = find(around.inputs, source.path)
        except PointerError:
            there = False
        return "" if there else f"refers to {field('inputs', {}, source.path)}, which is not there"
    if source.step not in around.results:
        return f"refers to the step {source.step!r}, which is not in the plan"
    schema = around.results[source.step]
    if schema is not None and not may_hold(schema, source.path):
        place = field(f"steps.{source.step}.output", {}, source.path)
        return f"refers to {place}, which its result never holds"
    return ""


def _against(
    root: str, args: dict[str, Json], scan: Scan, schema: Mapping[str, Json], around: Surroundings
) -> Iterator[Fault]:
    value, unknown = args, scan.bound
    if around.inputs is not None and not scan.flaws:
        try:
            resolved = resolve(args, inputs=around.inputs, outputs={})
        except BindingError as error:
            yield Fault(root, "TOO_LARGE", str(error))
            return
        unknown = (*resolved.unknown, *(missing.pointer for missing in resolved.missing))
        value = resolved.args
    for violation in validate(value, schema, [split(pointer) for pointer in unknown]):
        path = field(root, value, split(violation.pointer))
        yield Fault(path, "ARGUMENTS_SCHEMA", violation.message)
