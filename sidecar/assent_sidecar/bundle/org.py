"""The organisation's bundle, as a tenant's is put together with it and compared to it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.contents import read_archive
from assent_sidecar.bundle.library import LIBRARY
from assent_sidecar.bundle.modules import CONDITIONS, read_modules
from assent_sidecar.bundle.policies import PolicyFile, read_policy
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.bundle.under import Content
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


async def content_of(files: Mapping[str, bytes], binary: Binary) -> Content:
    """Return the content of a bundle as it is compared, with the packages that OPA reads in it.

    Raises:
        CommandError: OPA cannot be asked.
    """
    texts = {path: text.decode(errors="replace") for path, text in files.items() if path.endswith(".rego")}
    modules = await read_modules(texts, binary)
    return Content(files, {path: module.package for path, module in modules.items()})


async def content_of_bundle(bundle: Bundle, binary: Binary) -> Content:
    """Return the content of a bundle as it is compared; raises as ``content_of`` and ``read_archive``."""
    return await content_of(await asyncio.to_thread(read_archive, bundle.archive), binary)
