"""Reads a workspace: the folder in a team's repository that a bundle is built from."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, TypeVar

from pydantic import StringConstraints, ValidationError

from assent_sidecar.bundle.documents import Documents, Loaded
from assent_sidecar.bundle.explanation import explain
from assent_sidecar.bundle.fault import WorkspaceError, WorkspaceFault
from assent_sidecar.bundle.policies import RESERVED, PolicyFile, check_package, check_place, read_policy
from assent_sidecar.bundle.references import check_references
from assent_sidecar.bundle.source import Source, SourceError, read_text, read_yaml
from assent_sidecar.bundle.tree import Tree, list_tree
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.ledger import Ledgers
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import MEMORY, OWN_SERVER
from assent_sidecar.catalogue.process import Process
from assent_sidecar.catalogue.system import System
from assent_sidecar.model import Document, Json, Name
from assent_sidecar.policy.cases import Case, CaseFile
from assent_sidecar.policy.completion import complete
from assent_sidecar.policy.names import CompletionError
from assent_sidecar.question import Question

__all__ = [
    "Condition",
    "PolicyFile",
    "Workspace",
    "WorkspaceError",
    "WorkspaceFault",
    "WrittenCase",
    "load_workspace",
    "read_workspace",
]

T = TypeVar("T", bound=Document)
N = TypeVar("N", System, Agent, Process)

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}$")
"""What a data file may be called."""


class Manifest(Document):
    """The file ``assent.yaml``, which makes a folder a workspace."""

    name: Name
    title: Annotated[str, StringConstraints(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """One case, where it is written, and its question completed from the catalogue."""

    file: str
    line: int
    case: Case
    question: Question = field(repr=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A place where a step or a branch of a choice names a rule of its process's own scope with ``when``."""

    file: str
    line: int
    process: str
    rule: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything in a workspace, checked against itself; Rego is read but not compiled."""

    root: Path
    catalogue: Catalogue = field(repr=False)
    policies: tuple[PolicyFile, ...] = field(repr=False)
    tests: tuple[PolicyFile, ...] = field(repr=False)
    cases: tuple[WrittenCase, ...] = field(repr=False)
    conditions: tuple[Condition, ...] = field(repr=False)


def load_workspace(root: Path, *, org: Catalogue | None = None) -> Workspace:
    """Read the workspace at ``root``; it reads files, so call it from a thread when a loop is running.

    ``org`` is what the organisation that it is under declares: as if it stood in this workspace, too.

    Raises:
        WorkspaceError: something is wrong; the error names every fault with its file and line.
    """
    workspace, faults = read_workspace(root, org=org)
    if faults:
        raise WorkspaceError(faults)
    return workspace


def read_workspace(root: Path, *, org: Catalogue | None = None) -> tuple[Workspace, tuple[WorkspaceFault, ...]]:
    """Read what can be read of the workspace at ``root``, under ``org``, and say everything that is wrong with it."""
    tree = list_tree(root)
    reader = _Reader(root, list(tree.faults))
    workspace = reader.workspace(tree, org or Catalogue(workspace="unnamed"))
    return workspace, tuple(sorted(set(reader.faults)))


class _Reader:
    """Reads documents and collects faults."""

    def __init__(self, root: Path, faults: list[WorkspaceFault]) -> None:
        self.faults = faults
        self._root = root

    def workspace(self, tree: Tree, org: Catalogue) -> Workspace:
        manifest = self._document("assent.yaml", Manifest)
        memory = self._document("memory.yaml", Memory) if tree.has_memory else None
        ledgers = self._document("ledgers.yaml", Ledgers) if tree.has_ledgers else None
        systems = _given("systems", _without_own(org.systems)) | dict(self._named(tree.documents["systems"], System))
        agents = _given("agents", org.agents) | dict(self._named(tree.documents["agents"], Agent))
        processes = _given("processes", org.processes) | dict(self._named(tree.documents["processes"], Process))
        broken = {
            folder: frozenset(_stem(file) for file in tree.documents[folder]) - read.keys()
            for folder, read in (("systems", systems), ("agents", agents), ("processes", processes))
        }
        if tree.has_memory and memory is None:
            broken["systems"] |= {MEMORY}
        memory = _joined(org.memory, memory)
        documents = Documents(systems, agents, processes, broken, ledgers, memory)
        self.faults.extend(check_references(documents))
        catalogue = Catalogue(
            workspace=manifest.value.name if manifest else "unnamed",
            title=manifest.value.title if manifest else "",
            systems={**{name: one.value for name, one in systems.items()}, **documents.own},
            agents={name: one.value for name, one in agents.items()},
            processes={name: one.value for name, one in processes.items()},
            ledgers=org.ledgers | (ledgers.value.ledgers if ledgers else {}),
            memory=memory.value if memory else Memory(),
            data=org.data | dict(self._data(tree.documents["data"])),
        )
        policies = tuple(self._policies(tree.policies, documents))
        # A case is completed from the catalogue: with a fault in there, faults of cases would only be echoes.
        sound = not self.faults
        return Workspace(
            root=self._root,
            catalogue=catalogue,
            policies=tuple(policy for policy in policies if not policy.is_test),
            tests=tuple(policy for policy in policies if policy.is_test),
            cases=tuple(self._cases(tree.documents["cases"], catalogue, complete_them=sound)),
            conditions=tuple(_conditions(processes)),
        )

    def _source(self, file: str) -> Source | None:
        try:
            return read_yaml(self._root, file)
        except SourceError as error:
            self.faults.extend(error.faults)
            return None

    def _document(self, file: str, model: type[T]) -> Loaded[T] | None:
        source = self._source(file)
        if source is None:
            return None
        try:
            return Loaded(model.from_json(source.value), source)
        except ValidationError as error:
            self.faults.extend(explain(source, error))
            return None

    def _named(self, files: tuple[str, ...], model: type[N]) -> Iterator[tuple[str, Loaded[N]]]:
        for file in files:
            loaded = self._document(file, model)
            if loaded is None:
                continue
            if loaded.value.name != _stem(file):
                reason = f"the file is named {_stem(file)!r}, but this says {loaded.value.name!r}"
                self.faults.append(loaded.fault(("name",), reason))
            yield _stem(file), loaded

    def _data(self, files: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
        for file in files:
            source = self._source(file)
            if not NAME.match(_stem(file)):
                reason = f"{_stem(file)!r} cannot be a name in data.settings: use a-z, 0-9, _ and -"
                self.faults.append(WorkspaceFault(file, 1, reason))
            elif source is not None:
                yield _stem(file), source.value

    def _policies(self, files: tuple[str, ...], documents: Documents) -> Iterator[PolicyFile]:
        processes = {*documents.processes, *documents.broken["processes"]}
        departments = {agent.value.department for agent in documents.agents.values()}
        departments |= {process.value.department for process in documents.processes.values()}
        # With a document that cannot be read nobody knows every department.
        known = None if documents.broken["agents"] or documents.broken["processes"] else departments
        for file in files:
            misplaced = tuple(check_place(file, departments=known, processes=processes))
            self.faults.extend(misplaced)
            try:
                text = read_text(self._root, file)
            except SourceError as error:
                self.faults.extend(error.faults)
                continue
            if misplaced:
                continue
            policy = read_policy(file, text)
            wrong = tuple(check_package(policy))
            self.faults.extend(wrong)
            if not wrong:
                yield policy

    def _cases(self, files: tuple[str, ...], catalogue: Catalogue, *, complete_them: bool) -> Iterator[WrittenCase]:
        for file in files:
            source = self._source(file)
            if source is None:
                continue
            try:
                cases = CaseFile.model_validate_json(json.dumps(source.value)).root
            except ValidationError as error:
                self.faults.extend(explain(source, error))
                continue
            names: set[str] = set()
            for index, case in enumerate(cases):
                if case.name in names:
                    self.faults.append(source.fault((index, "name"), f"there are two cases {case.name!r}"))
                names.add(case.name)
                if not complete_them:
                    continue
                try:
                    yield WrittenCase(file, source.line((index,)), case, complete(case.question, catalogue))
                except CompletionError as error:
                    self.faults.append(source.fault((index, "question", *error.place), error.reason))


def _joined(org: Memory, own: Loaded[Memory] | None) -> Loaded[Memory] | None:
    """Return the memory classes of both; None where nobody declares any."""
    if not org.classes:
        return own
    if own is None:
        return Loaded(org, Source("memory.yaml", org.to_json(), {}))
    return Loaded(own.value.model_copy(update={"classes": org.classes | own.value.classes}), own.source)


def _without_own(systems: Mapping[str, System]) -> dict[str, System]:
    """Return systems that somebody declared: those of Assent itself are added to whatever there is."""
    return {name: system for name, system in systems.items() if system.tool_server != OWN_SERVER}


def _given(folder: str, declared: Mapping[str, N]) -> dict[str, Loaded[N]]:
    """Return documents of the organisation, which has checked them itself and has their lines."""
    return {name: Loaded(one, Source(f"{folder}/{name}.yaml", one.to_json(), {})) for name, one in declared.items()}


def _conditions(processes: Mapping[str, Loaded[Process]]) -> Iterator[Condition]:
    for name, process in processes.items():
        for index, step in enumerate(process.value.steps):
            if step.when is not None and step.when not in RESERVED:
                line = process.source.line(("steps", index, "when"))
                yield Condition(process.source.file, line, name, step.when)
        for chosen, choice in process.value.choices.items():
            for index, branch in enumerate(choice.branches):
                if branch.when not in RESERVED:
                    line = process.source.line(("choices", chosen, "branches", index, "when"))
                    yield Condition(process.source.file, line, name, branch.when)


def _stem(file: str) -> str:
    return PurePosixPath(file).stem
