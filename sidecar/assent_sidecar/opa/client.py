"""Asks OPA, through opa-python-client. The only file that knows that library; its traps end here.

Tried with opa-python-client 3.0.0: it retries a POST whose evaluation failed (``retries=0`` here), has no Unix
socket, no headers per call, no limit on the size of an answer and no total time limit, it would write a question out
that is written out already, and it hands an undefined result on as a missing key.
"""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
from opa_client import AsyncOpaClient  # type: ignore[import-untyped] # it has no types
from opentelemetry import propagate
from yarl import URL

from assent_sidecar.errors import (
    EngineFaultError,
    EngineSettingsError,
    EngineTimeoutError,
    EngineUnavailableError,
    SidecarError,
)
from assent_sidecar.model import Json
from assent_sidecar.opa.config import BUNDLE_NAME

_METADATA_KEY = "assent/request"
"""Beside ``input`` in the request: OPA shows it to decision logs (``custom.request_metadata``), not to policies."""

_PARAMETERS = {"provenance": True, "rule_labels": True, "strict-builtin-errors": True}
_PROXY_STATUSES = frozenset({502, 503, 504})
_MAX_CONNECTIONS = 64
_MAX_ANSWER = 8 * 1024 * 1024
_LONGEST_ID = 128
_LONGEST_CONTROL = 64
_MAX_CONTROLS = 200


