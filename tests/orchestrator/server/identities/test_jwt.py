import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from aiohttp import web

from assent_orchestrator.caller import Authn, Caller
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.identities import keys
from assent_orchestrator.server.identities.directory import Directory
from assent_orchestrator.server.identities.file import IdentitiesFile, Issuer
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from tests.orchestrator.server.identities.authority import TokenIssuer

LONG = 30.0  # seconds that nothing here should ever take
ENTRY = new_entry("local", ("operator",))
ISSUER = Issuer(
    issuer="https://issuer.test",
    audience="assent",
    keys="keys.json",
    algorithms=("ES256",),
    tenant="acme",
    roles={"directors": ("sales_director", "approver"), "boss": ("operator",)},
)


def directory_of(folder: Path, issuer: Issuer = ISSUER) -> Directory:
    return Directory(TokenDirectory(TokenFile(callers=(ENTRY,))), IdentitiesFile(jwt=(issuer,)), folder)


@pytest.fixture
def issuer(tmp_path: Path) -> TokenIssuer:
    made = TokenIssuer()
    (tmp_path / "keys.json").write_text(made.jwks, encoding="utf-8")
    return made


@pytest.mark.requirement("orchestrator.jwt-identities")
async def test_a_token_of_the_issuer_is_its_subject_with_the_roles_of_its_groups(issuer, tmp_path):
    directory = directory_of(tmp_path)
    async with directory.followed():
        caller = directory.authenticate(issuer.token(groups=["directors", "unheard-of"]))
        none = directory.authenticate(issuer.token(groups=None))
        one = directory.authenticate(issuer.token(groups="boss"))
        odd = directory.authenticate(issuer.token(groups={"directors": True}))
    assert caller == Caller("dana", "acme", frozenset({"sales_director", "approver"}), authn=Authn.JWT)
    assert caller.principal("").authn == "jwt"
    assert caller.known_until is not None
    assert timedelta(0) < caller.known_until - utc_now() < timedelta(hours=2)
    assert (none.roles, one.roles, odd.roles) == (frozenset(), frozenset({"operator"}), frozenset())


AGENTS = ISSUER.model_copy(update={"agent_claim": "azp", "agents": {"sales-client": "sales"}})


@pytest.mark.requirement("orchestrator.agents-authenticated")
async def test_a_claim_says_which_agent_calls_and_it_has_no_role_of_people(issuer, tmp_path):
    directory = directory_of(tmp_path, AGENTS)
    async with directory.followed():
        agent = directory.authenticate(issuer.token(azp="sales-client", groups=["boss", "directors"]))
        person = directory.authenticate(issuer.token(azp="portal", groups="boss"))
        for odd in (["sales-client"], {"sales-client": True}, 7):
            with pytest.raises(UnauthenticatedError):
                directory.authenticate(issuer.token(azp=odd))
    assert (agent.id, agent.agent, agent.roles) == ("dana", "sales", frozenset({"sales_director", "approver"}))
    assert (person.agent, person.roles) == ("", frozenset({"operator"}))


@pytest.mark.requirement("orchestrator.agents-authenticated")
async def test_without_a_claim_of_its_own_the_id_says_which_agent_calls(issuer, tmp_path):
    directory = directory_of(tmp_path, ISSUER.model_copy(update={"agents": {"sales-bot": "sales"}}))
    async with directory.followed():
        assert directory.authenticate(issuer.token(sub="sales-bot")).agent == "sales"
        assert directory.authenticate(issuer.token(sub="sales")).agent == ""


@pytest.mark.usefixtures("issuer")
async def test_the_token_file_still_counts(tmp_path):
    directory = directory_of(tmp_path)
    async with directory.followed():
        assert directory.authenticate(ENTRY.token).id == "local"
        with pytest.raises(UnauthenticatedError):
            directory.authenticate("x" * 43)


def unsigned(token: str) -> str:
    header, body, _ = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": "none"}
    return f"{base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip('=')}.{body}."


def with_the_public_key_as_secret(issuer: TokenIssuer) -> str:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return jwt.encode(claims, "x" * 64, "HS256", headers={"kid": issuer.key_id})


