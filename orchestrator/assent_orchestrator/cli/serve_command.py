"""The command ``serve``: its options, and what it says when it serves."""

# ruff: noqa: PLC0415 -- what a server is made of takes a second to load, and no other command needs it

import asyncio
import gc
import json
import logging
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.log import open_log
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.places import read_tenants, read_tool_servers, share_out_keys
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.span import read_duration
from assent_orchestrator.cli.start import start_problems
from assent_orchestrator.config import (
    DEFAULT_LISTEN,
    Settings,
    default_data,
    default_executor,
)
from assent_sidecar.catalogue.own import OWN_SERVER

_log = logging.getLogger("assent")


class Activation(StrEnum):
    """How what passed its rehearsal comes into force."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@with_output
def serve_command(
    common: Common,
    *,
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", metavar="DIR", help="The folder that says what may be done.")
    ] = Path(),
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", envvar="ASSENT_DATA", help="Where database, tokens and keys are kept.")
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="Decide by this bundle, built and signed elsewhere, and its successors."),
    ] = None,
    bundle_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TENANT/]KEYID=FILE", help="A public key (PEM) of bundles, or a folder of them; repeatable."
        ),
    ] = None,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Take --bundle also when nobody signed it.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Take in every change of the workspace by itself.")] = False,
    max_staleness: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Deny all when the policies were not confirmed for so long (24h)."),
    ] = None,
    rollback: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Go back to this bundle, which was in force before.")
    ] = None,
    activation: Annotated[
        Activation, typer.Option(help="What passes its rehearsal comes into force by itself, or when a person says so.")
    ] = Activation.AUTOMATIC,
    two_persons: Annotated[
        bool, typer.Option("--two-persons", help="A person other than its author activates a bundle; always manual.")
    ] = False,
    tenant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIR|FILE|URL",
            help="A tenant with policies of its own, under those of --workspace or --bundle; once for each.",
        ),
    ] = None,
    tenant_limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME.WHAT=N", help="A tenant's own limit of runs, decisions (at once) or waiting; repeatable."
        ),
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", envvar="ASSENT_LISTEN", help="Where to listen; port 0 takes a free one.")
    ] = DEFAULT_LISTEN,
    http: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", envvar="ASSENT_HTTP", help="Speak AuthZEN over HTTP there; this machine only."
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="ASSENT_DATABASE_URL",
            help="A PostgreSQL of your own. Use the variable: others can see a command line.",
        ),
    ] = None,
    tool_server: Annotated[
        list[str] | None, typer.Option(metavar="NAME=HOST:PORT", help="Where a tool server is; once for each.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="ASSENT_TOKEN_FILE", help="Who may call. [default: tokens.json in --data]"),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key (PEM).")] = None,
    identities: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="ASSENT_IDENTITIES", help="Whose JWTs and client certificates are believed (YAML)."
        ),
    ] = None,
    notices: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="ASSENT_NOTICES", help="Who is told about approvals, by mail and webhooks (YAML)."
        ),
    ] = None,
    memory_key: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            envvar="ASSENT_MEMORY_KEY",
            help="The key of what is remembered, one for all servers on a database; repeatable to replace it.",
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="ASSENT_EXECUTOR",
            help="Another one for each live server. [default: the host's name with --database-url, else local]",
        ),
    ] = None,
    runs_per_tenant: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="How many runs of one tenant may be at work; the next plan is refused."),
    ] = 2000,
    keep_finished: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Forget finished runs after so long (90d); the trail keeps its records."),
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON instead of text.")] = False,
) -> int:
    """Run a server until Ctrl-C or SIGTERM; SIGHUP takes the workspace in again.

    Prints one line once it takes calls: serving on HOST:PORT. The log goes to stderr.
    """
    if (tls_cert is None) != (tls_key is None):
        raise Problem("--tls-cert and --tls-key belong together; give both or none", ExitCode.USAGE)
    shared_keys, tenants = share_out_keys(bundle_key or (), read_tenants(tenant or (), tenant_limit or ()))
    if bundle is None and (bundle_key or allow_unsigned) and all(Path(one.place).is_dir() for one in tenants.values()):
        what = "--bundle-key and --allow-unsigned are about --bundle and bundles of tenants; a workspace needs neither"
        raise Problem(what, ExitCode.USAGE)
    settings = Settings(
        workspace=workspace,
        data=(data or default_data()).expanduser().absolute(),
        listen=listen,
        http=http or None,
        database_url=database_url or None,
        tool_servers=read_tool_servers(tool_server or ()),
        token_file=token_file or common.token_file,
        tls_cert=tls_cert,
        tls_key=tls_key,
        identities=identities,
        notices=notices,
        memory_keys=tuple(memory_key or ()),
        executor=executor or default_executor(shared=bool(database_url)),
        keep_finished=read_duration(keep_finished, "--keep-finished", least="1m")
        if keep_finished is not None
        else None,
        bundle=bundle,
        bundle_keys=shared_keys,
        allow_unsigned=allow_unsigned,
        watch=watch,
        max_staleness=read_duration(max_staleness, "--max-staleness") if max_staleness is not None else None,
        rollback=rollback,
        automatic_activation=activation is Activation.AUTOMATIC,
        two_persons=two_persons,
        runs_per_tenant=runs_per_tenant,
        tenants=tenants,
    )
    open_log(as_json=log_json)
    run_server(settings, as_json=common.as_json)
    return ExitCode.DONE


def run_server(settings: Settings, *, as_json: bool) -> None:
    """Serve with these settings until a signal says stop.

    Raises:
        Problem: the server cannot start.
    """
    gc.disable()  # nothing of what is loaded is garbage, and looking for it took a fifth of the time
    from assent_orchestrator.app.assembly import App
    from assent_orchestrator.app.realm import needed_servers
    from assent_orchestrator.cli.serve import serve
    from assent_orchestrator.server.listen import Listening

    gc.freeze()
    gc.enable()

    async def tell(app: App, server: Listening) -> None:
        needed = needed_servers(app.realms.all)
        for name in sorted(needed.keys() - {OWN_SERVER} - settings.tool_servers.keys()):
            _log.warning("%s", _no_address(name, needed[name] if settings.tenants else ()))
        address, revision = str(server.address), app.sidecar.bundle.revision
        facts = {"serving": address, "pid": os.getpid(), "revision": revision, "data": str(settings.data)}
        print(json.dumps(facts) if as_json else f"serving on {address}", flush=True)  # noqa: T201 -- what was asked for

    with start_problems(settings):
        asyncio.run(serve(settings, tell))


def _no_address(name: str, tenants: Sequence[str]) -> str:
    """Say which tool server has no address and, where there are several tenants, whose systems name it."""
    give = f"give --tool-server {name}=…"
    if not tenants or "/" in name:
        return f"no address of the tool server {name}: its operations fail; {give}"
    own = ", ".join(f"{one}/{name}=…" for one in tenants)
    whose = ", ".join(tenants)
    return f"no address of the tool server {name} of {whose}: its operations fail there; {give} for all, or {own}"
