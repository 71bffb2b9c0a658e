"""The commands ``bundle``: build, sign, verify and look into what OPA decides by, without a server."""

# ruff: noqa: PLC0415 -- what builds bundles takes half a second to load

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.printing import say, say_json
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import Binary

app = typer.Typer(help="Build, sign, verify and inspect bundles.", rich_markup_mode=None)

OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the bundle.")]
SignerOption = Annotated[str, typer.Option("--key", metavar="KEYID=FILE", help="The private key (PEM, 0600).")]
SequenceOption = Annotated[
    int | None,
    typer.Option(min=0, max=2**53 - 1, metavar="N", help="Its number; later ones have higher ones. [default: now]"),
]
AuthorOption = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Who answers for it: the id under which they call the server. Part of the revision."
    ),
]
UnderOption = Annotated[
    Path | None,
    typer.Option(
        metavar="ORG", help="The organisation that it is a tenant of: its workspace, or its bundle. All of it is part."
    ),
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The bundle.")]


@app.callback()
def bundle() -> None:
    """Build, sign, verify and inspect bundles."""


@app.command("key")
@with_output
def make_key(
    common: Common, *, file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes.")]
) -> int:
    """Make a key that signs bundles (ES256): FILE holds the private half, FILE.pub.pem the public one."""
    from assent_sidecar.bundle import keys

    if taken := next((half for half in (file, keys.public_half(file)) if half.exists()), None):
        raise Problem(f"{taken} is there already, and no key is overwritten; name another file", ExitCode.CONFLICT)
    try:
        public = keys.make_key(file)
    except SidecarError as error:
        raise sidecar_problem(error) from error
    if common.as_json:
        say_json({"private": str(file), "public": str(public)})
    else:
        say(f"{file} signs bundles; keep it secret")
        say(f"{public} verifies them: assent serve --bundle-key {public.name.partition('.')[0]}={public}")
    return ExitCode.DONE


@app.command("build")
@with_output
def build(
    common: Common,
    *,
    out: OutOption,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The workspace.")] = Path(),
    key: Annotated[str | None, typer.Option(metavar="KEYID=FILE", help="Sign it with this private key.")] = None,
    sequence: SequenceOption = None,
    author: AuthorOption = None,
    under: UnderOption = None,
) -> int:
    """Build the bundle of a workspace: the same content gives the same revision."""
    from assent_sidecar.bundle.build import build_bundle
    from assent_sidecar.bundle.manifest import is_author
    from assent_sidecar.opa.binary import find_binary

    if author is not None and not is_author(author):
        what = "an author is the id of a caller, as tokens have it: up to 128 letters from A to Z, digits and ._@-"
        raise Problem(what, ExitCode.USAGE)
    try:
        binary = find_binary(os.environ)
        org = read_org(under, binary) if under is not None else None
        built = asyncio.run(build_bundle(folder, binary, author=author, under=org))
    except WorkspaceError as error:
        raise workspace_problem(folder, error) from error
    except CommandError as error:
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code="ENGINE_ERROR") from error
    except SidecarError as error:
        raise sidecar_problem(error) from error
    _write(common, out, built.archive, key, sequence)
    return ExitCode.DONE


def read_org(place: Path, binary: Binary) -> Bundle:
    """Return the organisation's bundle, built from its folder or read from its file; a server verifies who signed it.

    Raises:
        Problem: it cannot be read, has faults, or is no bundle of ours.
        CommandError: it cannot be built.
    """
    from assent_sidecar.bundle.build import build_bundle
    from assent_sidecar.bundle.verify import read_unverified

    try:
        return asyncio.run(build_bundle(place, binary)) if place.is_dir() else read_unverified(_read(place))
    except WorkspaceError as error:
        raise workspace_problem(place, error) from error
    except SidecarError as error:
        raise sidecar_problem(error) from error


@app.command("sign")
@with_output
def sign(
    common: Common, *, file: FileArgument, key: SignerOption, out: OutOption, sequence: SequenceOption = None
) -> int:
    """Sign a bundle, replacing a signature that is there."""
    _write(common, out, _read(file), key, sequence)
    return ExitCode.DONE


