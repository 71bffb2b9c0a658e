import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from assent_orchestrator.audit.chain import GENESIS, seal
from assent_orchestrator.audit.record import ActionNote, DecisionNote, Draft, ObligationNote
from assent_sidecar.canonical import digest
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, Redact, Verdict
from assent_sidecar.facts import Action

SECRET = "iban-de89370400440532013000"


def record_of(draft: Draft) -> str:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return seal(draft, tenant="acme", head=GENESIS, now=now, record_id="id").record.decode()


@pytest.mark.requirement("audit.no-content")
def test_what_an_action_carries_is_recorded_as_digests_only():
    args = {"account": SECRET}
    action = Action(system="crm", operation="update", effect="write", args=args, digest=digest(args))
    duty = Redact(type="redact", path=f"/{SECRET}")
    decided = Decided(
        decision=Decision(
            verdict=Verdict.DENY,
            reasons=(Reason(code="PII_LEAVES", message=SECRET, control="GDPR-5"),),
            obligations=(duty,),
        ),
        provenance=Provenance(
            decision_id="d1",
            revision="r",
            engine="opa",
            engine_version="1.22.2",
            input_digest=digest({}),
            controls=("GDPR-5", "SEC-1"),
            duration_us=1,
        ),
    )
    written = record_of(
        Draft(
            event="decision.made",
            action=ActionNote.of(action),
            decision=DecisionNote.of(decided, kind="action"),
            obligations=(ObligationNote.of(duty),),
        )
    )
    assert SECRET not in written
    read = json.loads(written)
    assert read["action"] == {"name": "crm.update", "digest": digest(args), "effect": "write"}
    assert read["decision"]["codes"] == ["PII_LEAVES"]
    assert read["decision"]["controls"] == ["GDPR-5", "SEC-1"]
    assert read["obligations"] == [{"type": "redact", "digest": digest(duty.to_json()), "status": "imposed"}]


@pytest.mark.requirement("audit.no-content")
@pytest.mark.parametrize("name", ["args", "arguments", "inputs", "result", "output", "message"])
def test_a_record_has_no_place_for_content(name):
    assert name not in Draft.model_fields
    with pytest.raises(ValidationError):
        Draft.model_validate({"event": "run.created", name: SECRET})


@pytest.mark.parametrize("event", ["", "created", "Run.created", "run.", "run created", "run." + "x" * 80])
def test_an_event_is_a_kind_of_thing_and_what_became_of_it(event):
    with pytest.raises(ValidationError):
        Draft(event=event)


def test_a_stored_record_holds_what_was_told_and_its_place_in_the_trail():
    told = Draft(event="run.created", run="r1", parent=3)
    written = json.loads(record_of(told))
    place = {name: written.pop(name) for name in ("schema", "tenant", "seq", "time", "prev", "record_id")}
    assert place == {
        "schema": "assent.audit/v1",
        "tenant": "acme",
        "seq": "1",
        "time": "2026-03-01T00:00:00.000000Z",
        "prev": f"sha256:{'0' * 64}",
        "record_id": "id",
    }
    assert Draft.model_validate(written | {"parent": int(written["parent"])}) == told
