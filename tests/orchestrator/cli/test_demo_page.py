"""What the demo prints on 80 columns: lines broken between words, and no id, digest or comment in its middle."""

import io

import pytest
from rich.console import Console

from assent.v1 import approvals_pb2, audit_pb2, health_pb2, plans_pb2, runs_pb2
from assent.v1.decisions_pb2 import Reason
from assent_orchestrator.cli.demo.next_steps import NextStep
from assent_orchestrator.cli.demo.page import Page
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.story import Customer

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
SUBMITS = "reviews-runtime submits contract_review for noah.frey"
PURPOSE = "review the contract of Tidewater Instruments plc again; M-2001 to M-2004 can be reviewed"


def an_act() -> Act:
    plan = plans_pb2.Plan(process="contract_review", steps=[plans_pb2.PlanStep(id="deliver")])
    steps = [runs_pb2.Step(id="deliver", action="email.send", agent="compliance")]
    run = runs_pb2.Run(name="tenants/demo/runs/1", principal="noah.frey", plan=plan, steps=steps)
    created = audit_pb2.AuditRecord()
    created.record.update(
        {
            "event": "run.created",
            "actor": {"id": "reviews-runtime"},
            "on_behalf_of": "noah.frey",
            "detail": {"process": "contract_review"},
        }
    )
    denied = audit_pb2.AuditRecord()
    decision = {"verdict": "deny", "id": "d-1", "revision": DIGEST, "controls": ["SEC-01"]}
    denied.record.update(
        {"event": "decision.made", "step": "deliver", "decision": decision, "action": {"name": "email.send"}}
    )
    told = Reason(code="ORDERS_IN_TEXT", message="the text orders whatever reads it to drop all of its rules at once")
    asked = approvals_pb2.Approval(decision_id="d-1", reasons=[told])
    return Act(Customer(1, "M-1", "Ahrend", "Ahrend", "nothing"), run, asked=[asked], records=[created, denied])


@pytest.mark.requirement("cli.told")
def test_on_80_columns_lines_are_broken_between_words_and_ids_stay_whole() -> None:
    out = io.StringIO()
    console = Console(
        file=out, width=80, force_terminal=True, color_system=None, highlight=False, markup=False, emoji=False
    )
    page, act = Page(console), an_act()
    page.running(health_pb2.Health(server_version="0.1.0", engine_version="1", revision=DIGEST), 11.9)
    page.proof(audit_pb2.VerifyTrailResponse(intact=True, records=160, head_hash=DIGEST))
    page.question(act, approvals_pb2.Approval(step="deliver", revision=DIGEST, presented_digest=DIGEST))
    page.denials((act,))
    page.timelines((act,))
    page.next_steps((NextStep(PURPOSE, "x" * 100),))
    lines = out.getvalue().splitlines()
    assert [line for line in lines if len(line) > 80] == ["x" * 100], "a command is copied as one line"
    shown = " ".join(line.strip("│ ") for line in lines)
    assert shown.count(DIGEST) == 5, "in force, head, shown and asked under, denied under"
    assert SUBMITS in " ".join(shown.split())
    comments = [line for line in lines if line.startswith("# ")]
    assert " ".join(line.removeprefix("# ") for line in comments) == PURPOSE
