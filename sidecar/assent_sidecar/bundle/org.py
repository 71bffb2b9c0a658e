"""The organisation's bundle, as a tenant's is put together with it and compared to it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.contents import read_archive
from assent_sidecar.bundle.controls import declared_controls
from assent_sidecar.bundle.library import LIBRARY
from assent_sidecar.bundle.modules import CONDITIONS, read_modules
from assent_sidecar.bundle.policies import PolicyFile, read_policy
from assent_sidecar.bundle.refusal import BundleMalformedError, OrgLoosenedError, OrgMissingError
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.bundle.under import Content, Offence, OrgFault, Voices, offences
from assent_sidecar.decision import Reason
from assent_sidecar.opa.binary import Binary


@dataclass(frozen=True, slots=True)
class Org:
    """The bundle of an organisation, unpacked."""

    bundle: Bundle
    files: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, bundle: Bundle) -> "Org":
        """Unpack it. It takes a while for a large one, so call it from a thread; raises as ``read_archive``."""
        return cls(bundle, read_archive(bundle.archive))

    @property
    def library(self) -> dict[str, bytes]:
        """The library that it was built with: a tenant's bundle has the very same."""
        found = (path for path in self.files if path.startswith(f"{LIBRARY}/") and path != CONDITIONS)
        return {path: self.files[path] for path in found}

    @property
    def policies(self) -> dict[str, PolicyFile]:
        """Its policies by their path."""
        found = (path for path in self.files if PurePosixPath(path).parts[0] == POLICIES)
        return {path: read_policy(path, self.files[path].decode()) for path in found}


_REMEMBERED = 100
"""Pairs of bundles of which it is known whether one is under the other."""


class Allegiance:
    """Whether the bundles of one tenant are under that of the organisation that is in force.

    It has to be found out before it is known, and of what is not known it is not so.
    """

    def __init__(self, org: Callable[[], Bundle], binary: Binary) -> None:
        """Say which bundle of the organisation is in force now, and by which OPA files are read."""
        self.org = org
        self._binary = binary
        self._known: dict[tuple[str, str], tuple[OrgFault, ...]] = {}
        self._voices: dict[str, Voices] = {}

    def holds(self, bundle: Bundle) -> bool:
        """Return whether it is known that the bundle is under the one of the organisation that is in force now."""
        return self._known.get((self.org().revision, bundle.revision)) == ()

    def usurped(self, reason: Reason) -> bool:
        """Return whether a policy of the tenant's speaks for a control of the organisation's; so it is while unknown.

        What the policies are built with says nothing itself, and none of it is of either.
        """
        voices = self._voices.get(self.org().revision)
        return voices is None or voices.usurped(reason.scope, reason.control)

    async def require(self, bundle: Bundle) -> None:
        """Pass when the bundle is under the one of the organisation that is in force now.

        Raises:
            OrgLoosenedError, OrgMissingError: it is not; every file is named.
            BundleMalformedError: it is no bundle of ours.
            CommandError: OPA cannot be asked.
        """
        org = self.org()
        pair = (org.revision, bundle.revision)
        faults = self._known.get(pair)
        if faults is None:
            try:
                ours, theirs = [await content_of_bundle(one, self._binary) for one in (org, bundle)]
                faults = await asyncio.to_thread(offences, ours, theirs)
            except RecursionError as error:
                raise BundleMalformedError("the bundle holds data that nest too deeply") from error
            self._known[pair] = faults
            self._voices.pop(org.revision, None)  # the last is the one that was asked for last
            self._voices[org.revision] = await asyncio.to_thread(Voices.of, ours)
            for gone in list(self._voices)[:-_REMEMBERED]:
                del self._voices[gone]
            for known in list(self._known)[:-_REMEMBERED]:
                del self._known[known]
        if not faults:
            return
        lines = [f"{faults[0]}; a tenant's bundle is built --under its organisation, and loosens nothing of it"]
        lines += [str(fault) for fault in faults[1:]]
        lines += [f"the bundle is {bundle.revision}", f"the organisation's is {org.revision}"]
        loosened = any(fault.offence is Offence.LOOSENED for fault in faults)
        raise (OrgLoosenedError if loosened else OrgMissingError)("\n".join(lines))


async def content_of(files: Mapping[str, bytes], binary: Binary) -> Content:
    """Return the content of a bundle as it is compared, with what OPA reads in its Rego.

    Raises:
        CommandError: OPA cannot be asked.
    """
    texts = {path: text.decode(errors="replace") for path, text in files.items() if path.endswith(".rego")}
    modules = await read_modules(texts, binary)
    policies = {path: texts[path] for path in modules if PurePosixPath(path).parts[0] == POLICIES}
    controls = await declared_controls(policies, binary)
    pretending = frozenset(path for path, module in modules.items() if module.pretends)
    return Content(files, {path: module.package for path, module in modules.items()}, controls, pretending)


async def content_of_bundle(bundle: Bundle, binary: Binary) -> Content:
    """Return the content of a bundle as it is compared; raises as ``content_of`` and ``read_archive``."""
    return await content_of(await asyncio.to_thread(read_archive, bundle.archive), binary)
