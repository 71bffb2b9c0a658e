"""Whether a bundle may be asked at all: its policies compile strictly, and look at nothing outside of the question."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.contents import read_archive
from assent_sidecar.bundle.strict import write_capabilities
from assent_sidecar.errors import ActivationError
from assent_sidecar.opa.binary import Binary
from assent_sidecar.policy.inspection import Inspection
from assent_sidecar.policy.report import Outcome

_SAID = 10


async def require_sound(bundle: Bundle, binary: Binary, *, niceness: int = 0) -> None:
    """Pass when a rehearsal would find that every file can be used.

    The engine itself would let policies call whom they like: whoever asks what nobody rehearsed asks here first.

    Raises:
        ActivationError: a file cannot be used, and which; or nobody can say.
    """
    base = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="assent-candidate-"))
    try:
        inspection = Inspection(
            files=await asyncio.to_thread(read_archive, bundle.archive),
            tests={},
            cases=(),
            binary=binary,
            folder=base / "content",
            capabilities=base / "capabilities.json",
            niceness=niceness,
        )
        await write_capabilities(inspection.capabilities, binary, niceness=niceness)
        checks = [check async for check in inspection.sound()]
    except (CommandError, OSError) as error:
        raise ActivationError("nobody can say whether the policies can be used: opa cannot be run") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)
    failed = [f"{one.file}:{one.line}: {one.name}" for one in checks if one.outcome is Outcome.FAILED]
    if failed:
        raise ActivationError("\n".join(failed[:_SAID]))
