"""What can be wrong with a request, with a code for programs and a sentence for people.

A message never holds internals: the wire shows ``message``; what caused it goes to the log only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent.

    ``field`` is the path to it, as in ``steps[2].args.account``.
    """

    field: str
    code: str
    description: str


class AssentError(Exception):
    """The base of everything a caller is told."""

    code = "INTERNAL"

    def __init__(self, message: str, **metadata: str) -> None:
        """Say what is wrong and what to do; ``metadata`` holds each variable of the message."""
        super().__init__(message)
        self.message = message
        self.metadata = metadata


def code_of(error: Exception) -> str:
    """Return what a log calls an error: the code of one of ours, of others their kind; never what they say."""
    return error.code if isinstance(error, AssentError) else type(error).__name__


class InvalidError(AssentError):
    """What was sent cannot be used; ``faults`` names every reason."""

    code = "INVALID_REQUEST"

    def __init__(self, message: str, faults: tuple[Fault, ...], *, code: str | None = None) -> None:
        """Name every fault at once."""
        super().__init__(message)
        self.faults = faults
        self.code = code or type(self).code


class NotFoundError(AssentError):
    """There is no such thing, or the caller may not know of it."""

    code = "NOT_FOUND"


class ForbiddenError(AssentError):
    """The caller is known, but may not do this."""

    code = "FORBIDDEN"


class NotThisAgentError(ForbiddenError):
    """An agent acts as itself only, and the caller is another one, or none."""

    code = "NOT_THIS_AGENT"


class AgentMayNotAnswerError(ForbiddenError):
    """Only people say this: an agent answers for nobody, hands nothing over and lets nothing go on."""

    code = "AGENT_MAY_NOT_ANSWER"


class UnauthenticatedError(AssentError):
    """The caller is not known."""

    code = "UNAUTHENTICATED"


class UnknownTenantError(ForbiddenError):
    """The caller is known, but this server has no policies for its tenant."""

    code = "UNKNOWN_TENANT"


class ConflictError(AssentError):
    """The caller's view is older than the truth (etag)."""

    code = "CONFLICT"


class AlreadyExistsError(AssentError):
    """The request id was used for something else before (AIP-155)."""

    code = "REQUEST_ID_USED"


class StateError(AssentError):
    """The thing is not in a state in which this can be done."""

    code = "WRONG_STATE"


class MemoryKeyWrongError(StateError):
    """Another master key than ours wraps the keys in the database: nothing is read, and nothing written over them."""

    code = "MEMORY_KEY_WRONG"

    def __init__(self, message: str = "this server has not got the master key of the memory in its database") -> None:
        super().__init__(message)


class NotRetainedError(StateError):
    """The policies would be asked with a value that is never stored, and this server does not have it (any more)."""

    code = "NOT_RETAINED"


class AmendmentsFullError(StateError):
    """As many amendments are open as may be; their owners have to look at some first. Nothing was stored."""

    code = "TOO_MANY_AMENDMENTS"


class BusyError(AssentError):
    """As many decisions wait as may, so nothing was asked and nothing was done; the same call may succeed later."""

    code = "ENGINE_BUSY"


class TooManyRunsError(BusyError):
    """The tenant has as many runs at work as it may; nothing was stored, and a run that ends makes room."""

    code = "TOO_MANY_RUNS"


class CrowdedError(BusyError):
    """Too many plans are being handed in for this one to get its turn in time; nothing was stored."""

    code = "TOO_MANY_SUBMISSIONS"


class UnavailableError(AssentError):
    """Something Assent needs is away; the same call may succeed later."""

    code = "UNAVAILABLE"


class TenantAwayError(UnavailableError):
    """There are no policies for the tenant here, so nothing of it goes on; a server that has them goes on with it."""

    code = "TENANT_AWAY"


class ExecutorError(AssentError):
    """Another live server on the database has the executor name."""

    code = "EXECUTOR_IN_USE"
