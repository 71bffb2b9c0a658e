"""The file ``identities.yaml`` of a server: whose tokens and certificates are believed, and with which roles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from assent_orchestrator.server.tokens import Known
from assent_sidecar.bundle.explanation import read_document
from assent_sidecar.bundle.source import SourceError
from assent_sidecar.loopback import is_sheltered
from assent_sidecar.model import Document, Name

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that whoever checks them cannot make (RFC 7518, RFC 8037); shared secrets are not among them."""

Roles = Annotated[tuple[Name, ...], Field(max_length=64)]


class IdentitiesFileError(Exception):
    """The file cannot be used; the message says where and why."""


class Issuer(Document):
    """Somebody whose JWTs (RFC 7519) say who is calling.

    ``keys`` is where its public keys are (a JWK set, RFC 7517): a file, from the folder of this one, or an https URL.
    ``id_claim`` names the claim with the caller's id, ``roles_claim`` that with its groups; ``roles`` says which roles
    a group has here. A group that is not named has none. ``agents`` says which callers are agents, by what stands in
    ``agent_claim`` (without one: in that with the id). An agent has none of the roles of people, whatever its groups.
    """

    issuer: Annotated[str, Field(min_length=1, max_length=2048)]
    audience: Annotated[str, Field(min_length=1, max_length=2048)]
    keys: Annotated[str, Field(min_length=1, max_length=2048)]
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)]
    tenant: Name = "local"
    id_claim: Annotated[str, Field(min_length=1, max_length=128)] = "sub"
    roles_claim: Annotated[str, Field(min_length=1, max_length=128)] = "groups"
    roles: Mapping[str, Roles] = {}
    agent_claim: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    agents: Mapping[str, Name] = {}

    @model_validator(mode="after")
    def _keys_come_safely(self) -> "Issuer":
        place = urlsplit(self.keys)
        # To ask for the port refuses one that cannot be.
        if place.scheme and (place.port == 0 or not is_sheltered(place)):
            raise ValueError("keys come from a file or over https; over http from this machine only")
        return self

    @model_validator(mode="after")
    def _claim_of_some(self) -> "Issuer":
        if self.agent_claim is not None and not self.agents:
            raise ValueError("agent_claim says nothing without agents")
        return self


class CertificateCaller(Known):
    """A caller with a client certificate that names ``uri`` (as SPIFFE ids are) or ``dns``, letter for letter."""

    roles: Roles = ()
    uri: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    dns: Annotated[str, Field(min_length=1, max_length=253)] | None = None

    @model_validator(mode="after")
    def _one_name(self) -> "CertificateCaller":
        if (self.uri is None) == (self.dns is None):
            raise ValueError("give either uri or dns")
        return self


class ClientCertificates(Document):
    """Whose certificates are believed (``ca``: a PEM file, from the folder of this one), and who has which."""

    ca: Annotated[str, Field(min_length=1)]
    callers: Annotated[tuple[CertificateCaller, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_name_once(self) -> "ClientCertificates":
        names = [(one.uri, one.dns) for one in self.callers]
        if len(set(names)) < len(names):
            raise ValueError("a certificate's name is there twice")
        return self


class IdentitiesFile(Document):
    """The whole file."""

    jwt: tuple[Issuer, ...] = ()
    client_certificates: ClientCertificates | None = None

    @model_validator(mode="after")
    def _each_issuer_once(self) -> "IdentitiesFile":
        if len({one.issuer for one in self.jwt}) < len(self.jwt):
            raise ValueError("an issuer is there twice")
        return self


def read_identities(path: Path) -> IdentitiesFile:
    """Read the file; it holds no secrets, so that others may read it, too.

    Raises:
        IdentitiesFileError: it cannot be read, or is no such file; the message names all that is wrong with its line.
    """
    try:
        return read_document(path, IdentitiesFile)
    except SourceError as error:
        raise IdentitiesFileError(f"{path} is no file of identities: {error}") from error
