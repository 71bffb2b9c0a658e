"""The wire says what the models say: where one of them changes, these tests name the other."""

import re
from collections.abc import Iterable
from typing import Any, get_args

import protovalidate
import pytest
from google.api import annotations_pb2  # type: ignore[import-untyped] # it has none
from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.json_format import Parse

from assent.v1 import (
    amendments_pb2,
    approvals_pb2,
    audit_pb2,
    control_pb2,
    decisions_pb2,
    delegations_pb2,
    forecasts_pb2,
    health_pb2,
    ledgers_pb2,
    plans_pb2,
    processes_pb2,
    runs_pb2,
    shadows_pb2,
    stops_pb2,
)
from assent_orchestrator.amendments.amendment import AmendmentState
from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.approvals.delegation import DelegationState
from assent_orchestrator.cli.audit import HEAD
from assent_orchestrator.governance.books import ReservationState
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.plan import state
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.difference import Sort
from assent_orchestrator.plan.model import MAX_STEPS, Plan
from assent_orchestrator.server.tokens import Identity
from assent_orchestrator.shadows.difference import Aspect, Change
from assent_orchestrator.shadows.shadow import NOT_COMPARED
from assent_sidecar import decision, model
from assent_sidecar.catalogue.process import Ask, Step
from assent_sidecar.facts import Effect
from tests.proto.buf import PROTO


