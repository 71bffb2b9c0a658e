"""What may be remembered, for how long and why."""

from typing import Literal, Self

from pydantic import model_validator

from assent_sidecar.model import Document, Duration, Name, seconds

Retention = Literal["temporary", "long_term", "never", "audit"]


class MemoryClass(Document):
    """One class of memory: ``never`` is a class, too.

    ``ttl`` is the longest that a value is kept. A ``temporary`` class with the ``scope`` run keeps values for as long
    as the run lasts that remembered them. ``recalled_for`` are purposes for which it may be recalled beside its own.
    Values that carry one of the ``labels`` of a class that is ``never`` belong to it, whatever anybody says; what is
    remembered in another class carries its ``labels`` as well.
    """

    retention: Retention
    purpose: str
    owner: str
    ttl: Duration | None = None
    scope: Literal["time", "run"] = "time"
    labels: tuple[Name, ...] = ()
    recalled_for: tuple[str, ...] = ()

    @property
    def holds_values(self) -> bool:
        """Whether anybody may remember in this class: nothing is in ``never``, and only Assent writes ``audit``."""
        return self.retention in ("temporary", "long_term")

    @property
    def purposes(self) -> tuple[str, ...]:
        """Every purpose for which it may be recalled."""
        return (self.purpose, *self.recalled_for)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if not self.purpose.strip():
            raise ValueError("say for what purpose: what has none may not be remembered")
        if self.scope == "run" and self.retention != "temporary":
            raise ValueError("only a temporary class has the scope run")
        if self.holds_values and self.ttl is None and self.scope != "run":
            raise ValueError(f"a {self.retention} class needs a ttl: what is remembered has to end")
        if self.ttl is not None and not seconds(self.ttl):
            raise ValueError("a ttl of nothing keeps nothing: use retention never")
        if self.retention == "never" and self.ttl is not None:
            raise ValueError("a class that is never retained has no ttl")
        if self.recalled_for and not self.holds_values:
            raise ValueError("nothing can be recalled from a class that nothing is remembered in")
        return self


class Memory(Document):
    """The file ``memory.yaml``."""

    classes: dict[Name, MemoryClass] = {}

    @property
    def never(self) -> frozenset[str]:
        """The labels of values that reach no disk, log, trace, trail or database."""
        return frozenset(label for one in self.classes.values() if one.retention == "never" for label in one.labels)

    def unretained(self, labels: tuple[str, ...] | frozenset[str]) -> str | None:
        """Return the name of a class that says of values with one of these labels that they are never retained."""
        for name, one in self.classes.items():
            if one.retention == "never" and not frozenset(one.labels).isdisjoint(labels):
                return name
        return None
