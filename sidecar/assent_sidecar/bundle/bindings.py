"""What the arguments of a process are bound to: every binding is well-formed and leads to something that is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from assent_sidecar.bundle.documents import Documents
from assent_sidecar.bundle.schema import declares, may_be_list, part
from assent_sidecar.bundle.source import Location
from assent_sidecar.catalogue.process import Process, Step
from assent_sidecar.catalogue.system import Operation
from assent_sidecar.model import Json

_BINDINGS = frozenset({"$ref", "$concat", "$first"})


@dataclass(frozen=True, slots=True)
class Bindings:
    """Finds the references in the arguments of one process's steps. ``item`` is the schema of the element, if any."""

    process: Process
    steps: Mapping[str, Step]
    documents: Documents
    item: Json = None

    def within(self, step: Step) -> "Bindings":
        """Return what may be bound to inside a step: with ``for_each`` also the element."""
        if step.for_each is None:
            return self
        return replace(self, item=part(self._leads_to(step.for_each.items.get("$ref")), ("0",)))

    def undoing(self, step: Step) -> "Bindings":
        """Return what may be bound to where it is undone: item by item, with the output of that one."""
        return replace(self, steps={**self.steps, step.id: step.model_copy(update={"for_each": None})})

    def of_items(self, step: Step) -> Iterator[tuple[Location, str]]:
        """Yield what is wrong with the list that a step is done for."""
        if step.for_each is None:
            return
        items, where = step.for_each.items, ("for_each", "items")
        if len(items) != 1 or next(iter(items)) not in ("$ref", "$first"):
            yield where, "this is {$ref: ...} or {$first: [...]}, and leads to a list"
        else:
            yield from self.check(items, where)
        if not may_be_list(self._leads_to(items.get("$ref"))):
            yield where, "this does not lead to a list"

    def _leads_to(self, reference: Json) -> Json:
        """Return the schema of what a reference leads to; True where nothing is known of it."""
        match reference.split(".") if isinstance(reference, str) else []:
            case ["inputs", *names]:
                return part(self.process.inputs, tuple(names))
            case ["steps", step, "output", *names] if step in self.steps:
                operation = self.documents.operation(self.steps[step].action)
                result = operation.result if isinstance(operation, Operation) else True
                if self.steps[step].for_each is not None:
                    result = {"type": "array", "items": result}
                return part(result, tuple(names))
            case _:
                return True

    def check(self, value: Json, path: Location) -> Iterator[tuple[Location, str]]:
        """Yield what is wrong with the bindings in a value: in their form, or because they lead to nothing."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.check(item, (*path, index))
        if not isinstance(value, dict):
            return
        special = [key for key in value if key.startswith("$")]
        if special and (len(value) > 1 or special[0] not in _BINDINGS):
            yield path, "a binding is exactly one of $ref, $concat or $first"
            return
        for key, item in value.items():
            where = (*path, key)
            if key == "$ref":
                yield from self._reference(item, where)
            elif key in _BINDINGS and (not isinstance(item, list) or not item):
                yield where, f"{key} takes a list that is not empty"
            elif key == "$first":
                yield from self._first(item, where)
            else:
                yield from self.check(item, where)

    def _output(self, step: str, names: list[str]) -> str:
        """Return why there is nothing at ``names`` in what a step returns, or nothing."""
        if step not in self.steps:
            return f"there is no step {step!r}"
        if self.steps[step].for_each is not None and names:
            if not names[0].isdecimal():
                return f"the output of {step!r} is a list: {names[0]!r} is no place in it"
            names = names[1:]
        operation = self.documents.operation(self.steps[step].action)
        if isinstance(operation, Operation) and not declares(operation.result, tuple(names)):
            return f"the result of {self.steps[step].action} has no {'.'.join(names)!r}"
        return ""

    def _first(self, items: list[Json], path: Location) -> Iterator[tuple[Location, str]]:
        for index, item in enumerate(items):
            reference = item.get("$ref") if isinstance(item, dict) and len(item) == 1 else None
            if isinstance(reference, str) and reference.startswith("steps."):
                yield from self._reference(reference, (*path, index))
            else:
                yield (*path, index), "$first chooses among {$ref: steps.<id>.output...}"

    def _reference(self, reference: Json, path: Location) -> Iterator[tuple[Location, str]]:
        match reference.split(".") if isinstance(reference, str) else []:
            case ["inputs", *names] if all(names):
                if not declares(self.process.inputs, tuple(names)):
                    yield path, f"the inputs of this process have no {'.'.join(names)!r}"
            case ["steps", step, "output", *names] if all(names):
                reason = self._output(step, names)
                if reason:
                    yield path, reason
            case ["item", *names] if all(names):
                if self.item is None:
                    yield path, "there is no item here: it is the element of a step with for_each"
                elif not declares(self.item, tuple(names)):
                    yield path, f"the items have no {'.'.join(names)!r}"
            case _:
                known = "inputs.<name>, steps.<id>.output.<name>, or item.<name> in a step with for_each"
                yield path, f"{reference!r} is not a reference: {known}"
