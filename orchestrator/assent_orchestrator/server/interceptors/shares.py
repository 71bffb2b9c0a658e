"""No tenant takes all the calls that the server serves at once: each has its share, and so has whoever is nobody."""

from collections import Counter
from typing import Any

from assent_orchestrator.server.interceptors.around import Around, Call, Proceed
from assent_orchestrator.server.refusal import CrowdError
from assent_orchestrator.store.confinement import confined


class Shares(Around):
    """Turns a call away when its tenant has as many under way as are left for all others.

    So the first to come has half of them at most, the next half of the rest, and there is always room for one more
    tenant: streams stay for hours, and those of one would keep everybody else from stopping or approving anything.
    Streams of the services that are open to everybody share what is nobody's.
    """

    def __init__(self, most: int) -> None:
        """Say how many calls the server serves at once."""
        self._most = most
        self._under_way: Counter[str] = Counter()

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call if there is room.

        Raises:
            CrowdError: the tenant has its share.
        """
        tenant = confined() or ""
        mine = self._under_way[tenant]
        # One is always let in: tenants are few. So is whoever asks in a word how the server is: where no answer comes,
        # servers are ended.
        bounded = bool(tenant) or call.response_streaming
        if bounded and mine and mine >= self._most - self._under_way.total():
            raise CrowdError("as many calls of your tenant are under way as may be; end some, or call again later")
        self._under_way[tenant] += 1
        try:
            return await proceed(call.request)
        finally:
            self._under_way[tenant] -= 1
            if not self._under_way[tenant]:
                del self._under_way[tenant]
