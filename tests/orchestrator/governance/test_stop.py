"""How far a stop reaches, over every stop and every subject."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.governance.stop import (
    STOPPED,
    WITHOUT_VALUE,
    Scope,
    Stop,
    Subject,
    applying,
    is_stopped,
    named_in,
    stop_ids,
    stopped,
)
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, Verdict
from assent_sidecar.facts import Principal, ProcessFacts, RunFacts
from assent_sidecar.question import Kind, Question

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
few = st.sampled_from(["a", "b", "c"])  # the same for everything, so that a tenant may be called as an agent is
subjects = st.builds(Subject, tenant=few, run=few, process=few, agent=st.none() | few, system=st.none() | few)


@st.composite
def orders(draw: st.DrawFn) -> Stop:
    scope = draw(st.sampled_from(Scope))
    return Stop(
        tenant=draw(few),
        id=draw(st.uuids()).hex,
        scope=scope,
        value="" if scope in WITHOUT_VALUE else draw(few),
        reason=draw(st.text(min_size=1, max_size=500)),
        created_by="otto",
        created_at=NOON,
        lifted_at=draw(st.none() | st.just(NOON)),
    )


@pytest.mark.requirement("orchestrator.stops-are-scoped")
@given(orders(), subjects)
def test_a_stop_applies_exactly_where_its_scope_says(stop: Stop, subject: Subject) -> None:
    inside = {
        Scope.ALL: True,
        Scope.TENANT: True,
        Scope.AGENT: subject.agent == stop.value,
        Scope.PROCESS: subject.process == stop.value,
        Scope.RUN: subject.run == stop.value,
        Scope.SYSTEM: subject.system == stop.value,
    }[stop.scope]
    own = stop.scope is Scope.ALL or subject.tenant == stop.tenant
    assert stop.applies(subject) == (stop.lifted_at is None and own and inside)


@pytest.mark.requirement("orchestrator.stops-are-scoped")
@given(orders(), subjects, few)
def test_a_stop_of_one_tenant_never_reaches_another(stop: Stop, subject: Subject, elsewhere: str) -> None:
    other = Subject(elsewhere, subject.run, subject.process, subject.agent, subject.system)
    if stop.scope is not Scope.ALL and elsewhere != stop.tenant:
        assert not stop.applies(other)


@pytest.mark.requirement("orchestrator.stops-are-scoped")
@given(st.lists(orders(), max_size=6), st.lists(orders(), max_size=6), subjects)
def test_stops_compose_each_holds_whatever_the_others_are(some: list[Stop], more: list[Stop], subject: Subject) -> None:
    assert applying([*some, *more], subject) == (*applying(some, subject), *applying(more, subject))


def question(kind: Kind = Kind.ACTION) -> Question:
    process = ProcessFacts(name="work", version="1", owner="boss", department="ops")
    principal = Principal(id="alice", authn="token")
    run = RunFacts(id="r", plan_digest="")
    return Question(kind=kind, time=NOON, tenant="acme", principal=principal, process=process, run=run)


@pytest.mark.requirement("orchestrator.stops-are-lifted-by-a-recorded-call")
@given(st.lists(orders(), min_size=1, max_size=4))
def test_what_stops_decide_is_a_deny_that_names_each_of_them(stops: list[Stop]) -> None:
    decided = stopped(question(), stops, input_digest="sha256:0")
    assert (decided.verdict, decided.fault, set(decided.codes)) == (Verdict.DENY, False, {STOPPED})
    assert is_stopped(decided)
    assert stop_ids(decided) == named_in(decided.to_json()) == tuple(stop.id for stop in stops)
    assert Decided.from_json(decided.to_json()) == decided


def test_a_policy_that_says_stopped_is_not_a_stop() -> None:
    provenance = Provenance(
        decision_id="d", revision="r", engine="opa", engine_version="1", input_digest="sha256:0", duration_us=1
    )
    decided = Decided(
        decision=Decision(verdict=Verdict.DENY, reasons=(Reason(code=STOPPED, rule="stops/x"),)), provenance=provenance
    )
    assert not is_stopped(decided)
    assert stop_ids(decided) == named_in(decided.to_json()) == named_in(None) == ()