def values(enum: EnumDescriptor) -> set[str]:
    """Return the values of an enum as our models write them, without the one that is not set."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    names = {value.name: value.number for value in enum.values}
    assert names.pop(f"{prefix}UNSPECIFIED") == 0
    return {name.removeprefix(prefix).lower() for name in names}


def fields(message: Descriptor) -> set[str]:
    return {field.name for field in message.fields}


@pytest.mark.parametrize(
    ("enum", "written"),
    [
        (decisions_pb2.Verdict.DESCRIPTOR, decision.Verdict),
        (decisions_pb2.Effect.DESCRIPTOR, get_args(Effect)),
        (
            decisions_pb2.ApprovalRequirement.Excluded.DESCRIPTOR,
            ("principal", "process_owner", "plan_author", "previous_stage"),
        ),
        (decisions_pb2.ApprovalRequirement.Expiry.DESCRIPTOR, ("deny", "escalate")),
        (decisions_pb2.ApprovalRequirement.Order.DESCRIPTOR, ("sequence", "parallel")),
        (decisions_pb2.ApprovalRequirement.Rationale.DESCRIPTOR, ("required", "optional")),
        (decisions_pb2.ApprovalRequirement.OnRevision.DESCRIPTOR, ("void", "ask_again")),
        (runs_pb2.RunState.DESCRIPTOR, state.RunState),
        (runs_pb2.StepState.DESCRIPTOR, state.StepState),
        (forecasts_pb2.Search.DESCRIPTOR, Search),
        (delegations_pb2.DelegationState.DESCRIPTOR, DelegationState),
        (stops_pb2.StopScope.DESCRIPTOR, Scope),
        (stops_pb2.StopState.DESCRIPTOR, ("in_force", "lifted")),
        (ledgers_pb2.ReservationState.DESCRIPTOR, ReservationState),
        (amendments_pb2.AmendmentState.DESCRIPTOR, AmendmentState),
        (amendments_pb2.ProcessChange.Sort.DESCRIPTOR, Sort),
        (shadows_pb2.ShadowState.DESCRIPTOR, ("running", "ended")),
        (shadows_pb2.ShadowChange.DESCRIPTOR, Change),
        (shadows_pb2.ShadowAspect.DESCRIPTOR, Aspect),
        (shadows_pb2.ShadowOmission.DESCRIPTOR, NOT_COMPARED),
        (
            approvals_pb2.ApprovalState.DESCRIPTOR,
            ApprovalState,
        ),
        (approvals_pb2.ApprovalKind.DESCRIPTOR, ApprovalKind),
    ],
    ids=lambda value: value.name if isinstance(value, EnumDescriptor) else "",
)
@pytest.mark.requirement("proto.mirrors-the-models")
def test_every_value_has_its_word_on_the_wire(enum: EnumDescriptor, written: Iterable[str]) -> None:
    assert values(enum) == {str(value) for value in written}


@pytest.mark.parametrize(
    ("message", "document", "renamed"),
    [
        (plans_pb2.Plan.DESCRIPTOR, Plan, {}),
        (
            plans_pb2.PlanStep.DESCRIPTOR,
            Step,
            dict.fromkeys(("fail", "skip", "alternative", "compensate", "ask"), "on_failure"),
        ),
        (plans_pb2.PlanAsk.DESCRIPTOR, Ask, {}),
        (decisions_pb2.Reason.DESCRIPTOR, decision.Reason, {}),
        (decisions_pb2.ApprovalStage.DESCRIPTOR, decision.Stage, {}),
        (decisions_pb2.BreakGlass.DESCRIPTOR, decision.BreakGlass, {}),
        (decisions_pb2.ApprovalReview.DESCRIPTOR, decision.Review, {}),
        (decisions_pb2.Escalation.DESCRIPTOR, decision.Escalation, {}),
        (decisions_pb2.ApprovalRequirement.DESCRIPTOR, decision.ApprovalRequirement, {"escalations": "escalate"}),
        *(
            (getattr(decisions_pb2, kind.__name__).DESCRIPTOR, kind, {})
            for kind in (
                decision.Redact,
                decision.Retry,
                decision.Timeout,
                decision.Reserve,
                decision.Remember,
                decision.Entrust,
                decision.Notify,
            )
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Descriptor) else "",
)
@pytest.mark.requirement("proto.mirrors-the-models")
def test_every_field_has_its_place_on_the_wire(
    message: Descriptor, document: type[model.Document], renamed: dict[str, str]
) -> None:
    there = {renamed.get(name, name) for name in fields(message)}
    assert there == set(document.model_fields) - {"type"}


@pytest.mark.requirement("proto.mirrors-the-models")
def test_every_obligation_can_be_said_on_the_wire() -> None:
    kinds = {kind.__name__.lower() for kind in get_args(get_args(decision.Obligation)[0])}
    assert fields(decisions_pb2.Obligation.DESCRIPTOR) == kinds


def pattern_of(kind: Any) -> str:
    [constraints] = kind.__metadata__
    # A field's constraint is in its metadata, that of a plain string is itself.
    [said] = getattr(constraints, "metadata", (constraints,))
    return str(said.pattern)


@pytest.mark.requirement("proto.mirrors-the-models")
def test_the_patterns_are_those_of_the_models() -> None:
    known = {
        pattern_of(kind)
        for kind in (model.Name, model.ActionName, model.Pointer, model.Duration, model.ReasonCode, model.Amount)
    }
    names = pattern_of(model.Name).removeprefix("^").removesuffix("$")
    tenant = f"^tenants/{names}$"
    plurals = ("runs", "approvals", "permits", "stops", "shadows", "delegations", "amendments", "holds")
    resources = {tenant.removesuffix("$") + f"/{plural}/[A-Za-z0-9_-]{{1,64}}$" for plural in plurals}
    used = set()
    for file in (PROTO / "assent").rglob("*.proto"):
        found = re.findall(r'pattern(?:: | = )"(.*?)"', file.read_text(encoding="utf-8"))
        used |= {text.replace("\\\\", "\\") for text in found if text.startswith("^")}
    resources.add(tenant.removesuffix("$") + "/policyStatus$")
    # What derives from a step has a dot in its name, as `crm.undo`.
    resources.add(tenant.removesuffix("$") + "/runs/[A-Za-z0-9_-]{1,64}/steps/[a-z][a-z0-9_.-]{0,127}$")
    resources |= {tenant.removesuffix("$") + f"/{plural}/{names}$" for plural in ("ledgers", "processes", "agents")}
    assert used == known | {tenant} | resources | {"^sha256:[0-9a-f]{64}$", f"^{HEAD.pattern}$", pattern_of(Identity)}


def paths(message: Any) -> set[str]:
    found = set()
    for violation in protovalidate.collect_violations(message):
        if violation.proto.field is None:  # a rule of the message as a whole
            found.add(violation.proto.rule_id)
            continue
        path = ".".join(element.field_name for element in violation.proto.field.elements)
        found.add(f"{path}: {violation.proto.rule_id}")
    return found


def submission(text: str) -> runs_pb2.SubmitPlanRequest:
    return Parse(text, runs_pb2.SubmitPlanRequest())


GOOD = """{"parent": "tenants/acme", "plan": {
    "process": "contract_renewal", "process_version": "1", "inputs": {"account": "ACME", "seats": 12},
    "request_id": "3f1c", "labels": {"/account": {"labels": ["pii"]}, "": {"labels": ["confidential"]}},
    "steps": [
        {"id": "usage", "agent": "sales", "action": "analytics.fetch", "args": {"account": {"$ref": "inputs.account"}}},
        {"id": "mail", "agent": "sales", "action": "email.send", "after": ["usage"], "when": "at_risk", "skip": {},
         "deadline": "30s"},
        {"id": "call", "agent": "sales", "action": "phone.call", "alternative": "mail"}]}}"""


@pytest.mark.requirement("proto.rules-are-enforceable")
def test_a_good_plan_breaks_no_rule() -> None:
    assert paths(submission(GOOD)) == set()


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ("tenants/acme", "tenants/ACME", {"parent: string.pattern"}),
        ("tenants/acme", "", {"parent: string.pattern"}),
        ('"contract_renewal"', '"Contract Renewal"', {"plan.process: string.pattern"}),
        ('"3f1c"', f'"{"x" * 65}"', {"plan.request_id: string.max_len"}),
        ('"/account"', '"account"', {"plan.labels: string.pattern"}),
        ('["pii"]', '["PII"]', {"plan.labels.labels: string.pattern"}),
        ('["pii"]', '["pii", "pii"]', {"plan.labels.labels: repeated.unique"}),
        ('"usage", "agent"', '"Usage", "agent"', {"plan.steps.id: string.pattern"}),
        ('"email.send"', '"email"', {"plan.steps.action: string.pattern"}),
        ('"email.send"', '"email.send.now"', {"plan.steps.action: string.pattern"}),
        ('["usage"]', '["usage", "usage"]', {"plan.steps.after: repeated.unique"}),
        ('"at_risk"', '"at risk"', {"plan.steps.when: string.pattern"}),
        ('"30s"', '"PT30S"', {"plan.steps.deadline: string.pattern"}),
        ('"alternative": "mail"', '"alternative": ""', {"plan.steps.alternative: string.pattern"}),
    ],
)
@pytest.mark.requirement("proto.rules-are-enforceable")
def test_the_validator_finds_the_rules_in_the_generated_code(old: str, new: str, broken: set[str]) -> None:
    assert old in GOOD
    assert paths(submission(GOOD.replace(old, new, 1))) == broken


@pytest.mark.requirement("proto.rules-are-enforceable")
def test_a_plan_is_required_and_has_its_limits() -> None:
    assert paths(runs_pb2.SubmitPlanRequest(parent="tenants/a")) == {"plan: required"}
    step = plans_pb2.PlanStep(id="a", agent="a", action="a.b")
    plan = plans_pb2.Plan(process="p", steps=[step] * (MAX_STEPS + 1))
    assert paths(plan) == {"steps: repeated.max_items"}


@pytest.mark.requirement("proto.rules-are-enforceable")
def test_an_answer_must_say_yes_or_no_to_what_was_shown() -> None:
    answer = approvals_pb2.DecideApprovalRequest(
        name="tenants/a/approvals/1",
        etag="1",
        answer=approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE,
        rationale="fine",
        presented_digest="sha256:" + "0" * 64,
    )
    assert paths(answer) == set()
    answer.choice = approvals_pb2.WorkItem.CHOICE_RETRY
    assert paths(answer) == {"answer_or_choice"}
    answer.answer = approvals_pb2.DecideApprovalRequest.ANSWER_UNSPECIFIED
    assert paths(answer) == set()
    answer.settlement = control_pb2.SETTLEMENT_NOT_DONE
    assert paths(answer) == {"settlement"}
    answer.choice = approvals_pb2.WorkItem.CHOICE_RECONCILE
    assert paths(answer) == set()
    assert paths(approvals_pb2.DecideApprovalRequest()) == {
        "name: string.pattern",
        "etag: string.min_len",
        "answer_or_choice",
        "presented_digest: string.pattern",
    }


@pytest.mark.parametrize(
    "request_",
    [
        runs_pb2.ListRunsRequest,
        amendments_pb2.ListAmendmentsRequest,
        approvals_pb2.ListApprovalsRequest,
        delegations_pb2.ListDelegationsRequest,
        stops_pb2.ListStopsRequest,
        audit_pb2.ListAuditRecordsRequest,
    ],
)
@pytest.mark.requirement("proto.follows-aip")
def test_lists_have_pages(request_: Any) -> None:
    assert {"parent", "page_size", "page_token", "filter"} <= fields(request_.DESCRIPTOR)
    assert paths(request_(parent="tenants/a", page_size=-1)) == {"page_size: int32.gte"}


@pytest.mark.requirement("proto.follows-aip")
def test_every_method_has_a_way_over_http() -> None:
    for module in (runs_pb2, processes_pb2, approvals_pb2, stops_pb2, shadows_pb2, ledgers_pb2, audit_pb2, health_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                assert method.GetOptions().Extensions[annotations_pb2.http].WhichOneof("pattern"), method.full_name


@pytest.mark.requirement("proto.follows-aip")
def test_whatever_can_be_changed_has_an_etag() -> None:
    for message in (
        runs_pb2.Run, runs_pb2.CancelRunRequest, approvals_pb2.Approval, approvals_pb2.DecideApprovalRequest,
    ):  # fmt: skip
        assert "etag" in fields(message.DESCRIPTOR)