class Undefined(Enum):
    """The type of ``UNDEFINED``."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED
"""OPA has no result: no rule gave one, which is not the same as null."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What OPA said, and under what.

    ``result`` is a JSON value or ``UNDEFINED``; ``revision`` that of our bundle, None when no bundle is active or it
    has no revision; ``controls`` the ids from the METADATA labels ``control`` and ``controls`` of the rules that fired.
    """

    result: Json
    decision_id: str | None
    revision: str | None
    version: str | None
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BundleStatus:
    """Which revision OPA activated last, and why it did not take the last bundle, if it did not."""

    active: str | None
    failure: str | None


class OpaClient:
    """A pool of connections to one OPA, on a Unix socket or at a URL."""

    def __init__(
        self,
        socket: Path | None = None,
        url: str | None = None,
        token: str | None = None,
        *,
        max_answer: int = _MAX_ANSWER,
    ) -> None:
        """Name the OPA: exactly one of ``socket`` and ``url`` (``http``, ``https`` or ``unix:///path``).

        Args:
            socket: path of its Unix socket.
            url: where it listens.
            token: sent as a bearer token.
            max_answer: bytes of an answer that are read at most.

        Raises:
            EngineSettingsError: the URL cannot be one of an OPA.
        """
        if (socket is None) == (url is None):
            raise EngineSettingsError("an OPA has either a socket or a URL")
        base = URL("http://opa")
        if url is not None:
            socket, base = _parse(url)
        self._transport = _Transport(base, socket, token, max_answer)

    async def __aenter__(self) -> Self:
        await self._transport._init_session()  # noqa: SLF001 - what the library's own __aenter__ does
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close_connection()

    async def decide(self, question: bytes, metadata: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109 - the deadline is total, and ours
        """Evaluate ``data.assent.decision``.

        When time is up the connection is dropped, and OPA stops computing.

        Args:
            question: the JSON of the input document; it is sent as it is.
            metadata: identifiers for the decision log of an OPA of the user's own.
            timeout: seconds for everything: a connection, the question, the whole answer.

        Raises:
            EngineTimeoutError: time is up.
            EngineUnavailableError: there is nobody, or the connection was lost.
            EngineFaultError: an evaluation error, or an answer that is not OPA's.
        """
        return await self._query("decision", question, metadata, timeout)

    async def probe(self, timeout: float) -> Answer:  # noqa: ASYNC109 - as above
        """Ask for nothing: the answer's ``version`` and ``revision`` are what is wanted. Raises as ``decide``."""
        return await self._query("ready", b"{}", {}, timeout)

    async def bundle_status(self, timeout: float) -> BundleStatus:  # noqa: ASYNC109 - as above
        """Return what OPA says of our bundle, by ``/v1/status``. Raises as ``decide``."""
        body = await self._ask(self._transport.get_status(), timeout)
        status = _member(_member(_member(body, "result"), "bundles"), BUNDLE_NAME)
        active = _text(_member(status, "active_revision"))
        if not isinstance(status, dict) or not status.get("code"):
            return BundleStatus(active, None)
        errors = [_located(error) for error in _list(status.get("errors"))]
        failure = "; ".join([str(status.get("message", "")), *errors, f"({status.get('last_request', '')})"])
        return BundleStatus(active, failure)

    async def _query(
        self,
        rule: str,
        question: bytes,
        metadata: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - as above
    ) -> Answer:
        call = copy.copy(self._transport)
        call.metadata = dict(metadata)
        return _answer(await self._ask(call.query_rule(question, "assent", rule, _PARAMETERS), timeout))

    async def _ask(self, asking: Any, timeout: float) -> Json:  # noqa: ASYNC109 - as above
        try:
            async with asyncio.timeout(timeout):
                return await asking
        except SidecarError:
            raise
        except TimeoutError as error:
            raise EngineTimeoutError(f"the engine did not answer within {timeout:g} s") from error
        except aiohttp.ClientResponseError as error:
            raise EngineFaultError("what answers does not speak HTTP as an engine does") from error
        except (aiohttp.ClientPayloadError, OSError, aiohttp.ClientConnectionError) as error:
            raise EngineUnavailableError(f"the engine cannot be reached ({type(error).__name__})") from error
        except (aiohttp.ClientError, ValueError, RecursionError) as error:
            raise EngineFaultError(f"the engine's answer cannot be read ({type(error).__name__})") from error


class _Reply:
    """A whole answer, as far as the library looks at one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def raise_for_status(self) -> None:
        """Do nothing: a status that is not 200 has been raised already."""

    async def json(self) -> Json:
        return json.loads(self._body)


class _Transport(AsyncOpaClient):  # type: ignore[misc] # as above
    """The library's client on our connections. A shallow copy is one call: it shares the session."""

    def __init__(self, base: URL, socket: Path | None, token: str | None, max_answer: int) -> None:
        super().__init__(host=base.host or "opa", port=base.port or 80, token=token, retries=0)
        self.root_url = str(base / self.version)  # the library's own knows no path, no IPv6
        self.metadata: dict[str, str] = {}
        self._socket = socket
        self._max_answer = max_answer

    async def _init_session(self) -> None:
        connector: aiohttp.BaseConnector = (
            aiohttp.TCPConnector(limit=_MAX_CONNECTIONS)
            if self._socket is None
            else aiohttp.UnixConnector(str(self._socket), limit=_MAX_CONNECTIONS)
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self.headers,
            timeout=aiohttp.ClientTimeout(total=None),  # the caller's budget is the limit
            trust_env=False,  # a proxy must not see inputs, and ~/.netrc must not replace our token
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    @asynccontextmanager
    async def _request(self, method: str, url: str, **arguments: Any) -> AsyncIterator[_Reply]:
        headers = {"Accept-Encoding": "identity"}
        propagate.inject(headers)
        if "json" in arguments:
            arguments["data"] = self._body(arguments.pop("json")["input"])
            headers["Content-Type"] = "application/json"
        async with super()._request(method, url, headers=headers, allow_redirects=False, **arguments) as response:
            body = await self._read(response)
        if response.status in _PROXY_STATUSES:
            raise EngineUnavailableError(f"there is no engine behind the address (HTTP {response.status})")
        if response.status != 200:
            raise EngineFaultError(_refusal(response.status, body))
        yield _Reply(body)

    def _body(self, question: bytes) -> bytes:
        """Put the question, which is JSON already, beside what decision logs are to show."""
        if not self.metadata:
            return b'{"input":%b}' % question
        return b'{"input":%b,"%b":%b}' % (question, _METADATA_KEY.encode(), json.dumps(self.metadata).encode())

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_answer:
                raise EngineFaultError(f"the engine's answer is longer than {self._max_answer} bytes")
        return bytes(body)


def _parse(url: str) -> tuple[Path | None, URL]:
    try:
        parsed = URL(url)
    except ValueError as error:
        raise EngineSettingsError("the engine's URL cannot be read") from error
    if parsed.scheme == "unix" and parsed.path.startswith("/") and not parsed.host:
        return Path(parsed.path), URL("http://opa")
    if parsed.scheme in {"http", "https"} and parsed.host and not (parsed.user or parsed.password or parsed.query):
        return None, parsed
    raise EngineSettingsError("the engine's URL must be http://host:port, https://host:port or unix:///path")


def _answer(body: Json) -> Answer:
    if not isinstance(body, dict):
        raise EngineFaultError("the engine's answer is not an object")
    provenance = _member(body, "provenance")
    return Answer(
        result=body.get("result", UNDEFINED),
        decision_id=_text(body.get("decision_id")),
        revision=_revision(_member(provenance, "bundles")),
        version=_text(_member(provenance, "version")),
        controls=_controls(body.get("rule_labels")),
    )


def _revision(bundles: Json) -> str | None:
    """Return the revision of our bundle; when nothing has our name, of the only one."""
    if not isinstance(bundles, dict):
        return None
    known = bundles if BUNDLE_NAME not in bundles else {BUNDLE_NAME: bundles[BUNDLE_NAME]}
    return _text(_member(next(iter(known.values())), "revision")) if len(known) == 1 else None


def _controls(labels: Json) -> tuple[str, ...]:
    found: set[str] = set()
    for entry in _list(labels):
        values = [_member(entry, "control"), *_list(_member(entry, "controls"))]
        found.update(value for value in values if isinstance(value, str) and 0 < len(value) <= _LONGEST_CONTROL)
    return tuple(sorted(found)[:_MAX_CONTROLS])


def _refusal(status: int, body: bytes) -> str:
    """Say which error it was and where. OPA's messages may quote input; its codes and locations do not."""
    try:
        errors = _list(_member(json.loads(body), "errors"))
    except (ValueError, RecursionError):
        errors = []
    return f"the engine refused (HTTP {status})" + "".join(f", {_located(error)}" for error in errors[:3])


def _located(error: Json) -> str:
    place = _member(error, "location")
    return f"{_member(error, 'code')} at {_member(place, 'file')}:{_member(place, 'row')}"


def _member(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID else None
