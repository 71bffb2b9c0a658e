"""Cases of services that act as agents, as ``tests/cases/services/*.yaml`` tells them.

A case is what happens while ``writer.draft`` is under way in a run, one thing after the other:

- ``ask: system.operation`` as the agent ``writer`` under the permit of the call, or ``as:`` another agent, or nobody
  (``nobody``: a submitter), ``for:`` another agent, ``under:`` a permit that was kept, or ``nothing``, ``forged``,
  ``foreign`` (of another tenant) or ``changed``; ``say`` is what the policies answer. ``keep`` names what comes of it.
  ``want`` is ``allow``, the code of a refusal by decision, or ``{error: code}``. ``knows`` are the labels that the
  policies are then shown: of what the service may know, on all of its arguments.
- ``report: name`` says that what was permitted was done. ``stop``, ``lift``, ``pause``, ``resume`` and ``cancel`` are
  what people do meanwhile; ``forward`` is how much time passes; ``end`` ends the step (``failed``: it was not done).

``plan`` is what is submitted, ``args`` are those of the step, ``labels`` what services declare of their results, and
``trail`` is all that the trail has of what was asked further, in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from ruamel.yaml import YAML

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.errors import AssentError
from assent_orchestrator.governance.handed_out import PermitStatus
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.model import seconds
from tests.orchestrator.decisions.services import Call, Firm, other_tenant, without

FOLDER = Path(__file__).parents[2] / "cases" / "services"


def read_cases() -> list[dict[str, Any]]:
    yaml = YAML(typ="safe", pure=True)
    return [
        case | {"file": path.stem}
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.load(path.read_text(encoding="utf-8"))
    ]


@dataclass
class Course:
    """A case as it goes."""

    firm: Firm
    run: str
    call: Call
    kept: dict[str, Permit] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    over: bool = False

    async def do(self, step: Mapping[str, Any]) -> None:
        (what,) = step.keys() & {
            "ask", "report", "stop", "lift", "pause", "resume", "cancel", "forward", "end",
        }  # fmt: skip
        value, world = step[what], self.firm.world
        match what:
            case "ask":
                said = await self._ask(step)
                assert said == step["want"], f"{step} came to {said}"
                self._check_labels(step.get("knows"))
            case "report":
                done = Outcome(PermitStatus.SUCCEEDED)
                await self.firm.permits.report(self._caller(step.get("as", "writer")), self.kept[value].id, done)
            case "stop":
                (scope, name), = value.items()  # fmt: skip
                self.stops.append(await world.stop(Scope(scope), self.run if scope == "run" else name))
            case "lift":
                await world.lift(self.stops.pop())
            case "pause":
                await world.pauses.pause(self.firm.operator(), self.run, value)
            case "resume":
                await world.pauses.resume(self.firm.operator(), self.run, value)
            case "cancel":
                await world.cancellations.cancel(self.firm.operator(), self.run, "", compensate=False)
            case "forward":
                self.firm.ahead[0] += timedelta(seconds=seconds(value))
            case "end":
                await self.end(value)

    async def end(self, how: str = "done") -> None:
        if not self.over:
            self.over = True
            failed = Failure("NO", "could not", retryable=False, effect="none")
            await self.firm.end(self.run, self.call, failed if how == "failed" else Success({}))

    def _caller(self, name: str) -> Caller:
        if name == "nobody":
            return self.firm.world.person("paul", Role.SUBMITTER)
        return self.firm.agent(name, Role.SUBMITTER)

    async def _ask(self, step: Mapping[str, Any]) -> Any:
        who = step.get("as", "writer")
        caller, under = self._caller(who), step.get("under", "call")
        if under == "foreign":
            caller = other_tenant(caller)
        more = {name: step[name] for name in ("say", "process", "on_behalf_of", "args", "labels") if name in step}
        try:
            reply = await self.firm.ask(
                self._token(under), caller=caller, agent=step.get("for", who), action=step["ask"],
                id=step.get("id", "one"), **more,
            )  # fmt: skip
        except AssentError as error:
            return {"error": error.code}
        if reply.leave is not None and "keep" in step:
            self.kept[step["keep"]] = reply.leave.permit
        return without((reply,))[0]

    def _check_labels(self, knows: Sequence[str] | None) -> None:
        if knows is None:
            return
        asked = self.firm.world.decisions.asked[-1]
        assert asked.under is not None
        assert asked.under.labels == tuple(sorted(knows))
        assert asked.action is not None
        assert asked.action.labels[""] == tuple(sorted({"untrusted", *knows}))

    def _token(self, under: str) -> str:
        token = self.call.permit.token
        match under:
            case "call" | "foreign":
                return token
            case "nothing":
                return ""
            case "changed":
                return token[:-8] + "AAAAAAAA"
            case "forged":
                claims = jwt.decode(token, options={"verify_signature": False})
                run, _, row = claims["sub"].rpartition("/")
                return PermitIssuer.generate().issue(
                    tenant=claims["tenant"],
                    action_digest=claims["digest"], action=claims["action"], decision_id=claims["decision"],
                    run=run, step=row, attempt=1, idempotency_key=claims["key"], labels=claims["labels"],
                    now=self.call.permit.issued_at, identifier=claims["jti"],
                ).token  # fmt: skip
            case _:
                return self.kept[under].token
