"""How much memory an engine may take: from a soft limit on it collects garbage hard, at a hard one it dies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assent_sidecar.errors import EngineSettingsError

MEMORY_VARIABLE = "ASSENT_OPA_MEMORY"
GO_VARIABLE = "GOMEMLIMIT"
DEFAULT = "512MiB"

GO_LAZINESS = {"GOGC": "400"}
"""Garbage is collected when there is four times as much of it as of what is in use, unless the soft limit is nearer.
Go's own default is as much as is in use; with the few megabytes that policies take, that is a fifth of a decision."""

_SIZE = re.compile(r"^([1-9][0-9]{0,14})(B|KiB|MiB|GiB|TiB)?$")  # as GOMEMLIMIT is written
_UNITS = {None: 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_LEAST = 64 * 2**20
"""An engine takes half of this before it has a single policy."""

_MARGIN = 4
"""An evaluation that is cut off leaves garbage: only far above the soft limit is it sure that collecting is in vain."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Both limits, in bytes."""

    soft: int

    @property
    def hard(self) -> int:
        """Bytes of private memory at which the kernel refuses more, and the engine dies; Linux only."""
        return self.soft * _MARGIN


def read_memory(environ: Mapping[str, str]) -> Memory:
    """Return the limits: from ``ASSENT_OPA_MEMORY``, else ``GOMEMLIMIT``, else 512 MiB.

    Raises:
        EngineSettingsError: it is no size such as ``512MiB``, or less than any engine needs.
    """
    for name in (MEMORY_VARIABLE, GO_VARIABLE):
        text = environ.get(name, "").strip()
        if text:
            return Memory(_bytes(name, text))
    return Memory(_bytes(MEMORY_VARIABLE, DEFAULT))


def _bytes(name: str, text: str) -> int:
    found = _SIZE.match(text)
    if found is None:
        raise EngineSettingsError(f"{name} is {text!r}: write a size such as 512MiB or 2GiB")
    size = int(found[1]) * _UNITS[found[2]]
    if size < _LEAST:
        raise EngineSettingsError(f"{name} is {text!r}: an engine needs 64MiB at least")
    return size
