"""What keeps a server from starting, in one line for whoever starts it."""

# ruff: noqa: PLC0415 -- what a server is made of takes a second to load, and no other command needs it

import contextlib
from collections.abc import Iterator
from pathlib import Path

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_orchestrator.config import EXECUTOR_NAME, Settings, is_url
from assent_orchestrator.errors import AssentError, ExecutorError, UnavailableError
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError


@contextlib.contextmanager
def start_problems(settings: Settings) -> Iterator[None]:
    """Turn whatever keeps a server from starting into one line for whoever started it.

    Raises:
        Problem: something did.
    """
    from assent_orchestrator.approvals.notices.file import NoticesFileError
    from assent_orchestrator.governance.signing_key import SigningKeyError
    from assent_orchestrator.memory.master_key import MemoryKeyError
    from assent_orchestrator.server.address import ListenError
    from assent_orchestrator.server.identities.file import IdentitiesFileError
    from assent_orchestrator.server.tokens import TokenFileError

    kinds: dict[type[Exception], ExitCode] = {
        ListenError: ExitCode.CONFLICT,
        TokenFileError: ExitCode.NOT_ALLOWED,
        IdentitiesFileError: ExitCode.INVALID,
        NoticesFileError: ExitCode.INVALID,
        SigningKeyError: ExitCode.NOT_ALLOWED,
        MemoryKeyError: ExitCode.NOT_ALLOWED,
        CommandError: ExitCode.UNAVAILABLE,
    }
    _require_sense(settings)
    try:
        yield
    except WorkspaceError as error:
        raise workspace_problem(error.root or settings.workspace, error) from error
    except AssentError as error:
        kinds_of_errors = ((UnavailableError, ExitCode.UNAVAILABLE), (ExecutorError, ExitCode.CONFLICT))
        kind = next((code for type_, code in kinds_of_errors if isinstance(error, type_)), ExitCode.INTERNAL)
        raise Problem(error.message, kind, code=error.code) from error
    except SidecarError as error:
        raise sidecar_problem(error) from error
    except tuple(kinds) as error:
        raise Problem(str(error), kinds[type(error)]) from error
    except PermissionError as error:
        what = f"{error.filename} may not be read or written by this user; mend its rights, or name another with --data"
        raise Problem(what, ExitCode.NOT_ALLOWED) from error
    except OSError as error:
        if error.filename is None:
            raise
        what = f"{error.filename} cannot be used: {error.strerror}; mend that, or name another folder with --data"
        raise Problem(what, ExitCode.UNAVAILABLE) from error


def _require_sense(settings: Settings) -> None:
    """Refuse what can be seen to be wrong before anything is started.

    Raises:
        Problem: an address or a name makes no sense, or is not safe.
    """
    from assent_orchestrator.server.address import ListenError, TlsFiles, read_address, require_loopback, require_safe

    if settings.bundle is None and not settings.workspace.is_dir():
        there = "is no folder" if settings.workspace.exists() else "does not exist"
        advice = "name a workspace with --workspace, or make one with assent init"
        raise Problem(f"--workspace: {settings.workspace} {there}; {advice}", ExitCode.NOT_FOUND)
    for name, one in settings.tenants.items():
        if not is_url(one.place) and not Path(one.place).exists():
            what = f"--tenant {name}: {one.place} does not exist; name a workspace, or the file or URL of a bundle"
            raise Problem(what, ExitCode.NOT_FOUND)
    if not EXECUTOR_NAME.fullmatch(settings.executor):
        raise Problem(f"{settings.executor!r} is not an executor name; use a-z, 0-9, _ and -", ExitCode.USAGE)
    certificate, key = settings.tls_cert, settings.tls_key
    try:
        if settings.http is not None:
            require_loopback(read_address(settings.http))
        require_safe(read_address(settings.listen), TlsFiles(certificate, key) if certificate and key else None)
    except ListenError as error:
        raise Problem(str(error), ExitCode.USAGE) from error
