"""What a place that bundles come from can do."""

from collections.abc import AsyncGenerator
from typing import Protocol

from assent_sidecar.bundle.archive import Bundle


class Origin(Protocol):
    """A place that has at most one bundle at a time: its newest."""

    @property
    def name(self) -> str:
        """What it is and where, for people and for the standing; without secrets."""
        ...

    @property
    def local(self) -> bool:
        """Whether bundles are made right here, and need no signature."""
        ...

    async def fetch(self) -> Bundle | None:
        """Return its bundle, believed; None when that is still the one that was ``taken``.

        Raises:
            SidecarError: there is none, or it is not believed.
            WorkspaceError, CommandError: it cannot be built.
        """
        ...

    def taken(self) -> None:
        """Hear that what was fetched last is in force, or not wanted: until it changes, nothing is to be done."""
        ...

    def changes(self) -> AsyncGenerator[None]:
        """Yield when there may be another bundle, and every now and then in any case. Never ends, raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
