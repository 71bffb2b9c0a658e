"""What is remembered, recalled and forgotten, as values. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assent_sidecar.catalogue.memory import MemoryClass
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json

MAX_VALUE_BYTES = 64 * 1024
"""How long a value may be, in canonical JSON with its labels: as long as the arguments of a step."""

MOST_RECALLED = 500
"""How many values are recalled at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value that is to be remembered, once that was decided; ``labels`` are pointers into the value.

    ``author`` is who remembers, and ``key`` makes remembering twice remembering once, per author: a request id or an
    idempotency key. ``run`` is the run it is remembered in, if any. ``ttl`` is in seconds; None: what the class says.
    """

    tenant: str
    name: str
    declared: MemoryClass
    subject: str
    value: Json = field(repr=False)
    labels: Labels
    author: str
    at: datetime
    ttl: float | None = None
    run: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of a value without opening it; ``subject_key`` and ``digest`` are keyed digests.

    ``labels`` are those of anything in the value. ``again``: it had been remembered before, under the same key.
    """

    tenant: str
    id: str
    name: str
    purpose: str
    subject_key: str
    labels: tuple[str, ...]
    digest: str
    size: int
    created_at: datetime
    created_by: str
    run: str | None
    run_scoped: bool
    expires_at: datetime | None
    kept_at: datetime | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """What is to be recalled: newest first, at most ``limit``.

    Values that carry a label that is not in ``labels`` are withheld; None: all labels will do. What was remembered for
    the length of a run is there for that ``run`` only.
    """

    tenant: str
    name: str
    declared: MemoryClass
    subject: str
    at: datetime
    labels: frozenset[str] | None = None
    run: str | None = None
    limit: int = 50

    def grants(self, labels: Iterable[str]) -> bool:
        """Return whether a value with these labels is sought."""
        return self.labels is None or self.labels.issuperset(labels)


@dataclass(frozen=True, slots=True)
class Recalled:
    """A value that was opened, with its labels as pointers into it."""

    known: Remembered
    value: Json = field(repr=False)
    labels: Labels


@dataclass(frozen=True, slots=True)
class Recollection:
    """What was recalled, and how many values are there and were withheld for their labels."""

    values: tuple[Recalled, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Oblivion:
    """An order to forget a subject, or what is remembered of it in one class (``name``), once that was decided."""

    tenant: str
    subject: str
    author: str
    reason: str
    at: datetime
    name: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was forgotten: how many values of each class, and a digest of their ids, sorted.

    ``key_destroyed`` says that nothing of the subject is left, and that the key that could open copies is gone.
    """

    tenant: str
    id: str
    subject_key: str
    name: str | None
    forgotten: Mapping[str, int]
    ids_digest: str
    key_destroyed: bool
    reason: str
    forgotten_by: str
    forgotten_at: datetime
    again: bool = False
