import base64
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assent_orchestrator.governance.permit import LIFETIME, Permit, PermitError, PermitIssuer, verify_permit
from assent_orchestrator.governance.signing_key import SigningKeyError, open_signing_key
from assent_orchestrator.governance.thumbprint import thumbprint

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
KEY = Ed25519PrivateKey.generate()
ISSUER = PermitIssuer(KEY)


def issued(digest: str = DIGEST) -> Permit:
    return ISSUER.issue(
        tenant="sales",
        action_digest=digest,
        action="email.send",
        decision_id="decision-1",
        run="run-1",
        step="send",
        attempt=2,
        idempotency_key="key-1",
        labels=("untrusted", "confidential"),
        now=NOW,
    )


def signed(key: Ed25519PrivateKey = KEY, typ: str = "assent-permit+jwt", **changes: Any) -> str:
    claims = {**jwt.decode(issued().token, options={"verify_signature": False}), **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm="EdDSA", headers={"typ": typ})


@pytest.mark.requirement("orchestrator.permit-is-verifiable")
def test_a_tool_server_can_read_what_was_permitted() -> None:
    permit = issued()
    claims = verify_permit(permit.token, ISSUER.jwk, DIGEST, idempotency_key="key-1", now=NOW)
    assert (claims.action, claims.digest, claims.decision_id) == ("email.send", DIGEST, "decision-1")
    assert (claims.run, claims.step, claims.attempt, claims.idempotency_key) == ("run-1", "send", 2, "key-1")
    assert (claims.id, claims.expires_at) == (permit.id, permit.expires_at)
    assert permit.expires_at <= NOW + LIFETIME


@pytest.mark.requirement("orchestrator.permit-is-verifiable", "orchestrator.tenants-own-permits")
def test_a_permit_is_good_for_the_systems_of_its_tenant_only() -> None:
    assert verify_permit(issued().token, ISSUER.jwk, DIGEST, tenant="sales", now=NOW).tenant == "sales"
    for token in (issued().token, signed(tenant=None)):
        with pytest.raises(PermitError, match="another tenant's"):
            verify_permit(token, ISSUER.jwk, DIGEST, tenant="legal", now=NOW)
    assert verify_permit(signed(tenant=None), ISSUER.jwk, DIGEST, now=NOW).tenant is None, "issued before it was said"
    with pytest.raises(PermitError, match="not a permit"):
        verify_permit(signed(tenant=["sales"]), ISSUER.jwk, DIGEST, now=NOW)


@pytest.mark.requirement("orchestrator.permit-is-verifiable")
def test_a_permit_is_good_for_its_digest_its_effect_and_its_time_only() -> None:
    token = issued().token
    with pytest.raises(PermitError, match="another action"):
        verify_permit(token, ISSUER.jwk, "sha256:" + "b" * 64, now=NOW)
    with pytest.raises(PermitError, match="another effect"):
        verify_permit(token, ISSUER.jwk, DIGEST, idempotency_key="key-2", now=NOW)
    with pytest.raises(PermitError, match="expired"):
        verify_permit(token, ISSUER.jwk, DIGEST, now=NOW + timedelta(hours=1))
    with pytest.raises(PermitError, match="expired"):
        verify_permit(token, ISSUER.jwk, DIGEST)


def _unsigned() -> str:
    head, body, _ = issued().token.split(".")
    del head
    return base64.urlsafe_b64encode(b'{"alg":"none","typ":"assent-permit+jwt"}').decode().rstrip("=") + f".{body}."


def _with_secret() -> str:
    claims = jwt.decode(issued().token, options={"verify_signature": False})
    return jwt.encode(claims, ISSUER.jwk["x"].ljust(32, "="), algorithm="HS256", headers={"typ": "assent-permit+jwt"})


FORGED = {
    "nothing": lambda: "",
    "garbage": lambda: "a.b.c",
    "another key": lambda: signed(Ed25519PrivateKey.generate()),
    "no signature": _unsigned,
    "the public key as a secret": _with_secret,
    "a changed body": lambda: issued().token.replace(".e", ".f", 1),
    "another kind of token": lambda: signed(typ="JWT"),
    "another issuer": lambda: signed(iss="somebody"),
    "no digest": lambda: signed(digest=None),
    "no expiry": lambda: signed(exp=None),
    "an expiry that is no number": lambda: signed(exp="never"),
    "an expiry beyond time": lambda: signed(exp=10**30),
    "a digest that is no text": lambda: signed(digest=[DIGEST]),
    "an attempt that is no number": lambda: signed(attempt="2"),
    "no step": lambda: signed(sub="run-1"),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.requirement("orchestrator.permit-is-verifiable")
def test_what_the_gate_did_not_sign_is_refused(name: str) -> None:
    with pytest.raises(PermitError):
        verify_permit(FORGED[name](), ISSUER.jwk, DIGEST, now=NOW)


def test_a_key_that_is_none_is_refused() -> None:
    for jwk in ({}, {"kty": "OKP"}, {"kty": "oct", "k": "c2VjcmV0"}):
        with pytest.raises(PermitError):
            verify_permit(issued().token, jwk, DIGEST, now=NOW)


def test_a_permit_says_what_it_is_for_but_not_its_token() -> None:
    permit = issued()
    assert permit.token not in repr(permit)
    permit.check(DIGEST, NOW)
    for digest, moment in ((DIGEST, permit.expires_at), ("sha256:" + "b" * 64, NOW)):
        with pytest.raises(PermitError):
            permit.check(digest, moment)


def test_no_two_permits_have_one_id() -> None:
    assert len({issued().id for _ in range(100)}) == 100


def test_the_public_key_is_public_only() -> None:
    jwk = ISSUER.jwk
    assert set(jwk) == {"kty", "crv", "x", "kid", "use", "alg"}
    jwk.clear()
    assert ISSUER.jwk


def test_the_thumbprint_is_the_one_of_rfc_8037() -> None:
    # RFC 8037, appendix A.3
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert json.dumps(jwk)


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "permits.pem"
    first = open_signing_key(path)
    again = open_signing_key(path)
    assert PermitIssuer(first).jwk == PermitIssuer(again).jwk
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["permits.pem"]


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "permits.pem"
    open_signing_key(path)
    path.chmod(0o640)
    with pytest.raises(SigningKeyError, match="can be read by others"):
        open_signing_key(path)


def test_what_is_no_ed25519_key_is_named_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "permits.pem"
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"hunter2", other):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        with pytest.raises(SigningKeyError, match=r"permits\.pem") as caught:
            open_signing_key(path)
        assert "hunter2" not in str(caught.value)
