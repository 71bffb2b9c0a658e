"""Why a bundle does not come into force; the one before stays, whatever the reason."""

from typing import ClassVar

from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError

REFUSALS = (SidecarError, WorkspaceError, CommandError)
"""Everything that keeps a bundle from coming into force."""


def first_line(error: Exception) -> str:
    """Return in one line why, with the code if there is one, and how much more was said."""
    lines = str(error).splitlines() or [type(error).__name__]
    if isinstance(error, SidecarError):
        lines[0] = f"{error.code}: {lines[0].removeprefix(f'{error.code}: ')}"  # some lines name it themselves
    return lines[0] if len(lines) == 1 else f"{lines[0]} (and {len(lines) - 1} more)"


class BundleKeyError(SidecarError):
    """A key cannot be used; the message names the file and never what is in it."""

    code: ClassVar[str] = "BUNDLE_KEY"


class BundleUnavailableError(SidecarError):
    """The place where bundles come from cannot be reached, or gives none."""

    code: ClassVar[str] = "BUNDLE_UNAVAILABLE"


class BundleMalformedError(SidecarError):
    """The archive is not one bundle of ours, whole and as its revision says."""

    code: ClassVar[str] = "BUNDLE_MALFORMED"


class BundleUnsignedError(SidecarError):
    """Nobody signed it, and unsigned ones were not allowed."""

    code: ClassVar[str] = "BUNDLE_UNSIGNED"


class BundleSignatureError(SidecarError):
    """It is signed, but not by a key that counts here, or not in the form in which it came."""

    code: ClassVar[str] = "BUNDLE_SIGNATURE"


class BundleOlderError(SidecarError):
    """A later one was in force before, and nobody named this one to go back to."""

    code: ClassVar[str] = "BUNDLE_OLDER"


class BundleSequenceError(SidecarError):
    """Its number is of the future: were it in force, nothing that is made until then could follow it."""

    code: ClassVar[str] = "BUNDLE_SEQUENCE"


class BundleRehearsalError(SidecarError):
    """It did not pass what must be passed before anything is decided by it; each line after the first is one reason."""

    code: ClassVar[str] = "BUNDLE_REHEARSAL"


class BundleAuthorError(SidecarError):
    """Two persons are needed to bring it into force, and it does not say who made it, or both are the same."""

    code: ClassVar[str] = "BUNDLE_AUTHOR"


class OrgLoosenedError(SidecarError):
    """It says something where the organisation speaks, or else than the organisation does: see ``bundle/under.py``."""

    code: ClassVar[str] = "ORG_LOOSENED"


class OrgMissingError(SidecarError):
    """It leaves out something of the organisation's bundle in force."""

    code: ClassVar[str] = "ORG_MISSING"


class BundleNotRecordedError(SidecarError):
    """Nobody could write down that it comes into force; what is not on record does not decide."""

    code: ClassVar[str] = "BUNDLE_NOT_RECORDED"


class BundleNotKeptError(SidecarError):
    """The state folder cannot be written or read, so that a restart would not know what was in force."""

    code: ClassVar[str] = "BUNDLE_NOT_KEPT"
