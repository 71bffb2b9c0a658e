import asyncio
from dataclasses import replace

import pytest

from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.errors import AlreadyExistsError, ForbiddenError, InvalidError, NotThisAgentError
from assent_orchestrator.governance.permit import verify_permit
from assent_orchestrator.plan.action import action_digest
from assent_sidecar.decision import Verdict
from tests.orchestrator.decisions.office import Office


@pytest.mark.requirement("sidecar.decide-permits")
async def test_an_allow_comes_with_a_permit_for_exactly_that_action_and_both_are_recorded(office: Office) -> None:
    reply = await office.ask()
    assert reply.leave is not None
    digest = action_digest("box", "put", {"say": "allow"}, {"": ("untrusted",)})
    claims = verify_permit(reply.leave.permit.token, office.issuer.jwk, digest, now=office.now[0])
    assert (claims.action, claims.decision_id) == ("box.put", reply.decided.provenance.decision_id)
    made, intended = await office.records()
    assert (made["event"], intended["event"]) == ("decision.made", "action.intended")
    assert (made["decision"]["verdict"], made["detail"]) == ("allow", {"caller": "alice"})
    assert (intended["effect"]["permit"], intended["action"]["digest"]) == (claims.id, digest)


@pytest.mark.requirement("sidecar.decide-permits")
@pytest.mark.parametrize("say", ["deny", "halt", "held", "later"])
async def test_everything_else_is_an_answer_without_a_permit_and_is_recorded(office: Office, say: str) -> None:
    reply = await office.ask(say)
    assert reply.leave is None
    assert reply.decided.verdict is not Verdict.ALLOW
    assert await office.events() == ["decision.made"]
    assert (await office.permits.list(office.alice)).items == []


@pytest.mark.requirement("sidecar.decide-permits")
async def test_without_a_decision_nothing_is_permitted_alone_or_in_a_batch(office: Office) -> None:
    office.decisions.away = True
    replies = (await office.ask(), *await office.ask_many("allow", "allow"))
    assert [reply.leave for reply in replies] == [None] * 3
    assert {reply.decided.codes for reply in replies} == {("ENGINE_UNAVAILABLE",)}
    assert await office.events() == ["decision.made"] * 3


@pytest.mark.requirement("sidecar.decide-permits")
async def test_when_the_trail_cannot_be_written_nobody_gets_an_answer(office: Office) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    nowhere = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 2})
    desk = replace(office.desk, gate=replace(office.desk.gate, trail=Trail(nowhere)))
    request = DecisionRequest(wishes=(Wish(id="one", agent="bot", action="box.put"),))
    with pytest.raises(AuditUnavailableError):
        await desk.decide(office.alice, request)
    await nowhere.dispose()
    assert (await office.permits.list(office.alice)).items == []


@pytest.mark.requirement("sidecar.decide-batch")
async def test_a_batch_is_one_question_and_each_action_has_its_own_decision(office: Office) -> None:
    replies = await office.ask_many("allow", "deny", "held", "allow")
    assert len(office.decisions.asked) == 1
    assert [reply.id for reply in replies] == ["w0", "w1", "w2", "w3"]
    assert [reply.leave is not None for reply in replies] == [True, False, False, True]
    whole = {reply.decided.provenance.decision_id.partition("/")[0] for reply in replies}
    assert len(whole) == 1
    assert {reply.decided.provenance.decision_id for reply in replies} == {f"{min(whole)}/w{n}" for n in range(4)}
    assert (await office.events()).count("decision.made") == 4
    assert (await office.events()).count("action.intended") == 2


