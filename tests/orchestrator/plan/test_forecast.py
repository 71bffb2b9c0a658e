"""What a plan will ask for, before anything has happened; and what an action's digest covers."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.plan.action import action_digest, make_action
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.forecast import forecast, known, result_labels
from assent_orchestrator.plan.model import Plan
from assent_sidecar.canonical import NotCanonicalError
from assent_sidecar.catalogue.catalogue import Catalogue

CASES = Path(__file__).parents[2] / "cases" / "plans"
CATALOGUE = Catalogue.from_json(
    YAML(typ="safe", pure=True).load((CASES / "catalogue.yaml").read_text(encoding="utf-8"))
)
PLAN = expand(
    Plan(process="renewal", inputs={"account": "ACME-1"}, labels={"/account": ("confidential",)}),
    CATALOGUE.processes["renewal"],
)


@pytest.mark.requirement("orchestrator.plan-forecast")
def test_a_forecast_leaves_out_what_is_unknown_and_shows_where_it_will_come_from():
    read, _, send = forecast(PLAN, CATALOGUE).steps
    assert read.action.args == {"account": "ACME-1"}
    assert read.action.labels == {"/account": ("confidential", "untrusted")}
    assert read.agent.department == "sales"
    assert send.action.args == {}
    assert send.action.unknown == ("/body", "/to")
    assert send.action.labels == {"/to": ("pii",)}
    assert send.action.effect == "irreversible"
    assert send.bindings == {
        "/to": {"$ref": "steps.read.output.contact.email"},
        "/body": {"$concat": ["Dear ", {"$ref": "steps.read.output.name"}, "!"]},
    }
    assert forecast(PLAN, CATALOGUE).digest == PLAN.digest()


def test_a_step_is_known_as_far_as_the_inputs_tell():
    labels = result_labels(PLAN.steps, CATALOGUE)
    assert known(PLAN.steps[0], PLAN.inputs, PLAN.labels, labels).complete
    assert known(PLAN.steps[2], PLAN.inputs, PLAN.labels, labels).unknown == ("/to", "/body")


def test_a_forecast_of_what_nobody_declared_is_refused():
    step = PLAN.steps[0].model_copy(update={"action": "crm.nothing"})
    with pytest.raises(KeyError):
        forecast(PLAN.model_copy(update={"steps": (step,)}), CATALOGUE)


def test_the_digest_of_an_action_covers_what_is_done_with_which_values_of_which_kind():
    one = make_action("crm.note", "write", {"text": "a", "n": 1}, {"/text": ("pii", "internal")})
    same = make_action("crm.note", "write", {"n": 1.0, "text": "a"}, {"/n": (), "/text": ["internal", "pii", "pii"]})
    assert one.digest == same.digest == action_digest("crm", "note", one.args, one.labels)
    assert one.labels == {"/text": ("internal", "pii")}
    others = [
        make_action("crm.read", "write", one.args, one.labels),
        make_action("mail.note", "write", one.args, one.labels),
        make_action("crm.note", "write", {"text": "a", "n": True}, one.labels),
        make_action("crm.note", "write", one.args, {}),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


def test_an_action_without_a_canonical_form_cannot_be_made():
    with pytest.raises(NotCanonicalError):
        make_action("crm.note", "write", {"n": 2**60}, {})
