"""Whether a tenant's bundle holds the organisation's, whole and as it is, and takes nothing of it for its own. Pure.

What decides is the union of both. The strictest finding wins (``rego/assent/main.rego``), so the tenant's own files can
add to what the organisation denies or demands and never lift it, as long as each of them speaks for the tenant alone:
in a scope, and about names, that are not the organisation's.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from assent_sidecar.bundle.checks import CHECKS, Checks, read_checks
from assent_sidecar.bundle.controls import mentioned, named_controls, same_control
from assent_sidecar.bundle.filehash import read_object
from assent_sidecar.bundle.manifest import MANIFEST, SIGNATURES
from assent_sidecar.bundle.modules import CONDITIONS
from assent_sidecar.bundle.policies import package_of
from assent_sidecar.model import Json

DATA = "data.json"

_OWN = frozenset({MANIFEST, SIGNATURES, DATA, CHECKS, CONDITIONS})
"""Files that every bundle has of its own; what is in them is compared part by part."""

_FILES = {"systems": "systems/{}.yaml", "agents": "agents/{}.yaml", "processes": "processes/{}.yaml"}
_RULE = re.compile(r'conditions\["(?P<process>[^"\\\s]+)"\]\["(?P<rule>[^"\\\s]+)"\] if data\.(?P<path>[^\s]+) == true')


class Offence(StrEnum):
    """What a tenant's bundle does to the organisation's."""

    LOOSENED = "ORG_LOOSENED"
    """It says something itself where the organisation speaks, or something else than the organisation says."""
    MISSING = "ORG_MISSING"
    """It leaves out what the organisation says."""


@dataclass(frozen=True, slots=True, order=True)
class OrgFault:
    """One part of the organisation's bundle that a tenant's does not leave as it is; ``file`` is where it is written.

    ``file`` is relative to a workspace where people wrote it, and the name in the bundle where the build did.
    """

    file: str
    offence: Offence
    reason: str

    def __str__(self) -> str:
        """Return ``CODE: file: reason``."""
        return f"{self.offence}: {self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Content:
    """A bundle's files by path, and of each Rego file what OPA reads.

    That is its package (without ``data``), which controls its METADATA names, where it names any, and whether it
    evaluates anything ``with`` other than what there is (``pretending``).
    """

    files: Mapping[str, bytes] = field(repr=False)
    packages: Mapping[str, tuple[str, ...]]
    controls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pretending: frozenset[str] = frozenset()

    @property
    def spoken_for(self) -> frozenset[str]:
        """The controls that its policies speak for."""
        named = {name for path in self.files if _scope(path) for name in named_controls(self.text(path))}
        return frozenset(named.union(*self.controls.values()))

    def text(self, path: str) -> str:
        """Return the text of a Rego file."""
        return self.files[path].decode("utf-8", errors="replace")


def offences(org: Content, tenant: Content) -> tuple[OrgFault, ...]:
    """Return everything in which ``tenant`` is not under ``org``; nothing where it is.

    Raises:
        BundleMalformedError: one of them is not a bundle of ours.
    """
    ours, theirs = _Parts.of(org), _Parts.of(tenant)
    found = [
        *_manifests(ours, theirs),
        *_policies(ours, theirs),
        *_controls(ours, theirs),
        *_conditions(ours, theirs),
        *_declared(ours, theirs),
    ]
    found += [*_people(ours, theirs), *_checks(ours.checks, theirs.checks)]
    return tuple(sorted(set(found)))


@dataclass(frozen=True, slots=True)
class _Parts:
    content: Content
    manifest: dict[str, Json]
    data: dict[str, Json]
    checks: Checks

    @classmethod
    def of(cls, content: Content) -> "_Parts":
        files = content.files
        manifest = read_object(MANIFEST, files.get(MANIFEST, b""))
        checks = read_checks(files[CHECKS]) if CHECKS in files else Checks()
        return cls(content, manifest, read_object(DATA, files.get(DATA, b"")), checks)

    @property
    def files(self) -> Mapping[str, bytes]:
        return self.content.files

    @property
    def catalogue(self) -> dict[str, Json]:
        return _object(self.data.get("catalogue"))

    def declared(self, kind: str) -> dict[str, Json]:
        """Return what the catalogue declares of a kind, by name."""
        return _object(self.catalogue.get(kind))

    @property
    def departments(self) -> set[str]:
        people = [*self.declared("agents").values(), *self.declared("processes").values()]
        named = {one["department"] for one in people if isinstance(one, dict) and "department" in one}
        return named | {scope[1] for path in self.files if (scope := _scope(path)) and scope[0] == "department"}

    @property
    def lines(self) -> tuple[str, ...]:
        text = self.files.get(CONDITIONS, b"").decode("utf-8", errors="replace")
        return tuple(line for line in text.split("\n") if line)


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks for the organisation: the packages of its policies (as scopes of reasons), and for which controls."""

    scopes: frozenset[str]
    controls: frozenset[str]

    @classmethod
    def of(cls, org: Content) -> "Voices":
        """Return those of an organisation's bundle."""
        scopes = {"/".join(org.packages[path][1:]) for path in org.files if _scope(path) and path in org.packages}
        return cls(frozenset(scopes), frozenset(map(same_control, org.spoken_for)))

    def usurped(self, scope: str | None, control: str | None) -> bool:
        """Return whether a reason names a control of the organisation's, and comes from no policy of its."""
        return control is not None and scope not in self.scopes and same_control(control) in self.controls


