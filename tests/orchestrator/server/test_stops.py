"""Stops over the wire."""

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from assent.v1 import stops_pb2
from assent.v1.stops_pb2_grpc import StopServiceStub
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.server.translate.stop import write_stop
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.specimens import NOON, STOP

TENANT = "tenants/acme"


def stops(opened: Wire) -> Any:
    return StopServiceStub(opened.channel)


async def test_a_stop_is_given_with_what_the_caller_said(wire: Wire) -> None:
    asked = stops_pb2.Stop(
        scope=stops_pb2.STOP_SCOPE_AGENT, value="seller", reason="wrong people", creator="somebody-else"
    )
    request = stops_pb2.CreateStopRequest(parent=TENANT, stop=asked, request_id="r-1")
    made = await stops(wire).CreateStop(request, metadata=wire.auth)
    assert made.name == "tenants/acme/stops/s1"
    [(call, caller, order)] = wire.stops.calls
    assert (call, caller.id, order) == ("create", "sales-bot", Order(Scope.AGENT, "seller", "wrong people", "r-1"))
    assert made.creator == "otto", "who gives it is known from the transport"


async def test_stops_are_listed_shown_and_lifted(wire: Wire) -> None:
    request = stops_pb2.ListStopsRequest(
        parent=TENANT, filter="state=IN_FORCE AND scope=AGENT", page_size=7, page_token="x"
    )
    page = await stops(wire).ListStops(request, metadata=wire.auth)
    assert ([one.name for one in page.stops], page.next_page_token) == (["tenants/acme/stops/s1"], "more")
    assert wire.stops.calls[-1][2] == {"in_force": True, "scope": Scope.AGENT, "size": 7, "token": "x"}
    found = await stops(wire).GetStop(stops_pb2.GetStopRequest(name="tenants/acme/stops/s1"), metadata=wire.auth)
    assert found.state == stops_pb2.STOP_STATE_IN_FORCE
    mended = stops_pb2.LiftStopRequest(name="tenants/acme/stops/s1", reason="mended", request_id="r-2")
    lifted = await stops(wire).LiftStop(mended, metadata=wire.auth)
    assert (lifted.state, lifted.lifter, lifted.lift_reason) == (stops_pb2.STOP_STATE_LIFTED, "olga", "mended")
    assert wire.stops.calls[-1][2:] == ("s1", "mended", "r-2")


@pytest.mark.parametrize(
    ("stop", "field"),
    [
        ({"reason": "why"}, "stop.scope"),
        ({"scope": 99, "reason": "why"}, "stop.scope"),
        ({"scope": 2}, "stop.reason"),
        ({"scope": 2, "reason": "x" * 501}, "stop.reason"),
        ({"scope": 3, "value": "x" * 129, "reason": "why"}, "stop.value"),
        (None, "stop"),
    ],
)
async def test_an_order_that_says_too_little_or_too_much_is_refused(wire: Wire, stop: Any, field: str) -> None:
    request = stops_pb2.CreateStopRequest(parent=TENANT, stop=stops_pb2.Stop(**stop) if stop is not None else None)
    refused = await refusal(stops(wire).CreateStop(request, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert wire.stops.calls == []
    assert field in str(refused.status)


async def test_another_tenants_stops_are_not_found(wire: Wire) -> None:
    elsewhere = "tenants/other/stops/s1"
    for call in (
        stops(wire).GetStop(stops_pb2.GetStopRequest(name=elsewhere), metadata=wire.auth),
        stops(wire).LiftStop(stops_pb2.LiftStopRequest(name=elsewhere, reason="why"), metadata=wire.auth),
        stops(wire).ListStops(stops_pb2.ListStopsRequest(parent="tenants/other"), metadata=wire.auth),
        stops(wire).CreateStop(
            stops_pb2.CreateStopRequest(
                parent="tenants/other", stop=stops_pb2.Stop(scope=stops_pb2.STOP_SCOPE_TENANT, reason="why")
            ),
            metadata=wire.auth,
        ),
    ):
        assert (await refusal(call)).code == "NOT_FOUND"
    assert wire.stops.calls == []


def test_every_field_of_a_stop_is_written() -> None:
    lifted = replace(STOP, lifted_by="olga", lifted_at=NOON, lift_reason="mended")
    assert set(MessageToDict(write_stop(lifted, "acme"))) == {
        field.json_name for field in write_stop(lifted, "acme").DESCRIPTOR.fields
    }
