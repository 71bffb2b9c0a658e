"""What a JWT of an issuer says: who is calling, and with which roles here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import ExpiredSignatureError, ImmatureSignatureError, InvalidAudienceError, PyJWTError
from pydantic import TypeAdapter, ValidationError

from assent_orchestrator.caller import Authn, Caller
from assent_orchestrator.clock import later
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.identities.file import Issuer
from assent_orchestrator.server.tokens import Identity

_LEEWAY_SECONDS = 30
_EPOCH = datetime.fromtimestamp(0, UTC)
_IDENTITY: TypeAdapter[str] = TypeAdapter(Identity)
_UNKNOWN = "the bearer token is not known here"


def issuer_and_key(token: str) -> tuple[str, str]:
    """Return who a token says it is from, and by which key. Nothing of it is believed yet.

    Raises:
        UnauthenticatedError: it is no JWT, or does not say so.
    """
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except PyJWTError as error:
        raise UnauthenticatedError(_UNKNOWN) from error
    issuer, key_id = claims.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or not isinstance(key_id, str):
        raise UnauthenticatedError(_UNKNOWN)
    return issuer, key_id


def caller_of(token: str, issuer: Issuer, key: PyJWK) -> Caller:
    """Check a JWT (RFC 7519, RFC 8725) and return its caller.

    It must be signed by ``key`` with one of the issuer's algorithms, be meant for us, and say when it ends.

    Raises:
        UnauthenticatedError: it is not good; the message says no more than its sender needs to know.
    """
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=list(issuer.algorithms),
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", issuer.id_claim]},
        )
        caller_id = _IDENTITY.validate_python(claims[issuer.id_claim], strict=True)
    except ExpiredSignatureError as error:
        raise UnauthenticatedError("the bearer token has expired; get a new one") from error
    except ImmatureSignatureError as error:
        raise UnauthenticatedError("the bearer token is not good yet; is a clock wrong?") from error
    except InvalidAudienceError as error:
        raise UnauthenticatedError("the bearer token is for somebody else; get one for this server") from error
    except (PyJWTError, ValidationError) as error:
        raise UnauthenticatedError(_UNKNOWN) from error
    caller = Caller(
        id=caller_id,
        tenant=issuer.tenant,
        roles=_roles(claims, issuer),
        authn=Authn.JWT,
        known_until=later(_EPOCH, int(claims["exp"]) + _LEEWAY_SECONDS),
    )
    agent = _agent(claims, issuer)
    return caller.as_agent(agent) if agent else caller


def _agent(claims: Mapping[str, Any], issuer: Issuer) -> str:
    """Return which agent the caller is; empty: none.

    Raises:
        UnauthenticatedError: the claim that says so cannot be read, so that nobody knows.
    """
    said = claims.get(issuer.agent_claim or issuer.id_claim)
    if said is not None and not isinstance(said, str):
        raise UnauthenticatedError(_UNKNOWN)
    return issuer.agents.get(said, "") if said is not None else ""


def _roles(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[str]:
    named = claims.get(issuer.roles_claim, ())
    groups = [named] if isinstance(named, str) else named if isinstance(named, list) else ()
    return frozenset(role for group in groups if isinstance(group, str) for role in issuer.roles.get(group, ()))
