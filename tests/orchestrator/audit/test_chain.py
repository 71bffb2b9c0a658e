import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.audit.chain import GENESIS, AuditError, Head, Link, seal, verify
from assent_orchestrator.audit.record import MAX_RECORD_BYTES, Actor, Draft, StateNote
from assent_orchestrator.audit.uuid7 import uuid7

NOW = datetime(2026, 3, 1, 12, 0, 0, 42, tzinfo=UTC)


def chain(length: int, tenant: str = "acme") -> list[Link]:
    links: list[Link] = []
    head = GENESIS
    for number in range(length):
        draft = Draft(event="run.created", run=f"r{number}")
        links.append(seal(draft, tenant=tenant, head=head, now=NOW, record_id=str(uuid7(NOW))))
        head = links[-1].head
    return links


@pytest.mark.requirement("audit.hash-chain")
def test_a_record_holds_the_hash_of_the_one_before_it_and_its_own_is_over_its_bytes():
    first, second = chain(2)
    assert json.loads(first.record)["prev"] == "sha256:" + "0" * 64
    assert json.loads(second.record)["prev"] == "sha256:" + hashlib.sha256(first.record).hexdigest()
    assert second.hash == hashlib.sha256(second.record).digest()


def test_a_record_says_when_who_and_what_and_leaves_out_what_does_not_apply():
    draft = Draft(
        event="step.state",
        run="r1",
        actor=Actor(kind="agent", id="sales"),
        state=StateNote(before="pending", after="deciding"),
        parent=7,
    )
    link = seal(draft, tenant="acme", head=Head(8, bytes(32)), now=NOW, record_id="id")
    assert json.loads(link.record) == {
        "schema": "assent.audit/v1",
        "tenant": "acme",
        "seq": "9",
        "time": "2026-03-01T12:00:00.000042Z",
        "prev": "sha256:" + "0" * 64,
        "record_id": "id",
        "parent": "7",
        "event": "step.state",
        "run": "r1",
        "actor": {"kind": "agent", "id": "sales"},
        "state": {"from": "pending", "to": "deciding"},
    }


def test_times_are_written_in_utc_wherever_they_come_from():
    local = NOW.astimezone(timezone(timedelta(hours=5)))
    link = seal(Draft(event="run.created"), tenant="acme", head=GENESIS, now=local, record_id="id")
    assert json.loads(link.record)["time"] == "2026-03-01T12:00:00.000042Z"


def test_what_is_too_long_to_be_a_record_is_refused():
    draft = Draft(event="run.created", detail={"text": "x" * MAX_RECORD_BYTES})
    with pytest.raises(AuditError, match="digest"):
        seal(draft, tenant="acme", head=GENESIS, now=NOW, record_id="id")


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800"], ids=["large integer", "nan", "lone surrogate"])
def test_what_has_no_canonical_form_is_refused(value):
    draft = Draft.model_construct(event="run.created", detail={"value": value})
    with pytest.raises(AuditError, match="canonical"):
        seal(draft, tenant="acme", head=GENESIS, now=NOW, record_id="id")


def test_an_untouched_chain_holds():
    links = chain(5)
    assert verify(links, tenant="acme", head=links[-1].head) is None
    assert verify([], tenant="acme", head=None) is None


@given(st.data())
def test_no_byte_of_a_record_can_be_changed(data):
    links = chain(4)
    place = data.draw(st.integers(0, 3))
    content = bytearray(links[place].record)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    # Even when the hash beside it is made to fit.
    links[place] = replace(links[place], record=bytes(content), hash=hashlib.sha256(content).digest())
    found = verify(links, tenant="acme", head=chain(4)[-1].head)
    assert found is not None
    assert found.seq in (place + 1, place + 2)


@given(st.permutations(range(4)))
def test_no_other_order_holds(order):
    links = chain(4)
    shuffled = [replace(links[source], seq=place + 1) for place, source in enumerate(order)]
    found = verify(shuffled, tenant="acme", head=links[-1].head)
    assert (found is None) == (list(order) == [0, 1, 2, 3])


def test_a_chain_of_another_tenant_does_not_hold():
    links = chain(2, tenant="other")
    found = verify(links, tenant="acme", head=links[-1].head)
    assert found is not None
    assert (found.seq, found.code) == (1, "MOVED")


def test_ids_are_version_7_and_sort_by_time():
    ids = [uuid7(NOW + timedelta(milliseconds=number)) for number in range(50)]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}
    assert {one.variant for one in ids} == {"specified in RFC 4122"}
    assert ids[0].int >> 80 == int(NOW.timestamp() * 1000)
