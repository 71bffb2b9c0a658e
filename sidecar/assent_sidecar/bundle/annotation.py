"""What Rego files say of themselves in METADATA, as OPA reads it."""

import json
from pathlib import Path

from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary


async def annotations_in(folder: Path, binary: Binary, *, niceness: int = 0) -> list[Json]:
    """Return every annotation of the Rego files in a folder, with its place, as ``opa inspect`` writes it.

    Raises:
        CommandError: OPA cannot be run, or does not say what it reads.
    """
    done = await run(binary, "inspect", "--annotations", "--format", "json", ".", cwd=folder, niceness=niceness)
    try:
        found: list[Json] = json.loads(done.stdout).get("annotations") or []
    except (ValueError, AttributeError) as error:
        raise CommandError(f"opa does not say what it reads: {done.stderr[:500]}") from error
    return found
