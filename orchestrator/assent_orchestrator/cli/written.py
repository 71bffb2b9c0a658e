"""What a workspace declares, as people wrote it there, with what it shares with its organisation."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assent_orchestrator.cli.bundle import read_org
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import find_binary

if TYPE_CHECKING:
    from assent_sidecar.catalogue.catalogue import Catalogue


def written_catalogue(root: Path, under: Path | None) -> "Catalogue":
    """Return what the workspace at ``root`` declares; of a tenant's also what its organisation ``under`` it does.

    Raises:
        Problem: one of them has faults, or the organisation cannot be read.
    """
    # Here, because reading schemas and workspaces is a third of what the command line takes to start.
    from assent_sidecar.bundle.workspace import load_workspace  # noqa: PLC0415

    try:
        org = read_org(under, find_binary(os.environ)).catalogue if under is not None else None
        return load_workspace(root, org=org).catalogue
    except WorkspaceError as error:
        raise workspace_problem(root, error) from error
    except CommandError as error:
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code="ENGINE_ERROR") from error
    except SidecarError as error:
        raise sidecar_problem(error) from error


def needs_workspace(under: Path | None, workspace: Path | None) -> None:
    """Pass when an organisation is named together with a workspace that is under it.

    Raises:
        Problem: there is no such workspace.
    """
    if under is not None and workspace is None:
        raise Problem("--under is the organisation of a workspace; name that, too", ExitCode.USAGE)
