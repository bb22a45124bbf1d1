"""What a plan tells besides who walks where and when: directions, changes, choices, cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Alternative",
    "AppliedEdit",
    "CancelledPatrol",
    "Cover",
    "PlanChange",
    "RosterStage",
    "TradeOff",
    "WalkStep",
]


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One step of a walk: along one street, from a turn to the next."""

    instruction: str
    """A sentence for a person: "Turn left into Mill Lane"."""
    street: str
    """Name of the street; empty where it has none."""
    length_m: float
    x: float
    """Turn point at which the step begins, in the area's CRS, in metres."""
    y: float
    crosses_main_road: bool = False


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """What a person changed on a corridor, why, and what it costs."""

    kind: str
    """``redraw``, ``shorten``, ``forbid`` or ``require``."""
    what: str
    """In words: the streets or the length."""
    reason: str
    by: str
    need_cost: float
    """Need of the corridor before this change less its need after; the costs add up."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Who steps in for one post of a patrol that is called away, and what falls away if nobody."""

    post_id: str
    stand_in: str | None
    """A post that is free then and suits; None where there is none."""
    falls_away: str
    """What becomes of the patrol without a stand-in, in words."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something else that was considered for a corridor's patrols, no patrol among them."""

    what: str
    why_not: str


@dataclass(frozen=True, slots=True)
class TradeOff:
    """One choice between police minutes and need covered; a person decides."""

    police_min: int
    need_covered: float
    n_patrols: int
    is_chosen: bool = False
    is_optimal: bool = True
    """Whether it is proven that so few police minutes cover no more need."""


@dataclass(frozen=True, slots=True)
class RosterStage:
    """One of the things that the roster makes best, in order."""

    name: str
    value: float
    is_optimal: bool
    gap: float


@dataclass(frozen=True, slots=True)
class CancelledPatrol:
    """A patrol that the evidence asks for and a person cancelled."""

    corridor_id: str
    school_ids: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One difference from the plan that this one replaces."""

    kind: str
    """``added``, ``removed`` or ``changed``."""
    subject: str
    """``patrol``, ``corridor`` or ``school``."""
    subject_id: str
    what: str
    """In words."""
