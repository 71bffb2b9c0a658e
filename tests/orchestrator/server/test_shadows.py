"""Shadows over the wire."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from assent.v1 import shadows_pb2
from assent.v1.shadows_pb2_grpc import ShadowServiceStub
from assent_orchestrator.cli.shadow import LARGEST
from assent_orchestrator.server.listen import MAX_MESSAGE_BYTES
from assent_orchestrator.server.translate.shadow import write_report
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.specimens import DIGEST, REPORT

TENANT = "tenants/acme"


def shadows(opened: Wire) -> Any:
    return ShadowServiceStub(opened.channel)


async def test_a_bundle_of_the_largest_size_arrives_whole(wire: Wire) -> None:
    archive = b"x" * LARGEST
    assert LARGEST < MAX_MESSAGE_BYTES
    request = shadows_pb2.StartShadowRequest(parent=TENANT, archive=archive)
    started = await shadows(wire).StartShadow(request, metadata=wire.auth)
    assert (started.name, started.state) == ("tenants/acme/shadows/5a", shadows_pb2.SHADOW_STATE_RUNNING)
    [(call, caller, *what)] = wire.shadows.calls
    assert (call, caller.id, what) == ("start", "sales-bot", [archive, ""])
    assert started.creator == "cora", "who starts it is known from the transport"


async def test_a_kept_bundle_is_named_by_its_revision(wire: Wire) -> None:
    request = shadows_pb2.StartShadowRequest(parent=TENANT, revision=DIGEST)
    await shadows(wire).StartShadow(request, metadata=wire.auth)
    assert wire.shadows.calls[-1][2:] == (b"", DIGEST)


@pytest.mark.parametrize(
    ("candidate", "field"),
    [({}, "candidate"), ({"archive": b""}, "archive"), ({"revision": "latest"}, "revision")],
)
async def test_a_start_that_names_no_candidate_is_refused(wire: Wire, candidate: Any, field: str) -> None:
    request = shadows_pb2.StartShadowRequest(parent=TENANT, **candidate)
    refused = await refusal(shadows(wire).StartShadow(request, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert field in str(refused.status)
    assert wire.shadows.calls == []


async def test_a_shadow_is_reported_on_and_stopped(wire: Wire) -> None:
    name = "tenants/acme/shadows/latest"
    report = await shadows(wire).GetShadowReport(shadows_pb2.GetShadowReportRequest(name=name), metadata=wire.auth)
    assert (report.compared_count, report.not_compared_count, report.unlisted_count) == (97, 10, 3)
    assert report.differences[0].examples[0].run == "tenants/acme/runs/r1"
    stopped = await shadows(wire).StopShadow(shadows_pb2.StopShadowRequest(name=name), metadata=wire.auth)
    assert (stopped.state, stopped.stopper) == (shadows_pb2.SHADOW_STATE_ENDED, "cora")
    assert [(call[0], call[2]) for call in wire.shadows.calls] == [("report", "latest"), ("stop", "latest")]


async def test_another_tenants_name_of_a_shadow_is_not_found(wire: Wire) -> None:
    name = "tenants/other/shadows/5a"
    for call in (
        shadows(wire).GetShadowReport(shadows_pb2.GetShadowReportRequest(name=name), metadata=wire.auth),
        shadows(wire).StopShadow(shadows_pb2.StopShadowRequest(name=name), metadata=wire.auth),
        shadows(wire).StartShadow(
            shadows_pb2.StartShadowRequest(parent="tenants/other", revision=DIGEST), metadata=wire.auth
        ),
    ):
        assert (await refusal(call)).code == "NOT_FOUND"
    assert wire.shadows.calls == []


def test_every_field_of_a_report_is_written() -> None:
    written = write_report(REPORT, "acme")
    assert set(MessageToDict(written)) == {field.json_name for field in written.DESCRIPTOR.fields}
    [difference] = written.differences
    assert set(MessageToDict(difference)) == {field.json_name for field in difference.DESCRIPTOR.fields}
    assert set(MessageToDict(difference.live)) == {field.json_name for field in difference.live.DESCRIPTOR.fields}