@pytest.mark.requirement("sidecar.decide-batch")
async def test_a_batch_that_is_ruled_on_beside_the_loop_is_answered_and_recorded_as_a_short_one(office: Office) -> None:
    words = ("allow", "deny") * 60
    replies = await office.ask_many(*words)
    assert [reply.leave is not None for reply in replies] == [word == "allow" for word in words]
    records = await office.records()
    made = [record["event"] for record in records]
    assert made == ["decision.made", "action.intended", "decision.made"] * 60
    assert [record["seq"] for record in records] == [str(number) for number in range(1, 181)]
    given = {reply.leave.permit.id for reply in replies if reply.leave is not None}
    assert given == {record["effect"]["permit"] for record in records if record["event"] == "action.intended"}


@pytest.mark.requirement("sidecar.decide-batch")
async def test_a_batch_ends_where_the_caller_has_enough_and_permits_nothing_behind_it(office: Office) -> None:
    replies = await office.ask_many("allow", "deny", "allow", enough=lambda verdict: verdict is not Verdict.ALLOW)
    assert [reply.id for reply in replies] == ["w0", "w1"]
    assert len((await office.permits.list(office.alice)).items) == 1


@pytest.mark.requirement("sidecar.decide-request-id")
async def test_the_same_request_has_the_same_decisions_and_permits(office: Office) -> None:
    first = await office.ask_many("redact", "deny", "notify", request_id="r")
    office.forward(seconds=30)
    assert await office.ask_many("redact", "deny", "notify", request_id="r") == first
    assert len(office.decisions.asked) == 1
    assert first[2].decided.codes == ("OBLIGATION_UNSUPPORTED",)


@pytest.mark.requirement("sidecar.decide-request-id")
async def test_many_at_once_with_one_request_id_get_one_permit(office: Office) -> None:
    replies = await asyncio.gather(*(office.ask(request_id="r") for _ in range(8)))
    assert len({reply.leave.permit.token for reply in replies if reply.leave}) == 1
    assert (await office.events()).count("action.intended") == 1


@pytest.mark.requirement("sidecar.decide-request-id")
async def test_a_request_id_is_good_for_one_request_of_one_caller(office: Office) -> None:
    await office.ask(request_id="r")
    with pytest.raises(AlreadyExistsError):
        await office.ask("deny", request_id="r")
    other = Caller("bob", office.tenant, frozenset({Role.SUBMITTER}))
    assert (await office.ask("deny", other, request_id="r")).leave is None


@pytest.mark.requirement("sidecar.decide-who-may")
async def test_an_agent_asks_for_itself_and_a_submitter_for_any(office: Office) -> None:
    assert (await office.ask(caller=Caller("bot", office.tenant, frozenset()).among({"bot"}))).leave is not None
    with pytest.raises(ForbiddenError):
        await office.ask(caller=Caller("carl", office.tenant, frozenset({Role.OPERATOR})))
    declared = office.desk.catalogue(office.tenant)
    agents = {**declared.agents, "cat": declared.agents["bot"].model_copy(update={"name": "cat"})}
    desk = replace(office.desk, catalogue=lambda _: declared.model_copy(update={"agents": agents}))
    request = DecisionRequest(wishes=(Wish(id="one", agent="bot", action="box.put"),))
    with pytest.raises(ForbiddenError):
        await desk.decide(Caller("cat", office.tenant, frozenset({Role.SUBMITTER})).among(agents), request)
    with pytest.raises(ForbiddenError):
        await office.ask(on_behalf_of="the-boss")


@pytest.mark.requirement("orchestrator.agents-as-themselves")
async def test_an_authenticated_agent_asks_as_itself_whatever_its_id_and_roles(office: Office) -> None:
    bot = Caller("sales-client", office.tenant, frozenset(), agent="bot")
    assert (await office.ask(caller=bot)).leave is not None
    [_, intended] = await office.records()
    assert (intended["actor"], intended["detail"]) == ({"kind": "agent", "id": "bot"}, {"caller": "sales-client"})
    for other in (
        Caller("bot", office.tenant, frozenset({Role.SUBMITTER}), agent="cat"),
        Caller("cat", office.tenant, frozenset({Role.SUBMITTER}), agent="no-such-agent"),
    ):
        with pytest.raises(NotThisAgentError):
            await office.ask(caller=other)
    assert len(await office.records()) == 2


