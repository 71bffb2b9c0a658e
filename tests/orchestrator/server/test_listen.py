import asyncio
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from grpc import aio
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from assent.v1 import health_pb2
from assent.v1.health_pb2_grpc import HealthServiceStub
from assent_orchestrator.server.address import ListenError, TlsFiles, read_address
from tests.orchestrator.server.conftest import open_wire, refusal

Status = probe_pb2.HealthCheckResponse
SERVICES = (
    "RunService",
    "ApprovalService",
    "DelegationService",
    "StopService",
    "LedgerService",
    "ProcessService",
    "AgentService",
    "MemoryService",
    "AuditService",
    "DecisionService",
    "PolicyService",
    "ShadowService",
    "HealthService",
)


async def check(wire, service: str = "") -> Any:
    return (await HealthStub(wire.channel).Check(probe_pb2.HealthCheckRequest(service=service))).status


@pytest.mark.requirement("orchestrator.health-and-reflection")
async def test_health_is_told_for_the_server_and_for_each_service(wire):
    for service in ("", *(f"assent.v1.{name}" for name in SERVICES)):
        assert await check(wire, service) == Status.SERVING
    refused = await refusal(HealthStub(wire.channel).Check(probe_pb2.HealthCheckRequest(service="no.such.Service")))
    assert refused.code == "NOT_FOUND"
    listed = await HealthStub(wire.channel).List(probe_pb2.HealthListRequest())
    assert len(listed.statuses) == len(SERVICES) + 1


@pytest.mark.requirement("orchestrator.not-ready-is-not-serving")
@pytest.mark.parametrize("fault", ["not ready", "raises"])
async def test_a_part_that_cannot_work_makes_the_server_not_serving_until_it_can(wire, fault):
    watching = HealthStub(wire.channel).Watch(probe_pb2.HealthCheckRequest())
    assert (await watching.read()).status == Status.SERVING
    if fault == "raises":
        wire.use_cases.health_error = ValueError("secret")
    else:
        wire.use_cases.is_ready = False
    assert (await asyncio.wait_for(watching.read(), 30)).status == Status.NOT_SERVING
    assert await check(wire, "assent.v1.RunService") == Status.NOT_SERVING
    wire.use_cases.is_ready, wire.use_cases.health_error = True, None
    assert (await asyncio.wait_for(watching.read(), 30)).status == Status.SERVING
    watching.cancel()


async def test_the_health_names_the_part_that_cannot_work(wire):
    wire.use_cases.is_ready = False
    health = await wire.health.GetHealth(health_pb2.GetHealthRequest(), metadata=wire.auth)
    assert health.state == health_pb2.HEALTH_STATE_NOT_READY
    assert [(part.name, part.state, part.detail) for part in health.components] == [
        ("engine", health_pb2.HEALTH_STATE_READY, ""),
        ("store", health_pb2.HEALTH_STATE_NOT_READY, "away"),
    ]
    assert (health.engine_version, health.engine_origin, health.server_version) == ("1.22.2", "package", "0.1.0")


async def test_reflection_lists_every_service_without_a_token(wire):
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    stream = ServerReflectionStub(wire.channel).ServerReflectionInfo(iter([asked]))
    answer = await stream.read()
    assert {one.name for one in answer.list_services_response.service} == {
        *(f"assent.v1.{name}" for name in SERVICES),
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


@pytest.mark.requirement("orchestrator.loopback-only-without-tls")
@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:7400", "[::]:0", "assent.example.com:7400"])
async def test_an_address_that_others_can_reach_is_refused_without_tls(address):
    with pytest.raises(ListenError, match="--tls-cert"):
        async with open_wire(address=address):
            pass


@pytest.mark.parametrize("address", ["", "7400", "127.0.0.1", "127.0.0.1:http", "::1:7400", "127.0.0.1:70000", ":7400"])
def test_what_is_not_an_address_is_refused(address):
    with pytest.raises(ListenError):
        read_address(address)


def test_addresses_of_this_machine_are_known_in_each_form():
    for text in ("127.0.0.1:0", "127.9.9.9:1", "[::1]:7400", "localhost:7400"):
        assert read_address(text).is_loopback
        assert str(read_address(text)) == text


async def test_a_second_server_does_not_share_a_port_in_silence(wire):
    with pytest.raises(ListenError, match="cannot be listened at: Address already in use; name another with --listen"):
        async with open_wire(address=str(wire.listening.address)):
            pass


@pytest.mark.requirement("orchestrator.tls-from-files")
async def test_with_tls_the_server_is_whom_its_certificate_names(tmp_path):
    key, certificate = _certificate()
    files = TlsFiles(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    with pytest.raises(ListenError, match=r"key\.pem"):
        async with open_wire(tls=files):
            pass
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(key)
    async with open_wire(address="0.0.0.0:0", tls=files) as wire:
        target = f"127.0.0.1:{wire.listening.address.port}"
        async with aio.secure_channel(target, grpc.ssl_channel_credentials(certificate)) as channel:
            health = await HealthServiceStub(channel).GetHealth(health_pb2.GetHealthRequest(), metadata=wire.auth)
            assert health.state == health_pb2.HEALTH_STATE_READY
    files.key.write_bytes(b"not PEM")
    with pytest.raises(ListenError):
        async with open_wire(tls=files):
            pass


def _certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "assent test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded, certificate.public_bytes(serialization.Encoding.PEM)


async def test_who_no_longer_waits_for_the_end_of_a_server_does_not_keep_it_from_ending_well():
    """That is how a server comes to its end: by a signal, or because another one has its name."""
    async with open_wire() as wire:
        waiting = asyncio.ensure_future(wire.listening.ended())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
