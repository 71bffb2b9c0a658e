"""The policies of a chaos run: two revisions that answer one question differently, signed as users sign theirs."""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from ruamel.yaml import YAML

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.keys import SigningKey, make_key, read_signing_key
from assent_sidecar.bundle.sign import sign_bundle
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import Binary

KEY_ID = "chaos"
DIRECTOR_ABOVE = {"wide": 20, "narrow": 15}
"""Discounts (in percent) above which each of the two policies asks a sales director; the cases hold for both."""
NEVER_ABOVE = 30
"""Above this, both of them deny."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The two bundles, and the file from which the server takes what is in force."""

    file: Path
    public_key: Path
    wide: Bundle = field(repr=False)
    narrow: Bundle = field(repr=False)
    workspace: Path
    binary: Binary
    key: SigningKey = field(repr=False)
    _sequence: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def offer(self, bundle: Bundle) -> None:
        """Publish a bundle as the next of the line: whole, by a rename."""
        archive = sign_bundle(bundle.archive, self.key, sequence=next(self._sequence))
        scratch = self.file.with_suffix(".new")
        scratch.write_bytes(archive)
        scratch.replace(self.file)

    def withdraw(self) -> None:
        """Take the file away."""
        self.file.unlink(missing_ok=True)

    async def heavy(self, size: int) -> Bundle:
        """Return a third bundle, whose archive has more than ``size`` bytes; it decides as the narrow one does."""
        ballast = self.workspace / "data" / "ballast.yaml"
        try:
            await asyncio.to_thread(ballast.write_text, f"ballast: {secrets.token_hex(size + size // 4)}\n")
            return await build_bundle(self.workspace, self.binary)
        finally:
            ballast.unlink(missing_ok=True)


async def make_policies(folder: Path, example: Path, binary: Binary) -> Policies:
    """Build and sign the policies out of the workspace ``example``, and publish the wide ones.

    Raises:
        Problem: they cannot be built.
    """
    workspace, private = folder / "workspace", folder / f"{KEY_ID}.pem"
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    await asyncio.to_thread(shutil.copytree, example, workspace)
    try:
        _limit(workspace / "data" / "limits.yaml", DIRECTOR_ABOVE["wide"])
        wide = await build_bundle(workspace, binary)
        _limit(workspace / "data" / "limits.yaml", DIRECTOR_ABOVE["narrow"])
        narrow = await build_bundle(workspace, binary)
        public = make_key(private)
        key = read_signing_key(f"{KEY_ID}={private}")
    except WorkspaceError as error:
        raise workspace_problem(example, error) from error
    except SidecarError as error:
        raise sidecar_problem(error) from error
    except CommandError as error:
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code="ENGINE_ERROR") from error
    made = Policies(folder / "bundle.tar.gz", public, wide, narrow, workspace, binary, key)
    made.offer(wide)
    return made


def _limit(path: Path, percent: int) -> None:
    yaml = YAML()
    content = yaml.load(path.read_text(encoding="utf-8"))
    content["discount"]["director_above_percent"] = percent
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)
