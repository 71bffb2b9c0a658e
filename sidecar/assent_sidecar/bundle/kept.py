"""What was kept, as one may use it later: believed anew. Nothing here blocks the loop."""

import asyncio
import logging

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.keep import Keep, Prepared
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.refusal import BundleUnavailableError
from assent_sidecar.bundle.sequence import Standing
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.errors import SidecarError

_log = logging.getLogger(__name__)


class Kept:
    """The bundles of one ``Keep``, and the standing."""

    def __init__(self, keep: Keep, trust: Trust, origin: Origin) -> None:
        """Say whom to believe: as of the origin, where what was built here needs no signature."""
        self._keep = keep
        self._trust = Trust(trust.keys, allow_unsigned=trust.allow_unsigned or origin.local)
        self._origin = origin.name

    async def revisions(self) -> tuple[str, ...]:
        """Return the revisions that one can go back to, newest first: what was in force, and is kept."""
        there = await asyncio.to_thread(self._keep.revisions)
        return tuple(revision for revision in (await self.standing()).been if revision in there)

    async def standing(self) -> Standing:
        """Return what is remembered. Raises as ``Keep.standing``."""
        return await asyncio.to_thread(self._keep.standing)

    async def prepare(self, bundle: Bundle, standing: Standing) -> Prepared:
        """Write everything that counts once it is committed. Raises as ``Keep.prepare``."""
        return await asyncio.to_thread(self._keep.prepare, bundle, standing)

    async def write(self, bundle: Bundle, standing: Standing) -> None:
        """Keep the bundle and remember the standing. Raises as ``Keep.prepare`` and ``Keep.commit``."""
        prepared = await self.prepare(bundle, standing)
        await asyncio.to_thread(prepared.commit)

    async def load(self, revision: str, archive: bytes | None = None) -> Bundle:
        """Return a kept bundle, or the one in ``archive``.

        Raises:
            BundleUnavailableError: it is not kept, or what is kept under that name is another one.
            SidecarError: it is not believed any more.
        """
        found = await asyncio.to_thread(self._keep.load, revision) or archive
        if found is None:
            raise BundleUnavailableError(f"the bundle {revision[:80]} is not among those that are kept")
        bundle = await asyncio.to_thread(self._trust.read, found)
        if bundle.revision != revision:
            raise BundleUnavailableError(f"what is kept as {revision[:80]} is {bundle.revision}")
        return bundle

    async def last_good(self, standing: Standing) -> Bundle | None:
        """Return the bundle that was in force, if it is still believed; an unsigned one only of this very origin."""
        archive = await asyncio.to_thread(self._keep.load, standing.active) if standing.active else None
        if archive is None:
            return None
        try:
            last = await asyncio.to_thread(self._trust.read, archive)
        except SidecarError as error:
            _log.error("the bundle %s was in force, but is not believed any more: %s", standing.active, error)
            return None
        same = last.signed_by is not None or standing.origin == self._origin
        return last if same and last.revision == standing.active else None
