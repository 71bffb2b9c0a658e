"""Who makes the call that is being served: set by the identity interceptor, read by the handlers."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.store.confinement import confined_to

_caller: ContextVar[Caller] = ContextVar("assent_caller")


@contextlib.contextmanager
def serving(caller: Caller) -> Iterator[None]:
    """Make ``caller`` the one whose call is served, confined to their tenant, for as long as the block lasts."""
    token = _caller.set(caller)
    try:
        with confined_to(caller.tenant):
            yield
    finally:
        _caller.reset(token)


def current_caller() -> Caller:
    """Return who makes the call that is being served.

    Raises:
        UnauthenticatedError: nobody was authenticated, as for the services that are open to everybody.
    """
    try:
        return _caller.get()
    except LookupError:
        raise UnauthenticatedError("this call needs a caller that is known") from None
