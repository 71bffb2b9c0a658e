"""One bundle: everything humans decided, under one revision."""

from dataclasses import dataclass, field

from assent_sidecar.bundle.checks import Checks
from assent_sidecar.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Bundle:
    """An OPA bundle and the catalogue that was built into it.

    ``archive`` is the gzipped tar that OPA downloads. ``revision`` is ``sha256:<hex>`` over the content: the same
    content always has the same revision, and every decision names it. ``sequence`` is its place in the line of those
    that were signed, ``signed_by`` the id of the key that was verified; both None where nothing was signed.
    ``author`` is who made it, as whoever built it says; ``checks`` what it must pass, None where it carries nothing.
    """

    archive: bytes = field(repr=False)
    revision: str
    catalogue: Catalogue = field(repr=False)
    sequence: int | None = None
    signed_by: str | None = None
    author: str | None = None
    checks: Checks | None = field(default=None, repr=False)

    @property
    def carries(self) -> bool:
        """Whether there are tests or cases that it must pass."""
        return self.checks is not None and bool(self.checks.tests or self.checks.cases)
