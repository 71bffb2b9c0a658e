"""What callers ask of memory, as they ask it."""

from dataclasses import dataclass, field
from typing import Any

from assent_sidecar.facts import Labels, MemoryOperation
from assent_sidecar.model import Duration, Json


@dataclass(frozen=True, slots=True)
class Terms:
    """On whose behalf, for which agent and in what: empty is what was not said.

    The policies that are asked are those of the organisation, of the agent's department, and of the process. A ``run``
    is the run that it belongs to.
    """

    on_behalf_of: str = ""
    agent: str = ""
    process: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to be done with memory; what an operation does not need is left empty.

    ``labels`` classify parts of the ``value`` that is to be remembered. Recalling gives at most ``limit`` values, and
    none with a label beyond ``only_labels``, where it is given. ``reason`` is why a subject is forgotten or held.
    ``request_id`` makes doing it twice doing it once.
    """

    operation: MemoryOperation
    memory_class: str = ""
    purpose: str = ""
    subject: str = ""
    value: Json = field(default=None, repr=False)
    labels: Labels = field(default_factory=dict[str, Any])
    only_labels: frozenset[str] | None = None
    ttl: Duration | None = None
    limit: int = 0
    reason: str = ""
    request_id: str = ""
    terms: Terms = field(default_factory=Terms)
