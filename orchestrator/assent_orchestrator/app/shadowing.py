"""Trying a candidate beside the policies in force, as the settings say it: whom to believe, and with which engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from assent_orchestrator.app.policies import OpenPolicies, keys_of
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.config import Settings
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.follow import Candidates, Follower
from assent_orchestrator.shadows.journal import Journal
from assent_orchestrator.shadows.shadows import Shadows
from assent_orchestrator.store.postgres import Database
from assent_sidecar.activation.soundness import require_sound
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.bundle.words import words_of
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import SidecarSettings, open_sidecar

NICENESS = 19
"""A candidate is asked with what the others leave of the processors."""


@dataclass(frozen=True, slots=True)
class Shadowing:
    """Whom the gate asks, and the shadows that hear of it."""

    decision_point: DecisionPoint
    shadows: Shadows


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What shadows need of a server that is being put together."""

    environ: Mapping[str, str] = field(repr=False)
    database: Database
    trail: Trail
    listener: Listener
    clock: Clock
    digests: Digests


@contextlib.asynccontextmanager
async def open_candidate(settings: SidecarSettings, bundle: Bundle) -> AsyncIterator[Evaluator]:
    """Have an engine of its own for a candidate, which nobody rehearsed, for as long as the block lasts.

    Raises:
        ActivationError: its policies look at more than the question and the bundle, or the engine does not take them.
        SidecarError: there is no engine.
    """
    await require_sound(bundle, settings.binary or find_binary(settings.environ), niceness=settings.niceness)
    async with open_sidecar(settings, bundle) as sidecar:
        yield sidecar.evaluator


@contextlib.asynccontextmanager
async def open_shadowing(
    settings: Settings, around: Surroundings, policies: OpenPolicies, live: DecisionPoint
) -> AsyncIterator[Shadowing]:
    """Follow the shadows beside these policies, by which ``live`` decides, for as long as the block lasts."""
    # As of the bundle in force: what is built on this machine needs no signature.
    keys = await asyncio.to_thread(keys_of, settings, policies.place.home)
    trust = Trust(keys, allow_unsigned=settings.allow_unsigned or policies.place.folder is not None)

    @contextlib.asynccontextmanager
    async def opening(bundle: Bundle, shadow: str) -> AsyncIterator[Evaluator]:
        if policies.org is not None:  # what could never come into force is compared with nothing
            await policies.org.require(bundle)
        candidate = SidecarSettings(
            state_dir=settings.data,
            environ=around.environ,
            query_timeout=settings.longest_decision,
            trust=trust,
            shadow=shadow,
            niceness=NICENESS,
        )
        async with open_candidate(candidate, bundle) as evaluator:
            yield evaluator

    candidates = Candidates(trust.read, opening, settings.decision_budget, lambda bundle: words_of(bundle.archive))
    home = policies.place.home
    journal, beside = Journal(around.database.engine, home), Beside(live)
    follower = Follower(journal, beside, candidates, around.clock)
    keep = Keep(policies.place.keep)
    shadows = Shadows(journal, around.trail, around.clock, candidates, keep.load, follower)
    async with follower.following(around.listener):
        yield Shadowing(beside, shadows)
