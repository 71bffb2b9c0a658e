"""When two answers differ, in what, and what that would mean."""

from typing import Any

import pytest

from assent_orchestrator.clock import utc_now
from assent_orchestrator.shadows.difference import Change, Compared, compare, faulted
from assent_orchestrator.shadows.shadow import in_order
from assent_orchestrator.shadows.tally import Seen
from assent_sidecar.decision import Decided, Decision, Provenance
from assent_sidecar.question import Question
from tests.sidecar.engines import DIGEST, question

NOW = utc_now()
ALLOW: dict[str, Any] = {"verdict": "allow"}
DENY: dict[str, Any] = {"verdict": "deny"}
HALT: dict[str, Any] = {"verdict": "halt"}
LATER: dict[str, Any] = {"verdict": "defer", "defer_until": "2030-01-01T00:00:00Z"}
REDACT = {"type": "redact", "path": "/iban"}


def decided(answer: dict[str, Any], *controls: str, fault: bool = False) -> Decided:
    source = Provenance(
        decision_id="d1",
        revision="live",
        engine="opa",
        engine_version="1.22.2",
        input_digest=DIGEST,
        controls=controls,
        duration_us=1,
    )
    return Decided(decision=Decision.from_json(answer), provenance=source, fault=fault)


def held(*roles: str, **terms: Any) -> dict[str, Any]:
    return {"verdict": "require_approval", "approval": {"stages": [{"role": role} for role in roles], **terms}}


def because(code: str, control: str | None = None, message: str = "") -> dict[str, Any]:
    return {**DENY, "reasons": [{"code": code, "control": control, "message": message}]}


def one(asked: Question, live: Decided, candidate: Decided) -> Compared:
    [found] = compare(asked, live, candidate)
    return found


@pytest.mark.requirement("shadow.reports-by-reason-and-control")
@pytest.mark.parametrize(
    ("live", "candidate", "change", "aspects"),
    [
        (ALLOW, ALLOW, None, ""),
        (because("NO", message="two of us"), because("NO", message="say it otherwise"), None, ""),
        (DENY, ALLOW, "looser", "verdict"),
        (HALT, DENY, "looser", "verdict"),
        (held("cfo"), LATER, "looser", "verdict approval deferral"),
        (ALLOW, HALT, "stricter", "verdict"),
        (ALLOW, held("cfo"), "stricter", "verdict approval"),
        (because("NO", "A-1"), because("NO", "A-2"), "other", "reasons"),
        (because("NO"), because("NEVER"), "other", "reasons"),
        (held("cfo", "ceo"), held("cfo"), "looser", "approval"),
        (held("cfo"), held("cfo", "ceo"), "stricter", "approval"),
        (held("cfo"), held("ceo"), "other", "approval"),
        (held("cfo"), held("cfo", expires_in="1h"), "other", "approval"),
        ({**ALLOW, "obligations": [REDACT]}, ALLOW, "looser", "obligations"),
        (ALLOW, {**ALLOW, "obligations": [REDACT]}, "stricter", "obligations"),
        (
            {**ALLOW, "obligations": [REDACT]},
            {**ALLOW, "obligations": [{**REDACT, "path": "/bic"}]},
            "other",
            "obligations",
        ),
    ],
)
def test_answers_are_alike_or_the_candidates_is_looser_stricter_or_other(
    live: Any, candidate: Any, change: str | None, aspects: str
) -> None:
    found = one(question(), decided(live), decided(candidate)).difference
    assert (found.change if found else None) == change
    assert ([str(aspect) for aspect in found.aspects] if found else []) == aspects.split()


@pytest.mark.requirement("shadow.reports-by-reason-and-control")
def test_a_rule_that_takes_part_without_a_reason_is_known_by_its_control() -> None:
    found = one(question(), decided(ALLOW, "A-1"), decided(ALLOW, "A-1", "B-2")).difference
    assert found is not None
    assert (found.change, found.live.controls, found.candidate.controls) == (Change.OTHER, ("A-1",), ("A-1", "B-2"))