def _scope(path: str) -> tuple[str, ...]:
    """Return the scope that a policy is in: ``("org",)``, ``("department", "sales")``; of other files nothing."""
    parts = PurePosixPath(path).parts
    match parts:
        case ("policies", "org", _, *_):
            return ("org",)
        case ("policies", ("department" | "process") as kind, name, _, *_):
            return (kind, name)
        case _:
            return ()


def _manifests(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    """Yield where the manifest tells OPA to read files in another way, or as somebody else's."""
    for name in sorted({*org.manifest, *tenant.manifest} - {"revision", "metadata"}):
        if name not in tenant.manifest:
            yield OrgFault(MANIFEST, Offence.MISSING, f"the manifest does not say {name!r}")
        elif name not in org.manifest or not _same(org.manifest[name], tenant.manifest[name]):
            yield OrgFault(MANIFEST, Offence.LOOSENED, f"the manifest says something else of {name!r}")


def _policies(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    for path in sorted(org.files.keys() - _OWN):
        if path not in tenant.files:
            yield OrgFault(path, Offence.MISSING, "the organisation's file is not there")
        elif tenant.files[path] != org.files[path]:
            yield OrgFault(path, Offence.LOOSENED, "this is not the organisation's file as it is in force")
    departments, processes = org.departments, org.declared("processes")
    for path in sorted(tenant.files.keys() - org.files.keys() - _OWN):
        reason = _taken(path, departments, processes)
        expected = (*PurePosixPath(path).parts[:-1], PurePosixPath(path).stem)
        if not reason and tenant.content.packages.get(path) != expected:
            reason = "OPA reads another package in this file than that of its place"
        if reason:
            yield OrgFault(path, Offence.LOOSENED, reason)


def _controls(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    """Yield policies of the tenant's that would say something in the name of a control of the organisation's.

    One that is put together, and stands in no file, is found when it is said (``Voices``).
    """
    ours = {same_control(name) for name in org.content.spoken_for}
    for path in sorted(tenant.files.keys() - org.files.keys() - _OWN):
        if not _scope(path):
            continue
        said = tenant.content.controls.get(path, frozenset()) | mentioned(tenant.content.text(path))
        if path in tenant.content.pretending:
            reason = "nothing is evaluated `with` what is not so: rules of the organisation would say what they do not"
            yield OrgFault(path, Offence.LOOSENED, reason)
        for name in sorted(one for one in said if same_control(one) in ours):
            reason = f"the control {name[:64]!r} is the organisation's; a policy of yours names one of your own"
            yield OrgFault(path, Offence.LOOSENED, reason)


def _taken(path: str, departments: set[str], processes: Mapping[str, Json]) -> str:
    """Return why a tenant may have no file of its own there, or nothing."""
    match _scope(path):
        case ("org",):
            return "only the organisation has policies in policies/org"
        case ("department", name):
            return f"the department {name!r} is the organisation's" if name in departments else ""
        case ("process", name):
            return f"the process {name!r} is the organisation's" if name in processes else ""
        case _:
            return "a tenant has policies of its departments and processes, and no other files"


def _conditions(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    """Yield lines of the generated module that the build would not have written."""
    for line in sorted(set(org.lines) - set(tenant.lines)):
        yield OrgFault(CONDITIONS, Offence.MISSING, f"a line of the organisation's is not there: {line[:120]}")
    if org.content.packages.get(CONDITIONS) != tenant.content.packages.get(CONDITIONS):
        yield OrgFault(CONDITIONS, Offence.LOOSENED, "OPA reads another package in this file")
    for line in tenant.lines:
        if line not in org.lines and not _is_condition(line, org, tenant):
            yield OrgFault(CONDITIONS, Offence.LOOSENED, f"the build does not write this: {line[:120]}")


def _is_condition(line: str, org: _Parts, tenant: _Parts) -> bool:
    """Return whether a line answers a ``when`` of the tenant's own process by a rule of that process's own policies."""
    found = _RULE.fullmatch(line)
    if found is None or found["process"] in org.declared("processes"):
        return False
    return any(
        found["path"] == package_of((*PurePosixPath(path).parts[:-1], PurePosixPath(path).stem, found["rule"]))
        for path in tenant.files
        if _scope(path) == ("process", found["process"]) and len(PurePosixPath(path).parts) == 4
    )


def _declared(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    """Yield names that the organisation declares, and the tenant's bundle does not, or in another way."""
    for part in sorted(tenant.data.keys() - {"catalogue", "settings"}):
        yield OrgFault(DATA, Offence.LOOSENED, f"a tenant has no data at {part!r}")
    for kind, pattern in _FILES.items():
        yield from _named(org.declared(kind), tenant.declared(kind), pattern)
    yield from _servers(org.declared("systems"), tenant.declared("systems"))
    yield from _named(org.declared("ledgers"), tenant.declared("ledgers"), "ledgers.yaml")
    yield from _named(_object(org.data.get("settings")), _object(tenant.data.get("settings")), "data/{}.yaml")
    theirs = tenant.declared("memory")
    for name, value in org.declared("memory").items():
        if isinstance(value, dict) and isinstance(theirs.get(name), dict):
            yield from _named(value, theirs[name], "memory.yaml")
        else:
            yield from _named({name: value}, theirs, "memory.yaml")
    for kind in sorted(tenant.catalogue.keys() - org.catalogue.keys()):
        yield OrgFault(DATA, Offence.LOOSENED, f"the organisation's catalogue has no {kind!r}")


def _servers(ours: Mapping[str, Json], theirs: Mapping[str, Json]) -> Iterator[OrgFault]:
    """Yield systems of the tenant's that would call the organisation's tools by a laxer description than theirs."""
    taken = {_object(one).get("tool_server") for one in ours.values()} - {None}
    for name in sorted(theirs.keys() - ours.keys()):
        server = _object(theirs[name]).get("tool_server")
        if server in taken:
            reason = f"the tool server {server!r} is that of a system of the organisation's; name one of your own"
            yield OrgFault(_FILES["systems"].format(name), Offence.LOOSENED, reason)


def _named(ours: Mapping[str, Json], theirs: Mapping[str, Json], pattern: str) -> Iterator[OrgFault]:
    for name in sorted(ours):
        if name not in theirs:
            yield OrgFault(pattern.format(name), Offence.MISSING, f"the organisation's {name!r} is not there")
        elif not _same(ours[name], theirs[name]):
            reason = f"{name!r} is the organisation's, and this says something else; give it another name"
            yield OrgFault(pattern.format(name), Offence.LOOSENED, reason)


def _people(org: _Parts, tenant: _Parts) -> Iterator[OrgFault]:
    """Yield agents and processes of the tenant that would have what the organisation grants to its departments."""
    departments = org.departments
    for kind in ("agents", "processes"):
        for name in sorted(tenant.declared(kind).keys() - org.declared(kind).keys()):
            one = tenant.declared(kind)[name]
            department = one.get("department") if isinstance(one, dict) else None
            if department in departments:
                reason = f"the department {department!r} is the organisation's, and only its own belong to it"
                yield OrgFault(_FILES[kind].format(name), Offence.LOOSENED, reason)


def _checks(org: Checks, tenant: Checks) -> Iterator[OrgFault]:
    """Yield the organisation's tests and cases that the tenant's bundle need not pass."""
    for path in sorted(org.tests):
        if path not in tenant.tests:
            yield OrgFault(path, Offence.MISSING, "the organisation's test is not there")
        elif tenant.tests[path] != org.tests[path]:
            yield OrgFault(path, Offence.LOOSENED, "this is not the organisation's test as it is in force")
    carried = {_written(case.to_json()) for case in tenant.cases}
    for case in org.cases:
        if _written(case.to_json()) not in carried:
            yield OrgFault(case.file, Offence.MISSING, f"the organisation's case {case.name!r} is not there")


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _same(one: Json, other: Json) -> bool:
    """Return whether two values are the same JSON: true is not 1, and 1 is not 1.0."""
    return _written(one) == _written(other)


def _written(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
