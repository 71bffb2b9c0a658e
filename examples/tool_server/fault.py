"""Faults on demand, so that what follows from them can be tried: ``email.send=slow:2s``."""

import os
import re
import signal
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Literal, get_args

from tool_server.errors import CallError

Kind = Literal["slow", "error", "crash-after-effect", "crash-in-doubt"]
_FORM = re.compile(r"(?P<action>[a-z_]+\.[a-z_]+)=(?P<kind>[a-z-]+)(?::(?P<value>\d+(?:\.\d+)?)s?)?")


@dataclass
class Fault:
    """One fault of one operation.

    ``slow:2s`` waits before the effect; ``error:2`` fails the first two calls, ``error`` all of them, without an
    effect; ``crash-after-effect`` kills the process when the effect is done and noted, before it answers;
    ``crash-in-doubt`` (``email.send`` only) kills it when the message left and nothing is noted yet.
    """

    action: str
    kind: Kind
    value: float | None
    _hits: int = 0
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read ``system.operation=kind[:value]``.

        Raises:
            ValueError: it is not of that form.
        """
        match = _FORM.fullmatch(text)
        if match is None or match["kind"] not in get_args(Kind) or (match["kind"] == "slow") > bool(match["value"]):
            raise ValueError(f"{text!r} is not of the form system.operation=slow:2s|error[:2]|crash-after-effect")
        kind: Kind = match["kind"]  # type: ignore[assignment]  # one of them, as just checked
        if kind == "crash-in-doubt" and match["action"] != "email.send":
            raise ValueError("only email.send can be in doubt: the other effects are noted as they are done")
        return cls(match["action"], kind, float(match["value"]) if match["value"] else None)

    def before_effect(self, stopping: Event) -> None:
        """Wait or fail, if that is the fault."""
        if self.kind == "slow":
            stopping.wait(self.value)
        if self.kind == "error":
            with self._lock:
                self._hits += 1
            if self.value is None or self._hits <= self.value:
                raise CallError("UNAVAILABLE", "the system is out of order", retryable=True)

    def after_handover(self) -> None:
        """Crash, if that is the fault."""
        if self.kind == "crash-in-doubt":
            _crash()

    def after_effect(self) -> None:
        """Crash, if that is the fault."""
        if self.kind == "crash-after-effect":
            _crash()


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