@pytest.mark.requirement("sidecar.decide-checked")
async def test_every_fault_of_a_request_is_named_and_nothing_is_asked(office: Office) -> None:
    wishes = (
        Wish(id="a", agent="nobody", action="box.put"),
        Wish(id="a", agent="bot", action="box.fly"),
        Wish(id="c", agent="bot", action="moon.land", labels={"/x": ("pii",)}),
        Wish(id="d", agent="bot", action="memory.forget", args={"subject": "ACME", "reason": "so"}),
    )
    with pytest.raises(InvalidError) as raised:
        await office.desk.decide(office.alice, DecisionRequest(wishes=wishes, batch=True, process="none"))
    assert {(fault.field, fault.code) for fault in raised.value.faults} == {
        ("terms.process", "UNKNOWN_PROCESS"),
        ("actions[0].agent", "UNKNOWN_AGENT"),
        ("actions[1].id", "DUPLICATE_ID"),
        ("actions[1].action", "UNKNOWN_OPERATION"),
        ("actions[2].action", "UNKNOWN_SYSTEM"),
        ('actions[2].labels["/x"]', "DANGLING_REFERENCE"),
        ("actions[3].action", "NOT_BY_PERMIT"),
    }
    assert office.decisions.asked == []


@pytest.mark.requirement("sidecar.decide-obligations")
async def test_an_obligation_that_nobody_fulfils_makes_an_allow_a_deny(office: Office) -> None:
    refused = await office.ask("notify")
    assert (refused.leave, refused.decided.verdict) == (None, Verdict.DENY)
    assert refused.decided.codes == ("OBLIGATION_UNSUPPORTED",)
    [made] = await office.records()
    assert made["detail"]["refused"] == "OBLIGATION_UNSUPPORTED"
    granted = await office.ask("notify", fulfils=("notify",))
    assert granted.leave is not None
    assert [one.type for one in granted.decided.decision.obligations] == ["notify"]


@pytest.mark.requirement("sidecar.decide-obligations")
async def test_redactions_are_done_before_the_permit_is_given(office: Office) -> None:
    reply = await office.ask("redact", args={"secret": "x"})
    assert reply.leave is not None
    assert reply.leave.action.args == {"say": "redact"}
    assert reply.leave.permit.action_digest == reply.leave.action.digest


@pytest.mark.requirement("orchestrator.labels-lowered-in-the-record")
async def test_the_trail_says_which_labels_a_redaction_took_from_what_a_caller_may_do(office: Office) -> None:
    args = {"say": "redact", "secret": "x"}
    wish = Wish(id="one", agent="bot", action="box.put", args=args, labels={"/secret": ("pii",)})
    await office.desk.decide(office.alice, DecisionRequest(wishes=(wish,)))
    [intended] = [one for one in await office.records() if one["event"] == "action.intended"]
    assert intended["detail"] == {"caller": "alice", "redacted": ["/secret"], "lowered": ["pii"]}


@pytest.mark.requirement("sidecar.decide-group-commit")
async def test_many_at_once_and_two_servers_leave_one_trail_that_holds(office: Office, database) -> None:
    second = Trail(database.engine)
    beside = replace(office.desk, gate=replace(office.desk.gate, trail=second))
    request = DecisionRequest(wishes=(Wish(id="one", agent="bot", action="box.put"),))
    desks = (office.desk, beside)
    replies = await asyncio.gather(*(desks[n % 2].decide(office.alice, request) for n in range(60)))
    assert all(reply[0].leave for reply in replies)
    assert (await verify_trail(database.engine, office.tenant)).fault is None
    assert (await office.events()).count("action.intended") == 60
    given = {reply[0].leave.permit.id for reply in replies if reply[0].leave}
    assert {one.id for one in (await office.permits.list(office.alice, size=100)).items} == given
