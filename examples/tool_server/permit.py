"""The proof that a call was allowed: checked before anything is done, worth one call."""

import json
import time
from pathlib import Path
from typing import Any

import jwt

from tool_server.database import Database
from tool_server.errors import CallError

_LEEWAY_SECONDS = 5
"""By how much the clocks of the giver and of this machine may differ."""

_SCHEMA = "CREATE TABLE permit (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT"


class PermitCheck:
    """Checks permits against the public key of whoever gives them; used ones are kept until they expire."""

    def __init__(self, key_file: Path, folder: Path, tenant: str | None = None) -> None:
        """Read the key (a JWK, RFC 7517, of type OKP/Ed25519); with ``tenant``, only permits of that one count.

        Raises:
            OSError, ValueError, jwt.PyJWTError: the file holds no such key.
        """
        jwk = json.loads(key_file.read_text())
        if not isinstance(jwk, dict) or jwk.get("crv") != "Ed25519" or "d" in jwk:
            raise ValueError("the permit key is not a public Ed25519 JWK")
        self._key = jwt.PyJWK(jwk, algorithm="EdDSA")
        self._tenant = tenant
        self._database = Database(folder / "permits.sqlite3", _SCHEMA, lambda _tx: None)

    def redeem(self, token: str, *, expected: dict[str, str]) -> None:
        """Use up the permit.

        ``expected`` are the claims it has to carry: the action's digest, and those of the others that it has at all.

        Raises:
            CallError: there is none, or it is forged, expired, for another action, another tenant's, or used.
        """
        claims = self._claims(token)
        if claims["digest"] != expected["digest"] or any(
            claims.get(name, value) != value for name, value in expected.items()
        ):
            raise CallError("PERMIT_REFUSED", "the permit is for another action")
        if self._tenant is not None and claims.get("tenant") != self._tenant:
            raise CallError("PERMIT_REFUSED", "the permit is another tenant's")
        with self._database.write() as tx:
            tx.execute("DELETE FROM permit WHERE expires_at < ?", (int(time.time()) - 60,))
            row = (str(claims["jti"]), int(claims["exp"]))
            if tx.execute("INSERT OR IGNORE INTO permit VALUES (?, ?)", row).rowcount == 0:
                raise CallError("PERMIT_REFUSED", "the permit was used before")

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            # Who the permit is addressed to is the giver's affair: its digest names the one action it is good for.
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "jti", "digest"], "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            raise CallError("PERMIT_REFUSED", "the permit is missing, forged or expired") from error
        return claims
