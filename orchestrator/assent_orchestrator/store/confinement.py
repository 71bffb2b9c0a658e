"""On whose behalf something is done: in the name of one tenant, whose rows are all that is seen, or of the server.

The callers of one tenant are confined to it for as long as their call is served. What the server does by itself, as to
drive runs, is for all tenants and is not.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_tenant: ContextVar[str | None] = ContextVar("assent_tenant", default=None)


@contextlib.contextmanager
def confined_to(tenant: str) -> Iterator[None]:
    """Have connections that are taken in the block see, and write, nothing but rows of ``tenant``."""
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)


@contextlib.contextmanager
def unconfined() -> Iterator[None]:
    """Have connections that are taken in the block see all: for what the server does, whoever had it begin."""
    token = _tenant.set(None)
    try:
        yield
    finally:
        _tenant.reset(token)


def confined() -> str | None:
    """Return the tenant that we are confined to, if any."""
    return _tenant.get()
