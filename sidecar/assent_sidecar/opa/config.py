"""OPA's configuration: where its bundle comes from, what it may log (nothing), where its spans go."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from assent_sidecar.errors import EngineSettingsError
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import PINNED_VERSION

BUNDLE_NAME = "assent"
"""The name under which OPA knows our bundle, in its provenance and status."""

DROP_RULE = "/assent/log/drop"
"""The shipped rule (``rego/assent/log.rego``) that keeps every decision out of OPA's log."""

_LONG_POLL_SECONDS = 60
_LONGEST_RETRY_SECONDS = 2
_DEFAULT_PORTS = {"grpc": 4317, "http": 4318}
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "GOMAXPROCS")
_PASSED_ON_PREFIX = "OTEL_EXPORTER_OTLP_"  # headers and the path of an endpoint are read by its exporter itself


def render(
    environ: Mapping[str, str],
    *,
    bundles: str,
    resource: str,
    token: str,
    keys: Mapping[str, Json] | None = None,
    allow_unsigned: bool = False,
) -> dict[str, Json]:
    """Return the configuration of an engine that serves one bundle.

    OPA gives out decision ids only while a decision log is configured. So there is one, to the console, and every
    event is dropped before it is written: the audit trail is the record, and inputs belong in no log.

    Args:
        environ: where the standard ``OTEL_*`` variables are.
        bundles: base URL of the bundle server.
        resource: path of the bundle below it.
        token: its bearer token.
        keys: the public keys of bundles, by their ids. With any, a bundle must be signed by one of them and name it.
        allow_unsigned: whether one that is not signed is taken all the same.

    Raises:
        EngineSettingsError: the exporter's variables make no sense.
    """
    bundle: dict[str, Json] = {
        "service": BUNDLE_NAME,
        "resource": resource,
        "polling": {
            "min_delay_seconds": 1,
            "max_delay_seconds": _LONGEST_RETRY_SECONDS,
            "long_polling_timeout_seconds": _LONG_POLL_SECONDS,
        },
    }
    if keys and not allow_unsigned:
        # Without a key id OPA looks up the one that the signature names, so that several are valid at once.
        bundle["signing"] = {}
    config: dict[str, Json] = {
        "services": {BUNDLE_NAME: {"url": bundles, "credentials": {"bearer": {"token": token}}}},
        "bundles": {BUNDLE_NAME: bundle},
        "decision_logs": {"console": True, "drop_decision": DROP_RULE},
        "status": {"prometheus": True},  # without a sink the status API answers 500
    }
    if keys:
        config["keys"] = dict(keys)
    tracing = _tracing(environ)
    if tracing is not None:
        config["distributed_tracing"] = tracing
    return config


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what of our environment the engine sees: never ``OPA_*`` (its flags), never our secrets."""
    return {name: value for name, value in environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIX)}


def _tracing(environ: Mapping[str, str]) -> dict[str, Json] | None:
    """Return ``distributed_tracing``, or None when no exporter is configured (OpenTelemetry, "OTLP exporter")."""
    endpoint = _exporter(environ, "ENDPOINT")
    if (
        endpoint is None
        or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in {"", "otlp"}
    ):
        return None
    kind = _protocol(environ)
    secure, address = _address(endpoint, kind, insecure=(_exporter(environ, "INSECURE") or "").lower() == "true")
    config: dict[str, Json] = {
        "type": kind,
        "address": address,
        "service_name": "opa",
        "sample_percentage": 100,  # of roots; with a parent, OPA does as our sampler did
        "encryption": "off",
        "exclude_paths": ["/health**", "/v1/status", "/v1/data/assent/ready"],
        "resource": {"service_version": PINNED_VERSION, "service_namespace": "assent"},
        "batch_span_processor_options": {"blocking": False, "batch_timeout_ms": 500},
    }
    if secure:
        authority, key, certificate = (
            _exporter(environ, name) for name in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")
        )
        config["encryption"] = "mtls" if key and certificate else "tls"
        if authority:
            config["tls_ca_cert_file"] = authority
        if key and certificate:
            config["tls_private_key_file"] = key
            config["tls_cert_file"] = certificate
    return config


def _exporter(environ: Mapping[str, str], name: str) -> str | None:
    """Return ``OTEL_EXPORTER_OTLP_TRACES_<name>``, or the general form of it; empty is unset."""
    for variable in (f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"):
        value = environ.get(variable, "").strip()
        if value:
            return value
    return None


def _protocol(environ: Mapping[str, str]) -> str:
    protocol = (_exporter(environ, "PROTOCOL") or "http/protobuf").lower()
    if protocol == "grpc":
        return "grpc"
    if protocol in {"http/protobuf", "http/json"}:
        return "http"
    raise EngineSettingsError(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: grpc, http/protobuf and http/json exist")


def _address(endpoint: str, kind: str, *, insecure: bool) -> tuple[bool, str]:
    """Return whether to use TLS, and ``host:port``."""
    named = "://" in endpoint
    try:
        parts = urlsplit(endpoint if named else f"//{endpoint}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EngineSettingsError("OTEL_EXPORTER_OTLP_ENDPOINT is not a URL") from error
    if host is None or (named and parts.scheme not in {"http", "https"}):
        raise EngineSettingsError("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL")
    shown = f"[{host}]" if ":" in host else host
    secure = parts.scheme == "https" if named else not insecure
    return secure, f"{shown}:{port or _DEFAULT_PORTS[kind]}"
