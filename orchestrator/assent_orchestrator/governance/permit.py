"""The proof that exactly one action was allowed: made by the gate, demanded by every call of a tool.

A permit travels as a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037), so that a tool server can refuse whatever
did not come through the gate. For that it needs the public key (a JWK, RFC 7517) and the digest of what is asked.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assent_orchestrator.governance.signing_key import public_jwk
from assent_orchestrator.plan.action import plain_digest
from assent_orchestrator.plan.digests import is_keyed
from assent_sidecar.facts import Action

ISSUER = "assent"
LIFETIME = timedelta(minutes=2)
"""Long enough to reach the tool server, too short to be of use to anybody else."""

LEEWAY = timedelta(seconds=5)
"""By how much the clocks of the gate and of a tool server may differ."""

_TYPE = "assent-permit+jwt"
_CLAIMS = ("iss", "sub", "jti", "iat", "exp", "digest", "action", "decision", "attempt", "key")


class PermitError(Exception):
    """There is no valid permit for what is about to be done; it must not be done."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to perform one action once.

    ``action_digest`` and ``decision_id`` say what and why, ``idempotency_key`` is how a tool server knows attempts at
    one effect, ``token`` is the JWS. ``claimed`` is the plain digest, which the token has and which is never written
    down where ``action_digest`` is a keyed one. Nothing but the gate makes one.
    """

    id: str
    action_digest: str
    decision_id: str
    run: str
    step: str
    attempt: int
    idempotency_key: str
    issued_at: datetime
    expires_at: datetime
    token: str = field(repr=False)
    claimed: str = field(repr=False)

    def check(self, digest: str, now: datetime) -> None:
        """Make sure that this permit is for the action with ``digest`` and still good at ``now``.

        Raises:
            PermitError: it is not.

        """
        if self.action_digest != digest:
            raise PermitError("the permit is for another action")
        if now >= self.expires_at:
            raise PermitError("the permit has expired")

    def check_action(self, action: Action, now: datetime) -> None:
        """Make sure that this permit is for what ``action`` really is, whatever digest it claims, and good at ``now``.

        Raises:
            PermitError: it is not.

        """
        self.check(action.digest, now)
        if plain_digest(action) != self.claimed:
            raise PermitError("the action is not what its digest says")


def claim_of(action: Action, written: str) -> str:
    """Return what a token says of an action whose digest is ``written``: the plain one, which tool servers compute."""
    return plain_digest(action) if is_keyed(written) else written


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified permit says: which attempt of which step does what, and which decision allowed it.

    ``labels`` are those of anything in the arguments, ``tenant`` is whose policies allowed it; None: it was issued
    before permits said so.
    """

    id: str
    action: str
    digest: str
    decision_id: str
    run: str
    step: str
    attempt: int
    idempotency_key: str
    expires_at: datetime
    labels: tuple[str, ...] | None
    tenant: str | None


