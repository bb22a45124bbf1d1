"""What patrols do to the record: they find things, and people near them report more.

True harm is the same whatever is walked. Of it a stated share is recorded; near a patrol a little
more is, and on top of that the patrol makes records of its own. What a plan made from such a
record does from week to week is measured here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.stats import kendalltau

from corridors.analysis.simulating import incident_table
from corridors.domain.network import StreetNetwork
from corridors.domain.vocabulary import PlacePrecision

__all__ = [
    "PatrolEffect",
    "Walked",
    "draw_discovered",
    "is_recorded",
    "length_overlap",
    "near_patrols",
    "ranking_tau",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NS_PER_H = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class PatrolEffect:
    """What patrols add to the record. Every value is an assumption, to be varied.

    Parameters
    ----------
    discovered_per_h
        Records of origin ``discovered`` that one hour of patrol makes, whatever is there to find.
    reporting_rise
        By which part reporting rises near a patrol while it is there; 0.2 is a fifth more.
    reported_share
        Share of true incidents that is recorded where no patrol is.
    near_m
        What lies within this of a walked street is near a patrol.
    """

    discovered_per_h: float
    reporting_rise: float
    reported_share: float = 0.5
    near_m: float = 50.0

    def __post_init__(self) -> None:
        """Refuse what is no rate or no share."""
        values = (self.discovered_per_h, self.reporting_rise, self.near_m)
        if not all(np.isfinite(value) and value >= 0 for value in values):
            raise ValueError("a rate, a rise or a distance is negative or not finite")
        if not 0 < self.reported_share <= 1 or self.reported_share * (1 + self.reporting_rise) > 1:
            raise ValueError("the share that is reported is not between 0 and 1, risen or not")


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """One patrol that walked.

    Parameters
    ----------
    segments
        ``(n,)`` rows of the streets that it covered, each once.
    starts_ns, ends_ns
        UTC nanoseconds.
    """

    segments: NDArray[np.int32]
    starts_ns: int
    ends_ns: int

    @property
    def hours(self) -> float:
        """Length in hours."""
        return (self.ends_ns - self.starts_ns) / NS_PER_H


def is_recorded(
    luck: FloatArray, is_reported: BoolArray, is_near: BoolArray, effect: PatrolEffect
) -> BoolArray:
    """Tell which true incidents come to be recorded.

    Parameters
    ----------
    luck
        ``(n,)`` from 0 to 1, drawn once for each true incident: what is recorded without patrols is
        recorded with them too.
    is_reported, is_near
        ``(n,)`` whether victims or witnesses would report it, and whether a patrol was near.
    effect
        The assumptions.
    """
    rise = 1.0 + effect.reporting_rise * (is_reported & is_near)
    return np.asarray(luck < effect.reported_share * rise)


def near_patrols(
    network: StreetNetwork,
    walked: Sequence[Walked],
    xy: FloatArray,
    middle_ns: NDArray[np.int64],
    near_m: float,
) -> BoolArray:
    """Tell which incidents a patrol was near: within `near_m` of its streets, while it walked.

    Parameters
    ----------
    network, walked
        The streets and the patrols.
    xy, middle_ns
        ``(n, 2)`` places and ``(n,)`` middles of the incidents, UTC nanoseconds.
    near_m
        Metres.
    """
    is_near = np.zeros(middle_ns.size, bool)
    lines = network.segments.geometry.to_numpy()
    for one in walked:
        during = np.flatnonzero((middle_ns >= one.starts_ns) & (middle_ns < one.ends_ns))
        if during.size:
            streets = shapely.multilinestrings(lines[one.segments])
            is_near[during] |= shapely.dwithin(shapely.points(xy[during]), streets, near_m)
    return is_near


def draw_discovered(
    network: StreetNetwork,
    walked: Sequence[Walked],
    per_h: float,
    kinds: Mapping[str, float],
    timezone: str,
    coarse: tuple[FloatArray, str] | None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw what the patrols of a week record: anywhere on their streets, any time of their hours.

    The number follows the hours walked and nothing else: this is the worst that a record of police
    activity can be.

    Parameters
    ----------
    network, walked
        The streets and the patrols.
    per_h
        Records an hour.
    kinds
        Share of each category.
    timezone
        The area's.
    coarse
        As in `corridors.analysis.planting.plant_incidents`.
    rng
        The draw's.

    Returns
    -------
    pandas.DataFrame
        Table of `corridors.domain.tables.INCIDENTS`, all of origin ``discovered``.
    """
    numbers = [int(rng.poisson(per_h * one.hours)) for one in walked]
    places = [
        _places_on(network, one.segments, n, rng) for one, n in zip(walked, numbers, strict=True)
    ]
    moments = [
        rng.integers(one.starts_ns, one.ends_ns, n) for one, n in zip(walked, numbers, strict=True)
    ]
    xy = np.concatenate([np.zeros((0, 2)), *places])
    moment = np.concatenate([np.zeros(0, np.int64), *moments])
    local = pd.DatetimeIndex(moment, tz="UTC").tz_convert(timezone).tz_localize(None)
    precision = str(PlacePrecision.EXACT)
    if coarse is not None:
        anchors, precision = coarse
        xy = anchors[KDTree(anchors).query(xy)[1]]
    share = np.array(list(kinds.values()), np.float64)
    return incident_table(
        local.to_numpy().astype("datetime64[m]").astype("datetime64[s]"),
        np.zeros(moment.size, np.int64),
        timezone,
        category=rng.choice(np.array(list(kinds), object), moment.size, p=share / share.sum()),
        is_discovered=np.ones(moment.size, bool),
        xy=xy,
        precision=np.full(moment.size, precision, object),
    )


def _places_on(
    network: StreetNetwork, segments: NDArray[np.int32], n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw points along streets, evenly by length."""
    edges_m = np.cumsum(network.length_m[segments])
    along_m = rng.random(n) * edges_m[-1]
    at = np.minimum(np.searchsorted(edges_m, along_m), segments.size - 1)
    lines = network.segments.geometry.to_numpy()[segments[at]]
    share = (edges_m[at] - along_m) / network.length_m[segments[at]]
    points = shapely.line_interpolate_point(lines, share, normalized=True)
    return np.asarray(shapely.get_coordinates(points), np.float64)


def length_overlap(one: BoolArray, other: BoolArray, length_m: FloatArray) -> float:
    """Give the length that two sets of segments share, over the length of either.

    Parameters
    ----------
    one, other
        ``(n_segments,)``.
    length_m
        ``(n_segments,)``.

    Returns
    -------
    float
        0 to 1 (Jaccard); 1 where both are empty, since nothing has changed.
    """
    either_m = float(length_m[one | other].sum())
    return float(length_m[one & other].sum()) / either_m if either_m > 0 else 1.0


def ranking_tau(one: FloatArray, other: FloatArray) -> float:
    """Compare two scores of the same segments by rank: Kendall's tau-b.

    Segments with nothing in both are left out: they would agree for ever. NaN where fewer than two
    are left or one score is the same everywhere.
    """
    holds = (one > 0) | (other > 0)
    if int(holds.sum()) < 2:
        return float("nan")
    return float(kendalltau(one[holds], other[holds]).statistic)
