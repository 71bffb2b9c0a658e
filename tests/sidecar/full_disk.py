"""A decision point whose state folder takes no more bytes: run by test_feed.py as a process of its own."""

import asyncio
import json
import resource
import sys
from pathlib import Path

from assent_sidecar.bundle.refusal import BundleNotKeptError
from tests.sidecar.feeds import deciding, offer
from tests.sidecar.signed import Signer


async def main(folder: Path) -> None:
    signer = Signer(folder)
    offer(folder / "bundle.tar.gz", signer, 1)
    async with deciding(folder, signer) as desk:
        desk.offer(2)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))  # a write beyond fails, as on a full disk
        try:
            await desk.feed.refresh()
            refused = ""
        except BundleNotKeptError as error:
            refused = error.code
        full = await desk.number()
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await desk.feed.refresh()
        sys.stdout.write(json.dumps({"refused": refused, "full": full, "afterwards": await desk.number()}))


asyncio.run(main(Path(sys.argv[1])))
