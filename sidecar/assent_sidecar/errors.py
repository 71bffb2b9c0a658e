"""What can be wrong with the engine, with the code that decisions, spans and metrics share."""

from typing import ClassVar


class SidecarError(Exception):
    """The base of everything the decision point raises; ``code`` is stable and low-cardinality."""

    code: ClassVar[str] = "ENGINE_ERROR"


class EngineSettingsError(SidecarError):
    """An environment variable cannot be used as it stands."""

    code = "ENGINE_SETTINGS"


class EngineMissingError(SidecarError):
    """There is no engine that could be started."""

    code = "ENGINE_MISSING"


class EngineVersionError(SidecarError):
    """The engine is not the pinned version, and nobody allowed its version by name."""

    code = "ENGINE_VERSION"


class EngineUnavailableError(SidecarError):
    """The engine cannot be reached, went away before it had answered, or does not start."""

    code = "ENGINE_UNAVAILABLE"


class EngineTimeoutError(SidecarError):
    """The engine did not answer within the budget."""

    code = "ENGINE_TIMEOUT"


class EngineBusyError(SidecarError):
    """As many questions wait for the engine as may; this one was not asked."""

    code = "ENGINE_BUSY"


class EngineFaultError(SidecarError):
    """The engine answered that it could not evaluate, or something that no engine says."""

    code = "ENGINE_ERROR"


class ActivationError(SidecarError):
    """The engine did not take a bundle; the one before stays in force."""

    code = "POLICY_NOT_ACTIVATED"
