from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assent_orchestrator.approvals.delegation import MOST_GIVEN, MOST_TO_ONE, Delegation, DelegationState, lent
from assent_orchestrator.approvals.delegations import Delegations, Handing, TooManyDelegationsError
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import AlreadyExistsError, ForbiddenError, NotFoundError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WEEK = NOON + timedelta(days=7)
GIVEN = Delegation("t", "d1", "dana", "bea", ("boss", "director"), ("renewal",), "away", WEEK, NOON)


@pytest.mark.requirement("orchestrator.delegation")
def test_it_lends_its_roles_in_its_processes_until_it_ends():
    assert GIVEN.lends("renewal", NOON) == {"boss", "director"}
    assert GIVEN.lends("hiring", NOON) == frozenset()
    assert replace(GIVEN, processes=()).lends("hiring", NOON) == {"boss", "director"}
    assert GIVEN.lends("renewal", WEEK) == frozenset()
    assert replace(GIVEN, revoked_at=NOON).lends("renewal", NOON) == frozenset()


def test_several_lend_together():
    other = replace(GIVEN, roles=("clerk",), processes=())
    assert lent((GIVEN, other), "renewal", NOON) == {"boss", "director", "clerk"}
    assert lent((GIVEN, other), "hiring", NOON) == {"clerk"}
    assert lent((), "renewal", NOON) == frozenset()


@pytest.fixture
def delegations(database, trail) -> Delegations:
    return Delegations(database.engine, trail, lambda: NOON, lambda _, name: name == "renewal")


def caller(tenant: str, name: str, *roles: str) -> Caller:
    return Caller(name, tenant, frozenset(roles))


async def test_the_same_request_is_carried_out_once_and_another_one_by_its_id_is_refused(delegations, fresh_tenant):
    dana = caller(fresh_tenant, "dana", "director")
    handing = Handing("bea", ("director",), ("renewal",), "away", WEEK, request_id="r1")
    first = await delegations.create(dana, handing)
    assert await delegations.create(dana, handing) == first
    again = await replace(delegations, clock=lambda: NOON + timedelta(minutes=1)).create(
        dana,
        replace(handing, until=WEEK + timedelta(minutes=1)),  # for a week, as before
    )
    assert again == first
    with pytest.raises(AlreadyExistsError):
        await delegations.create(dana, replace(handing, taker="carl"))
    assert len((await delegations.list(dana)).items) == 1


async def test_only_those_concerned_and_who_sees_everything_know_of_it(delegations, fresh_tenant):
    dana = caller(fresh_tenant, "dana", "director")
    made = await delegations.create(dana, Handing("bea", ("director",), (), "away", WEEK))
    for name, roles in (("bea", ()), ("audra", (Role.AUDITOR,))):
        assert await delegations.get(caller(fresh_tenant, name, *roles), made.id) == made
    for stranger in (caller(fresh_tenant, "carl", "director"), caller("elsewhere", "dana", "director", Role.OPERATOR)):
        with pytest.raises(NotFoundError):
            await delegations.get(stranger, made.id)
        assert (await delegations.list(stranger)).items == []
        with pytest.raises(NotFoundError):
            await delegations.revoke(stranger, made.id)
    with pytest.raises(ForbiddenError):
        await delegations.revoke(caller(fresh_tenant, "audra", Role.AUDITOR), made.id)
    ended = await delegations.revoke(caller(fresh_tenant, "otto", Role.OPERATOR), made.id)
    assert (ended.state(NOON), ended.revoked_by) == (DelegationState.REVOKED, "otto")


@pytest.mark.requirement("orchestrator.delegations-are-few")
async def test_whoever_is_given_a_delegation_can_decline_it(delegations, fresh_tenant):
    made = await delegations.create(
        caller(fresh_tenant, "dana", "director"), Handing("bea", ("director",), (), "-", WEEK)
    )
    declined = await delegations.revoke(caller(fresh_tenant, "bea"), made.id)
    assert (declined.state(NOON), declined.revoked_by) == (DelegationState.REVOKED, "bea")


@pytest.mark.requirement("orchestrator.delegations-are-few")
async def test_to_one_person_so_many_are_in_force_at_once_and_what_ended_makes_room(delegations, fresh_tenant):
    dana = caller(fresh_tenant, "dana", "director")
    to_bea = Handing("bea", ("director",), (), "away", WEEK)
    made = [await delegations.create(dana, replace(to_bea, request_id=f"r{at}")) for at in range(MOST_TO_ONE)]
    with pytest.raises(TooManyDelegationsError) as refused:
        await delegations.create(dana, to_bea)
    assert (refused.value.code, refused.value.metadata) == (
        "TOO_MANY_DELEGATIONS",
        {"taker": "bea", "most": str(MOST_TO_ONE)},
    )
    assert await delegations.create(dana, replace(to_bea, request_id="r0")) == made[0]
    await delegations.create(dana, replace(to_bea, taker="carl"))
    await delegations.create(caller(fresh_tenant, "eve", "director"), to_bea)
    await delegations.revoke(dana, made[0].id)
    await delegations.create(dana, to_bea)
    later = replace(delegations, clock=lambda: WEEK)
    await later.create(dana, replace(to_bea, until=WEEK + timedelta(days=1)))


@pytest.mark.requirement("orchestrator.delegations-are-few")
async def test_one_person_gives_so_many_at_once_whoever_takes_them(delegations, fresh_tenant):
    dana = caller(fresh_tenant, "dana", "director")
    takers = [f"p{at // MOST_TO_ONE}" for at in range(MOST_GIVEN)]
    for taker in takers:
        await delegations.create(dana, Handing(taker, ("director",), (), "away", WEEK))
    with pytest.raises(TooManyDelegationsError) as refused:
        await delegations.create(dana, Handing("bea", ("director",), (), "away", WEEK))
    assert refused.value.metadata == {"giver": "dana", "most": str(MOST_GIVEN)}


async def test_lists_come_in_pages_newest_first_and_by_state(delegations, fresh_tenant):
    dana = caller(fresh_tenant, "dana", "director")
    made = [await delegations.create(dana, Handing(f"bea{at}", ("director",), (), "away", WEEK)) for at in range(5)]
    await delegations.revoke(dana, made[0].id)
    page = await delegations.list(dana, size=3)
    rest = await delegations.list(dana, size=3, token=page.next_token)
    assert sorted(one.id for one in (*page.items, *rest.items)) == sorted(one.id for one in made)
    assert (len(page.items), rest.next_token) == (3, "")
    assert [one.id for one in (await delegations.list(dana, state=DelegationState.REVOKED)).items] == [made[0].id]
    assert len((await delegations.list(dana, state=DelegationState.IN_FORCE)).items) == 4
    assert [one.taker for one in (await delegations.list(dana, taker="bea3", giver="dana")).items] == ["bea3"]
