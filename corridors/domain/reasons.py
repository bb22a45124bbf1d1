"""Why a street or a corridor has its score, in numbers that add up; internal, never released."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DIMENSIONS", "Explained", "Interval", "Part", "Without"]

DIMENSIONS = ("category", "half_hour", "month", "weekday", "origin", "source")
"""The ways in which every score is taken apart; the parts of each sum to the whole."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the ends of its 95 % interval, in the figure's own unit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score."""

    dimension: str
    """One of `DIMENSIONS`."""
    name: str
    """A category, ``15 to 30`` minutes after the bell, ``2026-09``, ``mon``, an origin, a file."""
    amount: float
    """In the unit of the score."""
    share: float


@dataclass(frozen=True, slots=True)
class Without:
    """What would be left without some of the incidents, on the same streets."""

    kind: str
    """``category``, ``source``, ``last_months`` or ``place``."""
    name: str
    """The category, the file, or the number of months up to the last day; empty for a place."""
    left_share: float
    n_left: float
    """Separate incidents that would be left on these streets."""
    is_too_few: bool
    """Whether that is fewer than a patrol needs."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A score taken apart.

    Parameters
    ----------
    score
        Weighted incidents a day with the ends of its interval; of a segment for each kilometre.
    n
        Separate incidents that lie on these streets.
    n_enough
        How many a patrol needs.
    one_place_share
        Share of the score from one place.
    long_interval_share
        Share known only to longer than a day or so.
    assumed_day_share
        Share of the days that were taken for teaching days without being known.
    parts, withouts
        What makes the score, and what would change it.
    """

    score: Interval
    n: float
    n_enough: int
    one_place_share: float
    long_interval_share: float
    assumed_day_share: float
    parts: tuple[Part, ...]
    withouts: tuple[Without, ...]
