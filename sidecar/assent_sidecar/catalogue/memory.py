"""What may be remembered, for how long and why."""

from typing import Literal

from assent_sidecar.model import Document, Duration, Name


class MemoryClass(Document):
    """One class of memory: ``never`` is a class, too."""

    retention: Literal["temporary", "long_term", "never", "audit"]
    purpose: str
    owner: str
    ttl: Duration | None = None


class Memory(Document):
    """The file ``memory.yaml``."""

    classes: dict[Name, MemoryClass] = {}
