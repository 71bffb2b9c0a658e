"""Builds the one bundle of a workspace, with OPA itself as compiler."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.contents import write_archive
from assent_sidecar.bundle.fault import WorkspaceError, WorkspaceFault
from assent_sidecar.bundle.modules import answer_conditions, check_heads, check_packages, heads_of, read_policies
from assent_sidecar.bundle.org import Org, content_of
from assent_sidecar.bundle.stage import Stage, stage, write
from assent_sidecar.bundle.strict import check_strictly, write_capabilities
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.bundle.under import offences
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


async def build_bundle(root: Path, binary: Binary, *, author: str | None = None, under: Bundle | None = None) -> Bundle:
    """Build the bundle of the workspace at ``root``; the same content gives the same bytes and the same revision.

    ``author`` is the id of who answers for it, and part of the content. ``under`` is the bundle of the organisation
    whose tenant this is: all of it is part of the result, and what would loosen it is a fault.

    Raises:
        WorkspaceError: something is wrong with the workspace; the error names every fault with its file and line.
        CommandError: OPA cannot be run.
    """
    async with compile_workspace(root, binary, author=author, under=under) as compiled:
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
async def compile_workspace(
    root: Path, binary: Binary, *, author: str | None = None, under: Bundle | None = None
) -> AsyncIterator[Compiled]:
    """Read the workspace at ``root``, stage its bundle and have OPA check it, strictly; ``under`` as to build it.

    Raises:
        WorkspaceError: something is wrong with the workspace; the error names every fault with its file and line.
        CommandError: OPA cannot be run.
        BundleMalformedError: what it is to be under is no bundle of ours.
    """
    org = await asyncio.to_thread(Org.of, under) if under is not None else None
    workspace, read = await asyncio.to_thread(_read, root, org)
    modules = await read_policies(workspace.policies, binary)
    heads = heads_of(modules)
    module, places, unanswered = answer_conditions(workspace.conditions, workspace.policies, heads)
    faults = [*read, *check_packages(workspace.policies, modules), *check_heads(workspace.policies, heads), *unanswered]
    staged = await asyncio.to_thread(stage, workspace, module, author, org)
    base = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="assent-build-"))
    try:
        folder, capabilities = base / "content", base / "capabilities.json"
        await asyncio.to_thread(write, folder, staged.files)
        await write_capabilities(capabilities, binary)
        # Where a policy was left out, what others would call in it is missing: an echo, not a fault.
        echoes = any(fault.file.startswith(f"{POLICIES}/") for fault in read)
        errors = await check_strictly(folder, capabilities, binary)
        faults.extend(error.fault(places) for error in errors if not (echoes and error.is_about_types))
        if org is not None:
            faults.extend(await _loosened(org, staged, binary))
        if faults:
            raise WorkspaceError(tuple(faults), root)
        yield Compiled(workspace, staged, folder, capabilities)
    finally:
        await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)


def _read(root: Path, org: Org | None) -> tuple[Workspace, tuple[WorkspaceFault, ...]]:
    """Read a workspace, with the policies of the organisation where it has none in their place."""
    if org is None:
        return read_workspace(root)
    workspace, faults = read_workspace(root, org=org.bundle.catalogue)
    policies = org.policies | {policy.path.as_posix(): policy for policy in workspace.policies}
    return replace(workspace, policies=tuple(policies[path] for path in sorted(policies))), faults


async def _loosened(org: Org, staged: Stage, binary: Binary) -> list[WorkspaceFault]:
    ours, theirs = await content_of(org.files, binary), await content_of(staged.files, binary)
    found = await asyncio.to_thread(offences, ours, theirs)
    return [WorkspaceFault(fault.file, 1, f"{fault.offence}: {fault.reason}") for fault in found]
