"""What the server itself refuses, before or beside any use case."""

from assent_orchestrator.errors import AssentError, BusyError, UnavailableError


class DeadlineError(AssentError):
    """The call took longer than the caller or the server gives it."""

    code = "DEADLINE_EXCEEDED"


class SlowReaderError(AssentError):
    """The caller does not read the stream it asked for; it may resume where it stopped."""

    code = "SLOW_READER"


class SlowSenderError(AssentError):
    """The request did not come with the call, nor soon after it; nothing was begun."""

    code = "SLOW_SENDER"


class CrowdError(BusyError):
    """The tenant has as many calls under way as may be, and others have room; nothing was begun."""

    code = "TOO_MANY_CALLS"


class ShuttingDownError(UnavailableError):
    """The server stops; a stream may be resumed with the next one."""

    code = "SHUTTING_DOWN"


class UnknownMethodError(AssentError):
    """There is no such service or method."""

    code = "UNKNOWN_METHOD"
