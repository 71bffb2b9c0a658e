"""How the tenants are that a server is to serve: each under its organisation, as ``assent doctor`` looks at them."""

# ruff: noqa: PLC0415 -- each part is loaded only when it is looked at

import asyncio
from pathlib import Path

from assent_orchestrator.cli.finding_of_doctor import Finding
from assent_orchestrator.config import is_url
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import Binary


async def look_at_tenant(name: str, place: str, org: Bundle, binary: Binary) -> tuple[Bundle | None, Finding]:
    """Return what a tenant's place holds, None when it is nothing to serve by, and what is to be said of it."""
    from assent_sidecar.bundle.build import build_bundle
    from assent_sidecar.bundle.org import Allegiance
    from assent_sidecar.bundle.verify import read_unverified

    subject = f"tenant {name}"
    if is_url(place):
        return None, Finding("warn", subject, "bundles from a URL are not looked at", "assent bundle inspect a copy")
    root = Path(place)
    is_folder = await asyncio.to_thread(root.is_dir)
    try:
        if is_folder:
            bundle = await build_bundle(root, binary, under=org)
        else:
            bundle = read_unverified(await asyncio.to_thread(root.read_bytes))
            await Allegiance(lambda: org, binary).require(bundle)
    except WorkspaceError as error:
        first = error.faults[0]
        more = f" ({len(error.faults)} faults in all)" if len(error.faults) > 1 else ""
        advice = f"assent policy test {root} --under ORG names every fault"
        return None, Finding("fail", subject, f"{root / first.file}:{first.line}: {first.reason}{more}", advice)
    except SidecarError as error:
        first_line = str(error).splitlines()[0]
        return None, Finding("fail", subject, f"{root}: {first_line}", "no server that has it not yet starts with it")
    except (CommandError, OSError) as error:
        return None, Finding("fail", subject, f"{root} cannot be read: {error}", "mend --tenant, or see engine")
    how = "builds as" if is_folder else "is"
    return bundle, Finding("ok", subject, f"{root} {how} {bundle.revision}, under the organisation's")