BAD = {
    "expired": lambda one: one.token(exp=datetime.now(UTC) - timedelta(minutes=2)),
    "not good yet": lambda one: one.token(nbf=datetime.now(UTC) + timedelta(minutes=2)),
    "without an end": lambda one: one.token(exp=None),
    "for somebody else": lambda one: one.token(aud="payroll"),
    "for nobody": lambda one: one.token(aud=None),
    "of another issuer": lambda one: one.token(iss="https://elsewhere.test"),
    "of no issuer": lambda one: one.token(iss=None),
    "without a subject": lambda one: one.token(sub=None),
    "with a subject that is no id": lambda one: one.token(sub="dana lee"),
    "with a number as subject": lambda one: one.token(sub=7),
    "by a key that nobody knows": lambda one: one.token(headers={"kid": "k9"}),
    "by another key of the same name": lambda one: TokenIssuer(one.key_id).token(),
    "changed on the way": lambda one: one.token()[:-6] + "AAAAAA",
    "without a signature": lambda one: unsigned(one.token()),
    "signed with a shared secret": with_the_public_key_as_secret,
    "too long": lambda one: one.token(padding="x" * 9000),
    "two dots and nothing": lambda _: "..",
}


@pytest.mark.requirement("orchestrator.jwt-identities")
@pytest.mark.parametrize("what", BAD)
async def test_a_token_is_refused_that_is(issuer, tmp_path, what):
    directory = directory_of(tmp_path)
    async with directory.followed():
        with pytest.raises(UnauthenticatedError):
            directory.authenticate(BAD[what](issuer))


async def test_an_algorithm_that_the_file_does_not_name_is_refused(issuer, tmp_path):
    directory = directory_of(tmp_path, ISSUER.model_copy(update={"algorithms": ("RS256",)}))
    async with directory.followed():
        with pytest.raises(UnauthenticatedError):
            directory.authenticate(issuer.token())


async def test_without_keys_nobody_is_let_in_and_what_is_wrong_is_logged(tmp_path, caplog):
    (tmp_path / "keys.json").write_text("{}", encoding="utf-8")
    directory = directory_of(tmp_path)
    async with directory.followed():
        with pytest.raises(UnauthenticatedError):
            directory.authenticate(TokenIssuer().token())
    assert "the keys of https://issuer.test cannot be fetched" in caplog.text


async def test_new_keys_are_taken_and_the_known_ones_kept_while_the_issuer_is_away(monkeypatch, issuer):
    monkeypatch.setattr(keys, "SOONEST_SECONDS", 0.0)
    answers: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def fetch() -> bytes:
        answer = await answers.get()
        answers.task_done()
        if answer is None:
            raise OSError
        return answer

    known = keys.KeySet("https://issuer.test", fetch)
    answers.put_nowait(issuer.jwks.encode())
    async with asyncio.timeout(LONG), known.followed():
        assert (known.find("k1"), known.find("k2")) != (None, None)
        for odd in (
            None,
            b"[]",
            b"null",
            b'"maintenance"',
            b"[" * 100_000,
            b'{"keys": [7]}',
            b'{"keys": [{"kid": ["k2"]}',
        ):
            answers.put_nowait(odd)
            await answers.join()
            assert known.find("k1") is not None
            assert known.find("k2") is None
        answers.put_nowait(TokenIssuer("k2").jwks.encode())
        await answers.join()
        await asyncio.sleep(0)
        assert known.find("k2") is not None
        assert known.find("k1") is None


@pytest.mark.parametrize("said", [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"kid": ["k1"]}])
async def test_a_key_that_is_not_for_signatures_verifies_none(issuer, tmp_path, said):
    [key] = json.loads(issuer.jwks)["keys"]
    good = json.loads(TokenIssuer("k2").jwks)["keys"]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key | said, *good]}), encoding="utf-8")
    directory = directory_of(tmp_path)
    async with directory.followed():
        with pytest.raises(UnauthenticatedError):
            directory.authenticate(issuer.token())


@pytest.mark.parametrize(("status", "body"), [(302, ""), (500, ""), (200, "x" * 300_000)])
async def test_keys_over_http_are_bounded_and_come_from_where_the_file_says(issuer, tmp_path, status, body):
    async def serve(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Location": "/good"})

    async def good(_: web.Request) -> web.Response:
        return web.Response(text=issuer.jwks)

    app = web.Application()
    app.router.add_get("/bad", serve)
    app.router.add_get("/good", good)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        for path, let_in in (("bad", False), ("good", True)):
            directory = directory_of(tmp_path, Issuer.from_json(ISSUER.to_json() | {"keys": f"{origin}/{path}"}))
            async with directory.followed():
                if let_in:
                    assert directory.authenticate(issuer.token()).id == "dana"
                else:
                    with pytest.raises(UnauthenticatedError):
                        directory.authenticate(issuer.token())
    finally:
        await runner.cleanup()
