"""How likely a customer renews: arithmetic on numbers, without names or texts."""

from dataclasses import dataclass
from typing import Literal

AT_RISK_BELOW = 55
UPSELL_FROM = 80
UPSELL_ADOPTION = 0.85

Level = Literal["stable", "at_risk", "upsell"]


@dataclass(frozen=True)
class Signals:
    """What is known: seats, users of the last week, change of use in percent, ratings 1 to 5, open urgent tickets."""

    seats: int
    active_users: int
    trend_percent: float
    csat_average: float
    urgent_open: int


@dataclass(frozen=True)
class Assessment:
    """The level, a score from 0 (lost) to 100, what drove it, and what to offer."""

    level: Level
    score: int
    drivers: tuple[str, ...]
    discount_percent: int
    recommended_seats: int


def assess(signals: Signals) -> Assessment:
    """Return the assessment; the same signals always give the same one."""
    adoption = min(1.0, signals.active_users / signals.seats)
    trend = min(1.0, max(0.0, (signals.trend_percent + 25) / 50))
    satisfaction = (signals.csat_average - 1) / 4
    calm = {0: 1.0, 1: 0.5}.get(signals.urgent_open, 0.0)
    score = round(40 * adoption + 20 * trend + 30 * satisfaction + 10 * calm)
    drivers = (
        f"{adoption:.0%} of the seats are in use",
        f"use changed by {round(signals.trend_percent):+d} %",
        f"support answers are rated {signals.csat_average:.1f} of 5",
        f"{signals.urgent_open} urgent tickets are open",
    )
    if score < AT_RISK_BELOW:
        discount = min(28, 4 + round((AT_RISK_BELOW - score) * 0.6))
        return Assessment("at_risk", score, drivers, discount, signals.seats)
    if score >= UPSELL_FROM and adoption >= UPSELL_ADOPTION and signals.trend_percent >= 0:
        return Assessment("upsell", score, drivers, 5, -(-signals.seats * 5 // 4))
    return Assessment("stable", score, drivers, 0, signals.seats)
