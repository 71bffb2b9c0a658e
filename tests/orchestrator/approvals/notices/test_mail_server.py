"""Mail goes only where the file says, to a server that shows who it is, and by somebody whom that lets in."""

import ipaddress
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from assent_orchestrator.approvals.notices import mail
from assent_orchestrator.approvals.notices.channel import UndeliveredError
from assent_orchestrator.approvals.notices.file import Notices, NoticesFile, Smtp
from assent_orchestrator.approvals.notices.mail import Mail
from assent_orchestrator.approvals.notices.notice import Notice
from tests.orchestrator.approvals.notices.receivers import Manner, mailbox
from tests.orchestrator.server.identities.authority import Authority

NOTICE = Notice(
    id="n1",
    tenant="acme",
    approval_id="a1",
    event="approval.requested",
    channel="mail",
    target="dana@acme.example",
    content={
        "approval": "tenants/t/approvals/a1", "kind": "action", "action": "box.put", "process": "pay", "run": "r1",
        "step": "pay", "asked": ["boss"], "until": "", "at": "", "look": "assent approvals show a1",
    },
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    tries=1,
)  # fmt: skip


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The TLS of a server on this machine, whose authority this machine trusts."""
    authority = Authority()
    key, certificate = authority.certify("mail", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    for name, content in (("ca.pem", authority.pem), ("cert.pem", certificate), ("key.pem", key)):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


def channel(address: str, *, password: str | None = None, **more: Any) -> Mail:
    host, _, port = address.partition(":")
    user = {"user": "assent", "password_file": "x"} if password else {}
    smtp = Smtp.from_json({"host": host, "port": int(port), "from": "assent@acme.example"} | user | more)
    return Mail(Notices(NoticesFile(smtp=smtp), password=password), smtp)


@pytest.mark.requirement("orchestrator.notices-file")
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_mail_goes_over_tls_by_somebody_whom_the_server_lets_in(tls: ssl.SSLContext, security: str) -> None:
    manner = Manner(tls=tls, starttls=security == "starttls", password="secret")
    async with mailbox(manner) as post:
        await channel(post.address, password="secret", security=security).send(NOTICE)
        assert [to for to, _ in post.got] == [["dana@acme.example"]]
        await channel(post.address, password="secret", security=security).probe()
        wrong = channel(post.address, password="wrong", security=security)
        with pytest.raises(UndeliveredError, match="535"):
            await wrong.send(NOTICE)
        with pytest.raises(UndeliveredError):
            await wrong.probe()
        assert len(post.got) == 1


@pytest.mark.requirement("orchestrator.notices-file")
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_no_mail_and_no_password_go_to_a_server_that_this_machine_does_not_trust(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, security: str
) -> None:
    (tmp_path / "other.pem").write_bytes(Authority().pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    async with mailbox(Manner(tls=tls, starttls=security == "starttls", password="secret")) as post:
        with pytest.raises(UndeliveredError):
            await channel(post.address, password="secret", security=security).send(NOTICE)
        assert post.got == []


@pytest.mark.requirement("orchestrator.notices-file")
async def test_where_the_server_has_no_starttls_nothing_is_sent() -> None:
    async with mailbox() as post:
        with pytest.raises(UndeliveredError) as failed:
            await channel(post.address, security="starttls").send(NOTICE)
        assert (post.got, failed.value.final) == ([], False)


@pytest.mark.requirement("orchestrator.notices-at-least-once")
async def test_an_address_that_is_refused_is_refused_for_good() -> None:
    async with mailbox(Manner(unknown=("dana@acme.example",))) as post:
        nobody = channel(post.address, security="none")
        with pytest.raises(UndeliveredError, match="550") as failed:
            await nobody.send(NOTICE)
        assert (post.got, failed.value.final) == ([], True)
        await nobody.send(replace(NOTICE, target="eve@acme.example"))
        assert [to for to, _ in post.got] == [["eve@acme.example"]]


async def test_a_try_ends_in_time_also_where_every_answer_is_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 1.0)
    async with mailbox(Manner(slow=0.6)) as post:
        with pytest.raises(UndeliveredError, match="TimeoutError"):
            await channel(post.address, security="none").send(NOTICE)
        assert post.got == []
