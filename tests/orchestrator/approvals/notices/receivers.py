"""Those who are told: a real mail server and a real program that takes webhooks, both as good or bad as a test says."""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

SECONDS = 60.0


@dataclass
class Receiver:
    """Keeps what arrives. ``answers`` are the next ones, then all is taken; None is no answer while the test lasts."""

    answers: list[int | None] = field(default_factory=list)
    got: list[Any] = field(default_factory=list)
    address: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, what: Any, *, good: int) -> int:
        """Keep one, and say how it is answered."""
        answer = self.answers.pop(0) if self.answers else good
        async with self._news:
            self.got.append(what)
            self._news.notify_all()
        if answer is None:
            await asyncio.Event().wait()
        return answer or good

    async def until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until enough has arrived."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: enough(self.got))
        return list(self.got)


@dataclass(frozen=True)
class Post:
    """One request of a webhook."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@contextlib.asynccontextmanager
async def program() -> AsyncIterator[Receiver]:
    """A program that takes webhooks."""
    receiver = Receiver()

    async def handle(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return web.Response(status=await receiver.take(Post(headers, await request.read()), good=204))

    application = web.Application()
    application.router.add_post("/hook", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.address = f"http://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a mail server behaves: ``tls`` from the beginning or after STARTTLS, which it insists on; whom it lets in.

    ``unknown`` are addresses that it refuses; ``slow``: seconds until it answers to anything.
    """

    tls: ssl.SSLContext | None = None
    starttls: bool = False
    password: str = ""
    unknown: tuple[str, ...] = ()
    slow: float = 0.0


@dataclass(frozen=True)
class Postmaster:
    """Answers to what a client says."""

    manner: Manner
    receiver: Receiver

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        await asyncio.sleep(self.manner.slow)
        envelope.mail_from = address
        return "250 so"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        await asyncio.sleep(self.manner.slow)
        if address in self.manner.unknown:
            return "550 5.1.1 nobody here has that address"
        envelope.rcpt_tos.append(address)
        return "250 so"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server
        await asyncio.sleep(self.manner.slow)
        if self.manner.password and not session.authenticated:
            return "530 5.7.0 say who you are"
        assert isinstance(envelope.content, bytes)
        mail: Message = message_from_bytes(envelope.content, policy=default)
        return f"{await self.receiver.take((envelope.rcpt_tos, mail), good=250)} 2.0.0 so"


@contextlib.asynccontextmanager
async def mailbox(manner: Manner = Manner()) -> AsyncIterator[Receiver]:
    """A mail server; its address is host:port."""
    receiver, sessions = Receiver(), list[SMTP]()

    def known(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: Any) -> AuthResult:
        good = said == LoginPassword(b"assent", manner.password.encode())
        return AuthResult(success=good, handled=good)  # what is not handled is refused by the server itself

    def session() -> SMTP:
        settings: dict[str, Any] = {"hostname": "mail.example"}
        if manner.starttls:
            settings |= {"tls_context": manner.tls, "require_starttls": True}
        if manner.password:
            settings |= {"authenticator": known, "auth_required": True, "auth_require_tls": manner.starttls}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it does not know that TLS is there from the beginning
            sessions.append(SMTP(Postmaster(manner, receiver), **settings))
        return sessions[-1]

    wrapped = None if manner.starttls else manner.tls
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=wrapped)
    host, port = server.sockets[0].getsockname()[:2]
    receiver.address = f"{host}:{port}"
    try:
        yield receiver
    finally:
        server.close()
        for one in sessions:
            if one.transport is not None:  # nobody who did not trust us got that far
                one.connection_lost(None)
        await server.wait_closed()