@app.command("verify")
@with_output
def verify(
    common: Common,
    *,
    file: FileArgument,
    key: Annotated[
        list[str], typer.Option(metavar="KEYID=FILE", help="A public key (PEM), or a folder of them; repeatable.")
    ],
) -> int:
    """Verify that a bundle is whole, and signed by one of these keys."""
    from assent_sidecar.bundle.keys import read_key_ring
    from assent_sidecar.bundle.verify import Trust

    try:
        found = Trust(read_key_ring(key)).read(_read(file))
    except SidecarError as error:
        raise sidecar_problem(error) from error
    _show(common, found)
    return ExitCode.DONE


@app.command("inspect")
@with_output
def inspect(common: Common, *, file: FileArgument) -> int:
    """Say what is in a bundle; nothing is said of whether its signature holds."""
    from assent_sidecar.bundle.contents import read_archive
    from assent_sidecar.bundle.manifest import SIGNATURES, read_manifest
    from assent_sidecar.bundle.verify import catalogue_of, claimed_key

    try:
        files = read_archive(_read(file))
        manifest = read_manifest(files)
        catalogue = catalogue_of(files, manifest)
        key = claimed_key(files[SIGNATURES]) if SIGNATURES in files else None
    except SidecarError as error:
        raise sidecar_problem(error) from error
    facts = {
        "workspace": manifest.workspace,
        "revision": manifest.revision,
        "sequence": manifest.sequence,
        "author": manifest.author,
        "claims_key": key,
        "systems": sorted(catalogue.systems),
        "agents": sorted(catalogue.agents),
        "processes": sorted(catalogue.processes),
        "files": {path: len(content) for path, content in sorted(files.items())},
    }
    if common.as_json:
        say_json(facts)
        return ExitCode.DONE
    for name in ("workspace", "revision", "sequence", "author"):
        say(f"{name:<10} {'none' if facts[name] is None else facts[name]}")
    say(f"{'signature':<10} {f'says it is by {key}; not verified' if key else 'none'}")
    for path, content in sorted(files.items()):
        say(f"{len(content):>10} {path}")
    return ExitCode.DONE


def _write(common: Common, out: Path, archive: bytes, key: str | None, sequence: int | None) -> None:
    from assent_sidecar.bundle.contents import read_archive, write_archive
    from assent_sidecar.bundle.keys import read_signing_key
    from assent_sidecar.bundle.manifest import read_manifest
    from assent_sidecar.bundle.sign import number_files, sign_bundle

    try:
        if key is not None:
            number = int(time.time()) if sequence is None else sequence
            archive = sign_bundle(archive, read_signing_key(key), sequence=number)
        elif sequence is not None:
            archive = write_archive(number_files(read_archive(archive), sequence))
        manifest = read_manifest(read_archive(archive))
    except SidecarError as error:
        raise sidecar_problem(error) from error
    scratch = out.with_name(f".{out.name}.new")
    try:
        scratch.write_bytes(archive)
        scratch.replace(out)  # whoever watches the file never reads half of it
    except OSError as error:
        raise Problem(f"{out} cannot be written: {error.strerror}; name another file", ExitCode.USAGE) from error
    if common.as_json:
        said = {"file": str(out), "revision": manifest.revision, "sequence": manifest.sequence, "bytes": len(archive)}
        say_json({**said, "signed": key is not None})
    else:
        signed = f"signed as number {manifest.sequence}" if key is not None else "not signed"
        say(f"{out}: {manifest.revision}, {signed}, {len(archive)} bytes")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}; name another file", ExitCode.NOT_FOUND) from error


def _show(common: Common, found: Bundle) -> None:
    if common.as_json:
        said = {"revision": found.revision, "sequence": found.sequence, "signed_by": found.signed_by}
        say_json({**said, "author": found.author})
    else:
        author = f", its author is {found.author}" if found.author else ""
        say(f"{found.revision} is whole, number {found.sequence}, and signed by {found.signed_by}{author}")
