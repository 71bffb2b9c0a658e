"""Actions and permits for them."""

from datetime import datetime
from typing import Any

from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.label import names
from assent_sidecar.facts import Action, Effect

ISSUER = PermitIssuer.generate()


def update(effect: Effect = "write", **args: Any) -> Action:
    return make_action("crm.update", effect, args or {"account": "ACME"}, {"/account": ["untrusted"]})


def permit_for(action: Action, now: datetime | None = None) -> Permit:
    return ISSUER.issue(
        tenant="sales",
        action_digest=action.digest,
        action=f"{action.system}.{action.operation}",
        decision_id="decision-1",
        run="run-1",
        step="update",
        attempt=1,
        idempotency_key="key-1",
        labels=names(action.labels),
        now=now or utc_now(),
    )