@pytest.mark.requirement("shadow.answers-every-live-question")
def test_each_action_of_a_batch_is_compared_under_its_own_decision() -> None:
    agent = {"id": "clerk", "department": "sales", "owner": "ada"}
    action = {"system": "crm", "operation": "read", "effect": "read", "args": {}, "digest": DIGEST}
    batch = question("batch", actions=[{"id": item, "agent": agent, "action": action} for item in ("a", "b")])
    live = decided({**DENY, "steps": {"a": ALLOW, "b": DENY}})
    found = {each.item: each for each in compare(batch, live, decided({**ALLOW, "steps": {"a": ALLOW, "b": ALLOW}}))}
    assert (found["a"].difference, found["b"].decision_id) == (None, "d1/b")
    assert found["b"].difference is not None
    assert (found["b"].difference.change, found["b"].difference.action) == (Change.LOOSER, "crm.read")


@pytest.mark.requirement("shadow.answers-every-live-question")
def test_a_plan_is_compared_as_a_whole_and_step_by_step() -> None:
    live = decided({**ALLOW, "steps": {"look": ALLOW, "write": ALLOW}})
    candidate = decided({**ALLOW, "steps": {"look": ALLOW, "write": held("cfo")}})
    found = [(each.item, each.difference is None) for each in compare(question("plan"), live, candidate)]
    assert found == [(None, True), ("look", True), ("write", False)]


@pytest.mark.requirement("shadow.answers-every-live-question")
def test_a_condition_that_would_come_out_otherwise_differs() -> None:
    taken, left = ({**ALLOW, "taken": yes} for yes in (True, False))
    found = one(question("condition"), decided(taken), decided(left)).difference
    assert found is not None
    assert (found.change, found.live.taken, found.candidate.taken) == (Change.OTHER, True, False)


@pytest.mark.requirement("shadow.reports-faults")
def test_no_decision_of_the_candidate_is_a_difference_of_its_own_kind() -> None:
    none = decided({**DENY, "reasons": [{"code": "ENGINE_TIMEOUT"}]}, fault=True)
    for live in (ALLOW, DENY):
        found = faulted(question(), decided(live), none)
        assert (found.change, found.candidate.reasons[0].code) == (Change.FAULT, "ENGINE_TIMEOUT")


@pytest.mark.requirement("shadow.keeps-no-question")
def test_nothing_of_the_arguments_gets_into_a_difference_by_way_of_obligations_or_messages() -> None:
    secret = "de89370400440532013000"
    said = {
        "verdict": "allow",
        "reasons": [{"code": "FINE", "message": f"sent to {secret}", "rule": secret, "scope": secret}],
        "obligations": [
            {"type": "redact", "path": f"/{secret}"},
            {"type": "reserve", "ledger": secret, "amount": "89370400440532"},
            {"type": "notify", "role": secret},
        ],
    }
    found = one(question(), decided(DENY), decided(said)).difference
    assert found is not None
    assert found.candidate.obligations == ("notify", "redact", "reserve")
    assert secret not in str(found.to_json())
    assert "89370400440532" not in str(found.to_json())


@pytest.mark.requirement("shadow.reports-by-reason-and-control")
def test_what_would_be_looser_is_read_first_and_then_what_is_seen_often() -> None:
    seen = []
    for number, (live, candidate) in enumerate(((ALLOW, DENY), (DENY, ALLOW), (because("A"), DENY), (HALT, ALLOW))):
        found = one(question(), decided(live), decided(candidate)).difference
        assert found is not None
        seen.append(Seen(found, NOW, NOW, count=number))
    none = decided({**DENY, "reasons": [{"code": "ENGINE_TIMEOUT"}]}, fault=True)
    seen.insert(0, Seen(faulted(question(), decided(ALLOW), none), NOW, NOW, count=100))
    assert [(str(each.difference.change), each.count) for each in in_order(seen)] == [
        ("looser", 3),
        ("looser", 1),
        ("stricter", 0),
        ("other", 2),
        ("fault", 100),
    ]


def test_the_same_difference_has_the_same_digest() -> None:
    one_way, another = (one(question(), decided(because(code)), decided(ALLOW)).difference for code in ("NO", "NEVER"))
    again = one(question(context={"more": 1}), decided(because("NO", message="again")), decided(ALLOW)).difference
    assert one_way is not None
    assert another is not None
    assert again is not None
    assert one_way.digest == again.digest != another.digest
