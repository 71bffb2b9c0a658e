"""The engine's second door, tried from outside with everything but the one question that it is there for."""

import contextlib
import http.client
import json
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from assent_sidecar.errors import EngineSettingsError, EngineUnavailableError
from assent_sidecar.opa.client import OpaClient
from assent_sidecar.opa.tcp import read_door
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import ALLOW, bundle_of, question

TOKEN = "t0ken-of-this-test-" + "x" * 32
DECISION = "/v1/data/assent/decision"
INPUT = json.dumps({"input": {"context": {"answer": ALLOW}}})

pytestmark = pytest.mark.requirement("engine.tcp-is-closed")


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def opened(folder: Path, listen: str) -> AsyncIterator[Sidecar]:
    environ = {"ASSENT_OPA_LISTEN": listen, "ASSENT_OPA_TOKEN": TOKEN}
    settings = SidecarSettings(folder / "state", environ, query_timeout=20, probe_timeout=20, activation_timeout=60)
    async with open_sidecar(settings, bundle_of()) as sidecar:
        yield sidecar


@pytest.fixture(scope="module")
async def port(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """The port of an engine with its second door open."""
    number = a_free_port()
    async with opened(tmp_path_factory.mktemp("tcp"), f"127.0.0.1:{number}"):
        yield number


def ask(
    port: int, method: str, target: str, *, token: str | None = TOKEN, body: str | None = None
) -> tuple[int, bytes]:
    """Send a request whose target is sent as it stands, and return status and body."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.putrequest(method, target, skip_accept_encoding=True)
        if token is not None:
            connection.putheader("Authorization", token if " " in token else f"Bearer {token}")
        content = (body or "").encode()
        connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_with_the_token_the_question_is_answered(port: int) -> None:
    status, body = ask(port, "POST", DECISION, body=INPUT)
    assert (status, json.loads(body)["result"]) == (200, ALLOW)
    assert ask(port, "GET", "/health")[0] == 200
    status, body = ask(port, "GET", "/v1/status")
    assert (status, list(json.loads(body)["result"]["bundles"])) == (200, ["assent"])


@pytest.mark.parametrize(
    "token",
    [None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Basic dDp0", f"Basic {TOKEN}", f"Bearer  {TOKEN} x"],
)
@pytest.mark.parametrize(("method", "target"), [("POST", DECISION), ("GET", "/health"), ("GET", "/v1/status")])
def test_without_the_token_nothing_is_answered(port: int, token: str | None, method: str, target: str) -> None:
    status, body = ask(port, method, target, token=token, body=INPUT if method == "POST" else None)
    assert status == 401
    assert b"result" not in body


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v1/query"),
        ("GET", "/v1/query?q=data"),
        ("POST", "/v1/query/"),
        ("POST", "/v1/compile"),
        ("POST", "/v1/compile/assent/decision"),
        ("POST", "/"),
        ("GET", "/"),
        ("PUT", "/v1/data/limits"),
        ("PUT", DECISION),
        ("PATCH", "/v1/data"),
        ("PATCH", DECISION),
        ("DELETE", "/v1/data"),
        ("DELETE", DECISION),
        ("PUT", "/v1/policies/mine"),
        ("DELETE", "/v1/policies/authz.rego"),
        ("GET", "/v1/policies"),
        ("GET", "/v1/policies/authz.rego"),
        ("GET", "/v1/config"),
        ("GET", "/metrics"),
        ("GET", "/debug/pprof/"),
        ("GET", "/v1/data"),
        ("GET", DECISION),
        ("POST", "/v1/data"),
        ("POST", "/v1/data/assent"),
        ("POST", "/v1/data/system"),
        ("POST", "/v1/data/system/guard"),
        ("POST", f"{DECISION}/verdict"),
        ("POST", f"{DECISION}/"),
        ("POST", "/v0/data/assent/decision"),
        ("GET", "/v0/data"),
        ("POST", "/v1/data/assent%2Fdecision"),
        ("POST", "/v1/data%2Fassent%2Fdecision"),
        ("POST", "/v1/data/system%2Fguard"),
        ("POST", "/v1%2Fquery"),
        ("POST", "/v1/data/assent/decision/..%2F..%2Fsystem"),
        ("POST", "/v1/data/assent/%64ecision/../../system"),
        ("POST", "//v1/data/assent/decision"),
        ("POST", "/V1/data/assent/decision"),
        ("GET", "/health/live"),
        ("GET", "/v1/status/x"),
        ("POST", "/v1/status"),
        ("TRACE", DECISION),
        ("OPTIONS", DECISION),
        ("HEAD", "/v1/policies"),
    ],
)
def test_with_the_token_everything_else_is_shut(port: int, method: str, target: str) -> None:
    body = json.dumps({"query": "data", "input": {}, "unknowns": ["input"]}) if method != "GET" else None
    status, said = ask(port, method, target, body=body)
    # A path that is not clean is redirected to the clean one, where the same holds.
    assert status in {301, 307, 401, 404, 405}, (status, said)
    assert b"result" not in said
    assert b"token_sha256" not in said


def test_nothing_that_was_tried_changed_anything(port: int) -> None:
    assert json.loads(ask(port, "POST", DECISION, body=INPUT)[1])["result"] == ALLOW


async def test_the_token_is_wanted_on_the_socket_too_and_we_have_it(tmp_path: Path) -> None:
    async with opened(tmp_path, f"127.0.0.1:{a_free_port()}") as sidecar:
        assert (await sidecar.evaluator.decide(question(answer=ALLOW), budget=20)).verdict == "allow"
        assert (await sidecar.health()).ready
        await sidecar.activate(bundle_of(note="newer"))
        assert sidecar.process is not None
        folder = sidecar.process.socket.parent
        for name in ("opa.sock", "opa.json", "authz.rego", "authz.json"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert TOKEN not in (folder / "authz.json").read_text() + (folder / "authz.rego").read_text()
        async with OpaClient(sidecar.process.socket) as stranger:
            with pytest.raises(Exception, match="401"):
                await stranger.decide(b"{}", {}, 20)
        assert sidecar.process.pid is not None
        assert TOKEN not in " ".join(psutil.Process(sidecar.process.pid).cmdline())
    assert list((tmp_path / "state").iterdir()) == []
    assert not folder.exists()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens at."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def test_a_port_that_is_taken_is_said_and_nobody_is_sent_the_token(tmp_path: Path, taken: int) -> None:
    with pytest.raises(EngineUnavailableError, match="address already in use"):
        async with opened(tmp_path, f"127.0.0.1:{taken}"):
            pytest.fail("it opened")


@pytest.mark.parametrize(
    "listen",
    ["0.0.0.0:1", "[::]:1", "192.0.2.1:8181", "example.com:1", "127.0.0.1", "127.0.0.1:0", ":1", "127.0.0.1:x"],
)
def test_an_address_that_others_could_reach_is_refused(listen: str) -> None:
    with pytest.raises(EngineSettingsError, match="this machine only"):
        read_door({"ASSENT_OPA_LISTEN": listen, "ASSENT_OPA_TOKEN": TOKEN})


@pytest.mark.parametrize("token", ["", "short", "a" * 31, "ü" * 40, "with a space in it, and long enough"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(EngineSettingsError, match="ASSENT_OPA_TOKEN"):
        read_door({"ASSENT_OPA_LISTEN": "127.0.0.1:1", "ASSENT_OPA_TOKEN": token})


def test_there_is_no_door_unless_it_is_asked_for() -> None:
    assert read_door({"ASSENT_OPA_TOKEN": TOKEN}) is None
    door = read_door({"ASSENT_OPA_LISTEN": "[::1]:8181", "ASSENT_OPA_TOKEN": TOKEN})
    assert door is not None
    assert door.address == "[::1]:8181"
    assert TOKEN not in repr(door)
