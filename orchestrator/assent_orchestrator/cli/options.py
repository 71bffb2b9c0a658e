"""Options that many commands share. They may stand before or behind the command; what is behind it counts."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

P = ParamSpec("P")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
ServerOption = Annotated[
    str | None, typer.Option("--server", metavar="HOST:PORT", help="The server. [env: ASSENT_SERVER]")
]
TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="The file of tokens. [env: ASSENT_TOKEN_FILE]")
]
CallerOption = Annotated[
    str | None, typer.Option("--as", metavar="ID", help="Which caller of the token file to be; the first by default.")
]
TenantOption = Annotated[
    str | None,
    typer.Option("--tenant", metavar="NAME", help="The tenant, where no token file says it. [env: ASSENT_TENANT]"),
]
TlsCaOption = Annotated[
    Path | None, typer.Option("--tls-ca", metavar="FILE", help="Trust this CA (PEM). [env: ASSENT_TLS_CA]")
]
ClientCertOption = Annotated[
    Path | None,
    typer.Option("--client-cert", metavar="FILE", help="Be who this certificate (PEM) says. [env: ASSENT_CLIENT_CERT]"),
]
ClientKeyOption = Annotated[
    Path | None, typer.Option("--client-key", metavar="FILE", help="Its key (PEM). [env: ASSENT_CLIENT_KEY]")
]


@dataclass(frozen=True, slots=True)
class Common:
    """What the shared options say; None and False are what nobody said."""

    server: str | None = None
    token_file: Path | None = None
    caller: str | None = None
    tenant: str | None = None
    tls_ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    as_json: bool = False

    def over(self, outer: "Common") -> "Common":
        """Return these options, with those of ``outer`` where nothing is said here."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}
        return replace(outer, **said)


_OUTPUT = {"as_json": JsonOption}
_CONNECTION = {
    "server": ServerOption,
    "token_file": TokenFileOption,
    "caller": CallerOption,
    "tenant": TenantOption,
    "tls_ca": TlsCaOption,
    "client_cert": ClientCertOption,
    "client_key": ClientKeyOption,
    "as_json": JsonOption,
}

Command = Callable[Concatenate[Common, P], int]


def with_output(command: Command[P]) -> Callable[..., None]:
    """Return a command for typer: it takes ``--json``, hands ``Common`` in and ends with what ``command`` returns."""
    return _extended(command, _OUTPUT)


def with_connection(command: Command[P]) -> Callable[..., None]:
    """Return a command for typer that takes the options of a connection, too."""
    return _extended(command, _CONNECTION)


def _extended(command: Command[P], shared: dict[str, Any]) -> Callable[..., None]:
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    # A command that means something else by one of them says so itself.
    shared = {name: kind for name, kind in shared.items() if name not in {one.name for one in own}}

    @wraps(command)
    def run(ctx: typer.Context, **given: Any) -> None:
        here = Common(**{name: given.pop(name) for name in shared})
        outer = ctx.obj if isinstance(ctx.obj, Common) else Common()
        code = command(here.over(outer), **given)  # type: ignore[call-arg] # typer fills in the rest by name
        if code:
            raise typer.Exit(code)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        *(one.replace(kind=keyword) for one in own),
        *(
            inspect.Parameter(name, keyword, annotation=kind, default=False if name == "as_json" else None)
            for name, kind in shared.items()
        ),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # this is what typer reads
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
