"""The Rego files of a workspace: where they may be and which package each of them is."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from assent_sidecar.bundle.fault import WorkspaceFault

FINDINGS = ("allow", "defer", "require_approval", "deny", "halt")
"""The sets of findings that a package below a scope may contribute."""

RESERVED = frozenset((*FINDINGS, "obligations"))
"""Names that mean something to ``data.assent.decision``."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}$")
_PACKAGE = re.compile(r"package\s+(?P<path>[A-Za-z_][^\s#]*)")
_PART = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_]*)|\["([^"\\]+)"\]')
_PLAIN = re.compile(r"[a-z][a-z0-9_]*$")
_SUFFIX = "_test"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One Rego file.

    ``path`` is relative to the workspace, ``package`` is as written in Rego without ``data``, and ``scope`` is as it
    appears in reasons: ``org/privacy``, ``department/sales/discounts``, ``process/contract_renewal/branches``.
    """

    path: Path
    package: str
    scope: str
    text: str = field(repr=False)

    @property
    def is_test(self) -> bool:
        """Whether the file holds tests, which are never part of a bundle."""
        return self.path.stem.endswith(_SUFFIX)

    @property
    def is_asked(self) -> bool:
        """Whether the package is right below its scope, so that its findings count; deeper ones are helpers."""
        return len(self.path.parts) == (3 if self.path.parts[1] == "org" else 4)

    @property
    def process(self) -> str | None:
        """The process whose scope this is, if it is one's."""
        return self.path.parts[2] if self.path.parts[1] == "process" else None


def package_of(parts: Iterable[str]) -> str:
    """Return the Rego package for path components: plain names with dots, others in brackets."""
    return "".join(f".{part}" if _PLAIN.match(part) else f'["{part}"]' for part in parts).removeprefix(".")


def read_policy(file: str, text: str) -> PolicyFile:
    """Return the policy file ``file`` (relative, with forward slashes) with content ``text``; checks nothing."""
    path = PurePosixPath(file)
    parts = (*path.parts[:-1], path.stem)
    return PolicyFile(Path(file), package_of(parts), "/".join(parts[1:]), text)


def check_place(
    file: str, *, departments: Collection[str] | None, processes: Collection[str]
) -> Iterator[WorkspaceFault]:
    """Yield what is wrong with the place of a Rego file: a policy that no question reaches would never deny.

    ``departments`` is None when they are not all known.
    """
    parts = PurePosixPath(file).with_suffix("").parts[1:]
    for part in parts:
        if not _NAME.match(part):
            yield WorkspaceFault(file, 1, f"{part!r} cannot be part of a package: use a-z, 0-9 and _, at most 63")
    match parts:
        case ("org", _, *_):
            depth = 2
        case ("department", department, _, *_):
            depth = 3
            if departments is not None and department not in departments:
                yield WorkspaceFault(file, 1, f"no agent and no process belongs to a department {department!r}")
        case ("process", process, _, *_):
            depth = 3
            if process not in processes:
                yield WorkspaceFault(file, 1, f"there is no process {process!r}")
        case _:
            reason = "a policy belongs into policies/org, policies/department/<name> or policies/process/<name>"
            yield WorkspaceFault(file, 1, reason)
            return
    for part in parts[depth:]:
        if part in RESERVED:
            yield WorkspaceFault(file, 1, f"a helper package cannot be named {part!r}, which is a set of findings")


def check_package(policy: PolicyFile) -> Iterator[WorkspaceFault]:
    """Yield why the package that a file declares is not the one its place says (a test may drop ``_test``)."""
    file = policy.path.as_posix()
    for number, line in enumerate(policy.text.splitlines(), start=1):
        code = line.strip()
        if not code or code.startswith("#"):
            continue
        found = _PACKAGE.match(code)
        if found is None:
            yield WorkspaceFault(file, number, f"the first statement must be: package {policy.package}")
            return
        declared = tuple(name or quoted for name, quoted in _PART.findall(found["path"]))
        expected = (*policy.path.parts[:-1], policy.path.stem)
        subject = (*expected[:-1], policy.path.stem.removesuffix(_SUFFIX)) if policy.is_test else expected
        if declared not in (expected, subject):
            yield WorkspaceFault(
                file, number, f"package {found['path']} is in the wrong place: expected {policy.package}"
            )
        return
    yield WorkspaceFault(file, 1, f"the file holds only comments: expected package {policy.package}")
