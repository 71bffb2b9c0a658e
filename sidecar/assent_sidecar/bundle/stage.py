"""The content of a bundle as files, before OPA packs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assent_sidecar.bundle.checks import CHECKS, Checks, checks_of, write_checks
from assent_sidecar.bundle.library import library_modules
from assent_sidecar.bundle.manifest import AUTHOR, MANIFEST, revision_of
from assent_sidecar.bundle.modules import CONDITIONS
from assent_sidecar.bundle.org import Org
from assent_sidecar.bundle.workspace import Workspace
from assent_sidecar.canonical import canonical
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.model import Json

ROOTS = ("assent", "catalogue", "policies", "settings")
"""The parts of ``data`` that belong to the bundle."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Every file of a bundle by path, sorted; ``revision`` is the digest over all of them."""

    files: Mapping[str, bytes] = field(repr=False)
    revision: str
    checks: Checks = field(repr=False)
    author: str | None = None


def stage(workspace: Workspace, conditions: str, author: str | None = None, org: Org | None = None) -> Stage:
    """Put a bundle together: library, policies, generated conditions, data, tests and cases, manifest.

    With ``org``, the library and the checks are its; the workspace was read, and has its policies, under it already.
    """
    catalogue = workspace.catalogue
    files = {path: text.encode() for path, text in library_modules()} if org is None else org.library
    files[CONDITIONS] = conditions.encode()
    files |= {policy.path.as_posix(): policy.text.encode() for policy in workspace.policies}
    files["data.json"] = canonical(data_of(catalogue))
    checks = checks_of(workspace)
    if org is not None and org.bundle.checks is not None:
        checks = checks.under(org.bundle.checks)
    files[CHECKS] = write_checks(checks)
    metadata: dict[str, Json] = {"workspace": catalogue.workspace, "title": catalogue.title}
    if author is not None:
        metadata[AUTHOR] = author
    manifest: dict[str, Json] = {
        "roots": list(ROOTS),
        "rego_version": 1,
        "metadata": metadata,
    }
    revision = revision_of(files, manifest)
    files[MANIFEST] = canonical({**manifest, "revision": revision})
    return Stage({path: files[path] for path in sorted(files)}, revision, checks, author)


def data_of(catalogue: Catalogue) -> dict[str, Json]:
    """Return what policies see beside the question: ``data.catalogue`` and ``data.settings``."""
    written = catalogue.to_json()
    return {
        "catalogue": {name: written[name] for name in ("systems", "agents", "processes", "ledgers", "memory")},
        "settings": written["data"],
    }


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below ``folder``."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_bytes(content)
