from pathlib import Path

import grpc
import pytest
from cryptography import x509
from grpc import aio

from assent.v1 import runs_pb2
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.caller import Authn, Caller
from assent_orchestrator.server.address import TlsFiles
from assent_orchestrator.server.identities.directory import Directory
from assent_orchestrator.server.identities.file import IdentitiesFile
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from tests.orchestrator.server.conftest import open_wire, refusal
from tests.orchestrator.server.identities.authority import NAMES, Authority

GET = runs_pb2.GetRunRequest(name="tenants/acme/runs/run1")
SPIFFE = "spiffe://example.org/agents/sales"
ENTRY = new_entry("sales-bot", ("submitter",), tenant="acme")
FILE = IdentitiesFile.from_json(
    {
        "client_certificates": {
            "ca": "clients.pem",
            "callers": [
                {"id": "sales-agent", "tenant": "acme", "agent": "sales", "roles": ["submitter"], "uri": SPIFFE},
                {"id": "gateway", "tenant": "acme", "dns": "gateway.example.org"},
            ],
        }
    }
)


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def tls(authority: Authority, tmp_path: Path) -> TlsFiles:
    key, certificate = authority.certify("server", NAMES)
    for name, content in (("key", key), ("cert", certificate), ("clients", authority.pem)):
        (tmp_path / f"{name}.pem").write_bytes(content)
    return TlsFiles(tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "clients.pem")


async def call(tls, authority, names, *, token=None, signer=None):
    """Ask with a certificate; return the caller that the use case saw, or the refusal."""
    identities = Directory(TokenDirectory(TokenFile(callers=(ENTRY,))), FILE, Path())
    pair = (signer or authority).certify("client", names) if names is not None else (None, None)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    async with open_wire(tls=tls, identities=identities) as wire:
        credentials = grpc.ssl_channel_credentials(authority.pem, *pair)
        async with aio.secure_channel(str(wire.listening.address), credentials) as channel:
            called = RunServiceStub(channel).GetRun(GET, metadata=metadata, timeout=20)
            try:
                await called
            except aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    return "no connection"
                return (await refusal(called)).code
            return wire.use_cases.calls[0][1]


@pytest.mark.requirement("orchestrator.mtls-identities", "orchestrator.agents-authenticated")
async def test_a_certificate_says_who_calls_and_which_agent_that_is(tls, authority):
    caller = await call(tls, authority, [x509.UniformResourceIdentifier(SPIFFE)])
    assert caller == Caller("sales-agent", "acme", frozenset({"submitter"}), authn=Authn.MTLS, agent="sales")
    assert caller.principal("").authn == "mtls"
    by_name = await call(tls, authority, [x509.DNSName("gateway.example.org")])
    assert (by_name.id, by_name.agent) == ("gateway", "")


@pytest.mark.requirement("orchestrator.mtls-identities")
@pytest.mark.parametrize(
    "names",
    [
        [],
        [x509.UniformResourceIdentifier(SPIFFE + "/more")],
        [x509.DNSName(SPIFFE)],
        [x509.UniformResourceIdentifier("gateway.example.org")],
        [x509.UniformResourceIdentifier(SPIFFE), x509.DNSName("gateway.example.org")],
    ],
    ids=["no name", "a longer id", "an id as a host", "a host as an id", "two callers"],
)
async def test_a_certificate_that_names_no_one_caller_is_refused(tls, authority, names):
    assert await call(tls, authority, names) == "UNAUTHENTICATED"


@pytest.mark.requirement("orchestrator.mtls-identities")
async def test_nobody_connects_without_a_certificate_of_the_authority(tls, authority):
    assert await call(tls, authority, None, token=ENTRY.token) == "no connection"
    names = [x509.UniformResourceIdentifier(SPIFFE)]
    assert await call(tls, authority, names, signer=Authority()) == "no connection"


async def test_a_token_goes_before_the_certificate_of_whoever_passes_it_on(tls, authority):
    names = [x509.DNSName("gateway.example.org")]
    assert (await call(tls, authority, names, token=ENTRY.token)).id == "sales-bot"
    assert await call(tls, authority, names, token="x" * 43) == "UNAUTHENTICATED"
