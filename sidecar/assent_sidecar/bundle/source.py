"""One file of a workspace: its text, and for YAML its value with the line of every part.

YAML is read as 1.2 and only as far as it is JSON: no anchors, no tags, no keys that are not text, no duplicate keys.
What a reviewer reads is then what is decided by.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.model import Json

MAX_BYTES = 1024 * 1024
"""Largest file that is read: 1 MiB."""

_MAX_DEPTH = 64
_MAX_EXACT = 2**53 - 1  # RFC 8785 and every other JSON reader agree on integers up to here
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+$|0o[0-7]+$|0x[0-9a-fA-F]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_DIRECTIVE = re.compile(r"^%(YAML|TAG)\b", re.MULTILINE)

Location = tuple[str | int, ...]


class SourceError(Exception):
    """One file cannot be read; ``faults`` says why."""

    def __init__(self, faults: Iterable[WorkspaceFault]) -> None:
        """Name every fault."""
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Source:
    """The JSON value of one YAML file and the line of each of its parts."""

    file: str
    value: Json
    lines: Mapping[Location, int] = field(repr=False)

    def line(self, path: Iterable[str | int] = ()) -> int:
        """Return the line of the part at ``path``, or of the closest part around it that is in the file."""
        wanted = tuple(path)
        while wanted and wanted not in self.lines:
            wanted = wanted[:-1]
        return self.lines.get(wanted, 1)

    def fault(self, path: Iterable[str | int], reason: str) -> WorkspaceFault:
        """Return a fault of the part at ``path``."""
        return WorkspaceFault(self.file, self.line(path), reason)


def read_text(root: Path, file: str) -> str:
    """Return the text of ``file``, a path relative to ``root``.

    Raises:
        SourceError: it is no regular file, leaves the workspace through a link, is over 1 MiB, empty or not UTF-8.
    """

    def refuse(reason: str) -> SourceError:
        return SourceError([WorkspaceFault(file, 1, reason)])

    path = root / file
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root.resolve(strict=True)):
            raise refuse("a link leads out of the workspace")
        if not real.is_file():
            raise refuse("this is not a regular file")
        with real.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "a link leads in a circle"
        raise refuse(f"the file cannot be read: {reason}") from error
    if len(content) > MAX_BYTES:
        raise refuse(f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError([WorkspaceFault(file, line, "the file is not UTF-8")]) from error
    if not text.strip():
        raise refuse("the file is empty")
    return text


def read_yaml(root: Path, file: str) -> Source:
    """Return the value of a YAML file.

    Raises:
        SourceError: the file cannot be read, or is not the part of YAML 1.2 that is JSON.
    """
    return parse_yaml(file, read_text(root, file))


def parse_yaml(file: str, text: str) -> Source:
    """Return the value of YAML ``text``; ``file`` is what faults name.

    Raises:
        SourceError: the text is not the part of YAML 1.2 that is JSON.
    """
    directive = _DIRECTIVE.search(text)
    if directive:
        line = text.count("\n", 0, directive.start()) + 1
        raise SourceError([WorkspaceFault(file, line, "YAML directives are not used here")])
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ": ".join(str(part) for part in (error.context, error.problem) if part)
        fault = WorkspaceFault(file, mark.line + 1 if mark else 1, f"this is not YAML: {reason}")
        raise SourceError([fault]) from error
    except RecursionError as error:
        raise SourceError([WorkspaceFault(file, 1, f"nested deeper than {_MAX_DEPTH}")]) from error
    except (YAMLError, ValueError) as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise SourceError([WorkspaceFault(file, line, "this is not YAML: a character that is not allowed")]) from error
    if node is None:
        raise SourceError([WorkspaceFault(file, 1, "the file is empty")])
    reader = _Reader(file)
    value = reader.read(node, ())
    if reader.faults:
        raise SourceError(reader.faults)
    return Source(file, value, reader.lines)


class _Reader:
    """Turns YAML nodes into JSON values, noting lines and faults."""

    def __init__(self, file: str) -> None:
        self.faults: list[WorkspaceFault] = []
        self.lines: dict[Location, int] = {}
        self._file = file
        self._seen: set[int] = set()

    def read(self, node: Node, path: Location) -> Json:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            return self._refuse(node, "anchors and aliases are not used here: write the value out")
        self._seen.add(id(node))
        if len(path) > _MAX_DEPTH:
            return self._refuse(node, f"nested deeper than {_MAX_DEPTH}")
        if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return self._refuse(node, f"the tag {node.tag} is not used here")

    def _mapping(self, node: MappingNode, path: Location) -> Json:
        value: dict[str, Json] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or key.tag not in (f"{_TAG}str", f"{_TAG}timestamp"):
                self._refuse(key, "a key must be text: put it in quotes")
                continue
            name = str(key.value)
            if name in value:
                self.faults.append(WorkspaceFault(self._file, line, f"the key {name!r} is there twice"))
                continue
            self.lines[(*path, name)] = line
            value[name] = self.read(item, (*path, name))
        return value

    def _scalar(self, node: ScalarNode) -> Json:
        text = str(node.value)
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if _INTEGER.match(text):
                if len(text) < 32:  # longer is beyond anyway, and slow to convert
                    number = int(text, 0) if text.startswith(("0o", "0x")) else int(text)
                    if abs(number) <= _MAX_EXACT:
                        return number
                return self._refuse(node, "an integer beyond 2**53 - 1 is not exact: write it as text")
            case "float" if _FLOAT.match(text) and math.isfinite(float(text)):
                return float(text)
            case "int" | "float":
                return self._refuse(node, f"{text} is not a JSON number: write it plainly, or in quotes as text")
        return self._refuse(node, f"the tag {node.tag} is not used here")

    def _refuse(self, node: Node, reason: str) -> None:
        self.faults.append(WorkspaceFault(self._file, node.start_mark.line + 1, reason))