class PermitIssuer:
    """Signs permits. The key never leaves it; the public half is ``jwk``."""

    def __init__(self, key: Ed25519PrivateKey, *, issuer: str = ISSUER, lifetime: timedelta = LIFETIME) -> None:
        self._key = key
        self._issuer = issuer
        self._lifetime = lifetime
        self._jwk = public_jwk(key)

    @classmethod
    def generate(cls, *, issuer: str = ISSUER, lifetime: timedelta = LIFETIME) -> Self:
        """Return an issuer with a key of its own, which is gone when the process is."""
        return cls(Ed25519PrivateKey.generate(), issuer=issuer, lifetime=lifetime)

    def read(self, token: str) -> Claims:
        """Return what a permit of ours says, also when it has expired: its action may be under way for longer.

        Raises:
            PermitError: the token is not a permit, or not one of ours.

        """
        return _opened(token, self._jwk, self._issuer)

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a JWK (RFC 8037); ``kid`` is its thumbprint (RFC 7638)."""
        return dict(self._jwk)

    def issue(
        self,
        *,
        tenant: str,
        action_digest: str,
        action: str,
        decision_id: str,
        run: str,
        step: str,
        attempt: int,
        idempotency_key: str,
        labels: Iterable[str],
        now: datetime,
        identifier: str | None = None,
        claimed: str = "",
    ) -> Permit:
        """Return a permit for one attempt at one action; only the gate may call this.

        ``tenant`` is whose policies allowed it: a system of the same name may be another one's, too. ``labels`` are
        those of anything in its arguments. ``claimed`` is what the token says (``claim_of``), ``action_digest`` itself
        where it is left out.
        ``identifier`` is that of a permit that was issued before: with the same facts it is the same permit again.
        """
        identifier, claimed = identifier or uuid.uuid4().hex, claimed or action_digest
        # JWTs count whole seconds (RFC 7519): the permit itself is not good for longer than its token.
        issued = now.astimezone(UTC).replace(microsecond=0)
        expires = issued + self._lifetime
        claims = {
            "iss": self._issuer,
            "sub": f"{run}/{step}",
            "jti": identifier,
            "iat": issued,
            "exp": expires,
            "tenant": tenant,
            "digest": claimed,
            "action": action,
            "decision": decision_id,
            "attempt": attempt,
            "key": idempotency_key,
            "labels": sorted(labels),
        }
        token = jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._jwk["kid"], "typ": _TYPE})
        return Permit(
            id=identifier,
            action_digest=action_digest,
            decision_id=decision_id,
            run=run,
            step=step,
            attempt=attempt,
            idempotency_key=idempotency_key,
            issued_at=issued,
            expires_at=expires,
            token=token,
            claimed=claimed,
        )


def verify_permit(
    token: str,
    jwk: Mapping[str, Any],
    digest: str,
    *,
    idempotency_key: str | None = None,
    tenant: str | None = None,
    issuer: str = ISSUER,
    now: datetime | None = None,
) -> Claims:
    """Verify a permit as a tool server does, against the digest that it computed itself.

    Give ``idempotency_key`` to make sure that the permit is for this very effect, too, and ``tenant`` where the systems
    are those of one tenant: another one may have systems of the same names, and policies of its own for them.

    Raises:
        PermitError: the token is not a permit, not signed with ``jwk``, expired, or for something else.

    """
    claims = _opened(token, jwk, issuer)
    if claims.digest != digest:
        raise PermitError("the permit is for another action")
    if idempotency_key is not None and claims.idempotency_key != idempotency_key:
        raise PermitError("the permit is for another effect")
    if tenant is not None and claims.tenant != tenant:
        raise PermitError("the permit is another tenant's")
    if (now or datetime.now(UTC)) >= claims.expires_at + LEEWAY:
        raise PermitError("the permit has expired")
    return claims


def _opened(token: str, jwk: Mapping[str, Any], issuer: str) -> Claims:
    try:
        key = jwt.PyJWK.from_dict(dict(jwk), algorithm="EdDSA")
        opened = jwt.decode_complete(
            token,
            key,
            algorithms=["EdDSA"],
            issuer=issuer,
            # The moment is handed in: exp is checked below, and a clock that is behind must not refuse iat.
            options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False},
        )
        if opened["header"].get("typ") != _TYPE:
            raise PermitError("the token is not a permit")
        return _read(opened["payload"])
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
        raise PermitError("the token is not a valid permit") from error


def _read(payload: Mapping[str, Any]) -> Claims:
    texts = {name: payload[name] for name in ("jti", "action", "digest", "decision", "sub", "key")}
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(payload["attempt"], int):
        raise PermitError("the token is not a permit")
    run, slash, step = texts["sub"].rpartition("/")
    if not slash:
        raise PermitError("the token is not a permit")
    return Claims(
        id=texts["jti"],
        action=texts["action"],
        digest=texts["digest"],
        decision_id=texts["decision"],
        run=run,
        step=step,
        attempt=payload["attempt"],
        idempotency_key=texts["key"],
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        labels=_labels(payload.get("labels")),
        tenant=_tenant(payload.get("tenant")),
    )


def _labels(claimed: Any) -> tuple[str, ...] | None:
    if claimed is None:
        return None
    if not isinstance(claimed, list) or not all(isinstance(label, str) for label in claimed):
        raise PermitError("the token is not a permit")
    return tuple(claimed)


def _tenant(claimed: Any) -> str | None:
    if claimed is not None and not isinstance(claimed, str):
        raise PermitError("the token is not a permit")
    return claimed
