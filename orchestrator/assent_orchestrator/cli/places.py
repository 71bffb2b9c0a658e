"""Where things are that options name: tool servers by their addresses, tenants by where their policies are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.config import HOME, TENANT_NAME, TenantSettings, token_variable
from assent_sidecar.catalogue.own import OWN_SERVER


def read_tool_servers(texts: Sequence[str]) -> Mapping[str, str]:
    """Return addresses by name from ``NAME=HOST:PORT`` each.

    Raises:
        Problem: one of them is something else, or a name is there twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, address = text.partition("=")
        if not (equals and name and address):
            raise Problem(f"{text!r} does not name a tool server; write NAME=HOST:PORT", ExitCode.USAGE)
        if name == OWN_SERVER:
            raise Problem(f"{OWN_SERVER!r} is Assent itself; no tool server has this name", ExitCode.USAGE)
        if name in found:
            raise Problem(f"the tool server {name!r} is named twice; leave one out", ExitCode.USAGE)
        found[name] = address
    return found


def read_tenants(places: Sequence[str], limits: Sequence[str]) -> Mapping[str, TenantSettings]:
    """Return the tenants from ``NAME=PLACE`` each, and their limits from ``NAME.WHAT=N``.

    Raises:
        Problem: one of them is something else, is there twice, or is about a tenant that is not.
    """
    found: dict[str, TenantSettings] = {}
    for text in places:
        name, equals, place = text.partition("=")
        if not (equals and place and TENANT_NAME.fullmatch(name)):
            raise Problem(f"{text!r} does not name a tenant; write NAME=DIR, =FILE or =URL", ExitCode.USAGE)
        if name == HOME:
            what = f"the tenant {HOME!r} is the server's own, whose policies are the organisation's; name another"
            raise Problem(what, ExitCode.USAGE)
        _require_own_name(name, found)
        found[name] = TenantSettings(place)
    for text in limits:
        whose, _, number = text.partition("=")
        name, _, what = whose.partition(".")
        least = {"runs": 1, "decisions": 1, "waiting": 0}.get(what)
        if least is None or not number.isascii() or not number.isdecimal() or int(number) < least:
            said = f"{text!r} is no limit of a tenant; write NAME.runs=N, NAME.decisions=N or NAME.waiting=N"
            raise Problem(said, ExitCode.USAGE)
        if name not in found:
            raise Problem(f"there is no tenant {name!r}; name it with --tenant {name}=…", ExitCode.USAGE)
        match what:
            case "runs":
                found[name] = replace(found[name], runs=int(number))
            case "decisions":
                found[name] = replace(found[name], decisions_at_once=int(number))
            case _:
                found[name] = replace(found[name], decisions_waiting=int(number))
    return found


def share_out_keys(
    keys: Sequence[str], tenants: Mapping[str, TenantSettings]
) -> tuple[tuple[str, ...], Mapping[str, TenantSettings]]:
    """Return the keys of bundles that count for all, and the tenants with their own: ``NAME/KEYID=FILE``.

    Raises:
        Problem: a key is for a tenant that is not.
    """
    shared, found = [], dict(tenants)
    for text in keys:
        name, equals, file = text.partition("=")
        whose, slash, key_id = name.rpartition("/")
        if not (slash and equals):
            shared.append(text)
        elif whose in found:
            own = f"{key_id}={file}"
            found[whose] = replace(found[whose], bundle_keys=(*found[whose].bundle_keys, own))
        else:
            what = f"{text!r} is for no tenant that is served; name it with --tenant, or write KEYID=FILE for all"
            raise Problem(what, ExitCode.USAGE)
    return tuple(shared), found


def _require_own_name(name: str, others: Collection[str]) -> None:
    """Pass when neither the name of a tenant nor the variable with its token is that of another one.

    Raises:
        Problem: one of them is.
    """
    if name in others:
        raise Problem(f"the tenant {name!r} is named twice; leave one out", ExitCode.USAGE)
    for other in others:
        if token_variable(other) == token_variable(name):
            what = f"the tenants {other!r} and {name!r} would share the token in {token_variable(name)}; rename one"
            raise Problem(what, ExitCode.USAGE)
