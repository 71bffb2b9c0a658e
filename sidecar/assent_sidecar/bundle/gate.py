"""What stands between a bundle that is believed and its coming into force: a rehearsal, and who decides about it."""

from collections.abc import Awaitable, Callable

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.manifest import is_author
from assent_sidecar.bundle.refusal import BundleAuthorError, BundleRehearsalError

Rehearse = Callable[[Bundle, Bundle | None], Awaitable[RehearsalReport]]
"""Rehearses the first bundle; the second is the one in force, if there is any."""


class ActivationGate:
    """The rules of one server. Without a rehearsal (tests of other parts) everything passes.

    ``automatic`` is whether what passed comes into force by itself; ``two_persons`` whether its author must be known,
    so that somebody else can activate it.
    """

    def __init__(
        self,
        rehearse: Rehearse | None = None,
        *,
        engine_version: str = "",
        automatic: bool = True,
        two_persons: bool = False,
    ) -> None:
        """Say how it is rehearsed, on which OPA, and the rules; two persons are never automatic."""
        self._rehearse = rehearse
        self.engine_version = engine_version
        self.two_persons = two_persons
        self.automatic = (automatic and not two_persons) or rehearse is None
        self._failed: BundleRehearsalError | None = None
        self._failed_revision = ""

    def require_author(self, bundle: Bundle) -> None:
        """Pass when two persons are not needed, or it is known who the first is.

        Raises:
            BundleAuthorError: the bundle does not say who made it, or names nobody who could call.
        """
        if not self.two_persons:
            return
        if bundle.author is not None and not is_author(bundle.author):
            raise BundleAuthorError(
                f"the bundle {bundle.revision} names an author who is no caller's id, and two persons are needed: "
                "an id has letters from A to Z, digits and ._@-; build it with assent bundle build --author ID"
            )
        if bundle.author is None:
            raise BundleAuthorError(
                f"the bundle {bundle.revision} names no author, and two persons are needed: "
                "build it with assent bundle build --author ID and offer that; a workspace that is served names none"
            )

    def proof(self, report: RehearsalReport | None, bundle: Bundle) -> RehearsalReport | None:
        """Return the report if it proves that this bundle passed on this very engine."""
        if self._rehearse is None or report is None:
            return report
        same = report.revision == bundle.revision and report.engine_version == self.engine_version
        return report if same and report.passed else None

    async def rehearse(self, bundle: Bundle, running: Bundle | None) -> RehearsalReport | None:
        """Return what becomes of the rehearsal; None when nobody rehearses. Raises as ``Rehearse``."""
        return await self._rehearse(bundle, running) if self._rehearse is not None else None

    async def pass_rehearsal(self, bundle: Bundle, running: Bundle) -> RehearsalReport | None:
        """Return the report of a rehearsal that was passed; what failed once is not tried again.

        Raises:
            BundleRehearsalError: it did not pass, or carries nothing to pass while the running one does, and no person
                would look at it.
            SidecarError, CommandError: it could not be rehearsed.
        """
        if self._failed is not None and self._failed_revision == bundle.revision:
            raise self._failed
        if self.automatic and self._rehearse is not None and running.carries and not bundle.carries:
            raise BundleRehearsalError(
                f"the bundle {bundle.revision} carries neither tests nor cases, and the one in force does: it does not "
                "come into force by itself; build it with assent bundle build, or let a person decide about it with "
                "assent serve --activation manual"
            )
        report = await self.rehearse(bundle, running)
        try:
            if report is not None:
                report.require_passed()
        except BundleRehearsalError as error:
            self._failed, self._failed_revision = error, bundle.revision
            raise
        return report
