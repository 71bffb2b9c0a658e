"""Which OPA: the engine that came with the package, or the one the environment names."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assent_sidecar.errors import EngineMissingError, EngineVersionError

PINNED_VERSION = "1.22.2"
"""The one version whose decisions were tested; minor releases of OPA have changed decisions before."""

BINARY_VARIABLE = "ASSENT_OPA_BINARY"
ALLOW_VARIABLE = "ASSENT_OPA_ALLOW_VERSION"

_PACKAGED = Path(__file__).parent / "engine" / "opa"
_VERSION = re.compile(r"^Version: (\S+)$", re.MULTILINE)
_VERSION_TIMEOUT = 20.0
"""Seconds that ``opa version`` may take; a cold disk is slow."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An OPA executable whose version was accepted."""

    path: Path
    version: str
    origin: Literal["package", "environment"]


def find_binary(environ: Mapping[str, str]) -> Binary:
    """Return the engine to start; ``ASSENT_OPA_BINARY`` goes before the packaged one.

    It runs ``opa version``, so call it from a thread when a loop is running.

    Raises:
        EngineMissingError: there is no such executable, or it does not say a version.
        EngineVersionError: its version is neither the pinned one nor the one ``ASSENT_OPA_ALLOW_VERSION`` names.
    """
    named = environ.get(BINARY_VARIABLE)
    path = Path(named) if named else _PACKAGED
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise EngineMissingError(
            f"{BINARY_VARIABLE} names {path}, which is not an executable file"
            if named
            else f"the package holds no engine ({path}): install a wheel of this platform, or name an OPA "
            f"{PINNED_VERSION} with {BINARY_VARIABLE}"
        )
    version = _version_of(path.resolve())
    require_version(version, environ)
    return Binary(path=path.resolve(), version=version, origin="environment" if named else "package")


def accepted_versions(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the versions that may decide: the pinned one, and the one that was allowed by name."""
    allowed = environ.get(ALLOW_VARIABLE, "").strip()
    return frozenset({PINNED_VERSION, allowed} - {""})


def require_version(version: str, environ: Mapping[str, str]) -> None:
    """Refuse an engine of another version.

    Raises:
        EngineVersionError: nobody allowed this version.
    """
    if version not in accepted_versions(environ):
        raise EngineVersionError(
            f"the engine is OPA {version}, but decisions are tested with {PINNED_VERSION} only; "
            f"to use it all the same, set {ALLOW_VARIABLE}={version}"
        )


def _version_of(path: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the path is the operator's, the arguments are ours
            [path, "version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT, check=True, env={}
        )
    except (OSError, subprocess.SubprocessError, UnicodeError) as error:
        raise EngineMissingError(f"{path} could not be asked for its version: {type(error).__name__}") from error
    found = _VERSION.search(done.stdout)
    if found is None:
        raise EngineMissingError(f"{path} does not say which version of OPA it is")
    return found[1]
