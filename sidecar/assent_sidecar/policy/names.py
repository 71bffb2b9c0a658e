"""Agents and actions that a case names, as the catalogue declares them."""

from dataclasses import dataclass

from assent_sidecar.canonical import NotCanonicalError, digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import Action, AgentFacts
from assent_sidecar.policy.cases import CaseAction, CaseAgent
from assent_sidecar.policy.written import is_bound, pointer

Place = tuple[str | int, ...]


class CompletionError(Exception):
    """The question names something that is not in the catalogue, or leaves out what nothing can fill in."""

    def __init__(self, place: Place, reason: str) -> None:
        """Say where in the question, and why."""
        super().__init__(reason)
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Names:
    """Completes what a case says of agents and actions; ``place`` is where in the question it says so."""

    _catalogue: Catalogue

    def agent_facts(self, given: str | CaseAgent, place: Place) -> AgentFacts:
        """Return an agent as it is declared, but for what the case says of it.

        Raises:
            CompletionError: there is no such agent.
        """
        wanted = CaseAgent(id=given) if isinstance(given, str) else given
        agent = self._catalogue.agents.get(wanted.id)
        if agent is None:
            raise CompletionError(place, f"there is no agent {wanted.id!r}")
        return AgentFacts(
            id=agent.name, department=wanted.department or agent.department, owner=wanted.owner or agent.owner
        )

    def action_facts(
        self, given: str | CaseAction | None, step: Step | None, place: Place, *, forecast: bool
    ) -> Action:
        """Return an action; the step says of it what the case does not. In a ``forecast`` nothing is bound yet.

        Raises:
            CompletionError: there is no such operation, or its arguments have no canonical form.
        """
        wanted = _named(given) if isinstance(given, str) else given or CaseAction()
        defaults = step.action.split(".") if step else (None, None)
        system, operation = wanted.system or defaults[0], wanted.operation or defaults[1]
        declared = self._catalogue.operation(f"{system}.{operation}") if system and operation else None
        if system is None or operation is None or declared is None:
            raise CompletionError(place, f"there is no operation {system or ''}.{operation or ''}")
        same = step is not None and step.action == f"{system}.{operation}"
        written = step.args if step is not None and same else {}
        bound = {name: value for name, value in written.items() if is_bound(value)}
        args = wanted.args
        if args is None:
            args = {name: value for name, value in written.items() if name not in bound}
        unknown = wanted.unknown
        if unknown is None:
            unknown = tuple(sorted(pointer(name) for name in bound if name not in args)) if forecast else ()
        labels = {at: tuple(sorted(set(names))) for at, names in wanted.labels.items()}
        content = {
            "system": system,
            "operation": operation,
            "args": args,
            "labels": {at: list(names) for at, names in labels.items()},
        }
        try:
            own_digest = wanted.digest or digest(content)
        except NotCanonicalError as error:
            raise CompletionError(place, str(error)) from error
        return Action(
            system=system,
            operation=operation,
            effect=wanted.effect or declared.effect,
            args=args,
            labels=labels,
            unknown=unknown,
            digest=own_digest,
        )


def _named(action: str) -> CaseAction:
    system, _, operation = action.partition(".")
    return CaseAction(system=system, operation=operation)
