"""Builds the one bundle of a workspace, with OPA itself as compiler."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.contents import write_archive
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.modules import answer_conditions, check_heads, read_heads
from assent_sidecar.bundle.stage import Stage, stage, write
from assent_sidecar.bundle.strict import check_strictly, write_capabilities
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.bundle.workspace import Workspace, read_workspace
from assent_sidecar.opa.binary import Binary

__all__ = ["Bundle", "Compiled", "build_bundle", "compile_workspace", "pack"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A workspace that OPA accepted.

    ``folder`` holds the content of the bundle as files, ``capabilities`` is the file that says what policies may use.
    Both are gone when the context of ``compile_workspace`` ends.
    """

    workspace: Workspace
    stage: Stage
    folder: Path
    capabilities: Path


async def build_bundle(root: Path, binary: Binary, *, author: str | None = None) -> Bundle:
    """Build the bundle of the workspace at ``root``; the same content gives the same bytes and the same revision.

    ``author`` is the id of who answers for it, and part of the content.

    Raises:
        WorkspaceError: something is wrong with the workspace; the error names every fault with its file and line.
        CommandError: OPA cannot be run.
    """
    async with compile_workspace(root, binary, author=author) as compiled:
        return await pack(compiled)


async def pack(compiled: Compiled) -> Bundle:
    """Pack what OPA accepted."""
    # Not by `opa build`, which formats what it packs: the revision is of the very bytes that were reviewed.
    content = await asyncio.to_thread(write_archive, compiled.stage.files)
    return Bundle(
        archive=content,
        revision=compiled.stage.revision,
        catalogue=compiled.workspace.catalogue,
        author=compiled.stage.author,
        checks=compiled.stage.checks,
    )


@contextlib.asynccontextmanager
async def compile_workspace(root: Path, binary: Binary, *, author: str | None = None) -> AsyncIterator[Compiled]:
    """Read the workspace at ``root``, stage its bundle and have OPA check it, strictly.

    Raises:
        WorkspaceError: something is wrong with the workspace; the error names every fault with its file and line.
        CommandError: OPA cannot be run.
    """
    workspace, read = await asyncio.to_thread(read_workspace, root)
    heads = await read_heads(workspace.policies, binary)
    module, places, unanswered = answer_conditions(workspace.conditions, workspace.policies, heads)
    faults = [*read, *check_heads(workspace.policies, heads), *unanswered]
    staged = await asyncio.to_thread(stage, workspace, module, author)
    base = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="assent-build-"))
    try:
        folder, capabilities = base / "content", base / "capabilities.json"
        await asyncio.to_thread(write, folder, staged.files)
        await write_capabilities(capabilities, binary)
        # Where a policy was left out, what others would call in it is missing: an echo, not a fault.
        echoes = any(fault.file.startswith(f"{POLICIES}/") for fault in read)
        errors = await check_strictly(folder, capabilities, binary)
        faults.extend(error.fault(places) for error in errors if not (echoes and error.is_about_types))
        if faults:
            raise WorkspaceError(tuple(faults))
        yield Compiled(workspace, staged, folder, capabilities)
    finally:
        await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)
