"""What an area's own incidents are like: places, kinds, months, hours and clusters, fitted.

The fit knows of no school, so what is drawn from it has no after-school excess anywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from corridors.analysis.clusters import burst_number
from corridors.domain.vocabulary import Origin, PlacePrecision, TimePrecision

__all__ = [
    "ADDRESSES",
    "HourProfile",
    "Noise",
    "fit_noise",
    "last_day",
    "with_addresses",
    "with_anchors",
]

MIN_OWN_HOURS = 50
"""A category with fewer timed incidents than this takes its hours from the stated profile."""

WEIGHT_OF_PROFILE = 24.0
"""Incidents that the stated profile counts for where a category's own hours are used."""

ADDRESSES, ADDRESS_SPREAD_M = 8, 30.0
"""An anchor of police.uk stands for eight addresses or more, here scattered this far around it."""

LARGEST_DISPERSION = 6.0
"""A source that seems more clustered than this has duplicates or a change in recording."""

LEAST_LAST_MONTH = 0.25
"""A last month with less than this of a mean month is the rim of the source, no month of it."""

ASSUMED_BURST_SHARE = 0.4
"""Assumed for month-only data: of what follows another, the share that follows within hours."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HourProfile:
    """When a category happens, where the area's own data do not say.

    Parameters
    ----------
    weight
        ``(24,)`` by local hour, midnight first; any scale.
    interval_share
        Share that is known only as an interval.
    interval_h
        Median length of these intervals, hours.
    """

    weight: FloatArray
    interval_share: float
    interval_h: float


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What was fitted to an area's own incidents.

    Parameters
    ----------
    xy, precision
        ``(n_places, 2)`` in metres, and ``(n_places,)`` how closely each is known.
    pair_place, pair_category, pair_count
        ``(n_pairs,)`` place, category and how many of the source's incidents were both.
    category, discovered_share
        ``(n_categories,)``.
    day, day_weight
        ``(n_days,)`` local days of the simulated time and the incidents expected on each; 0 in
        months that the source lacks.
    hours, interval_share, interval_h
        ``(n_categories, 24)`` shares by hour, and ``(n_categories,)`` as in `HourProfile`.
    has_own_hours
        ``(n_categories,)`` whether the hours are the area's own.
    dispersion
        Variance of what a place has of a category in a month, over its mean; 1 is no clustering.
    burst_share
        Of what follows another of its cluster, the share that does so within hours.
    """

    xy: FloatArray
    precision: NDArray[np.object_]
    pair_place: IntArray
    pair_category: IntArray
    pair_count: FloatArray
    category: tuple[str, ...]
    discovered_share: FloatArray
    day: NDArray[np.datetime64]
    day_weight: FloatArray
    hours: FloatArray
    interval_share: FloatArray
    interval_h: FloatArray
    has_own_hours: NDArray[np.bool_]
    dispersion: float
    burst_share: float


def fit_noise(
    incidents: pd.DataFrame,
    profiles: Mapping[str, HourProfile],
    *,
    timezone: str,
    n_years: int,
    cluster_gap_h: float,
) -> Noise:
    """Fit a noise to an area's incidents.

    Parameters
    ----------
    incidents
        Table of `corridors.domain.tables.INCIDENTS`, not empty.
    profiles
        Stated hours by category; ``other`` must be there.
    timezone
        The area's.
    n_years
        Length of the simulated time. It ends with the source's last month that is worth the name.
    cluster_gap_h
        As the parameter of that name.

    Raises
    ------
    ValueError
        If there is nothing to fit, or no profile for ``other``.
    """
    if incidents.empty or "other" not in profiles:
        raise ValueError("there must be incidents, and a profile for other")
    place_key = incidents[["x", "y", "place_precision"]]
    number = place_key.groupby(list(place_key.columns)).ngroup()
    place = np.asarray(number, np.int64)
    first = np.unique(place, return_index=True)[1]
    names, category = np.unique(incidents["category"].to_numpy(str), return_inverse=True)
    pair, of_incident = np.unique(place * names.size + category, return_inverse=True)
    local = _local_middle(incidents, timezone)
    month = local.astype("datetime64[M]")
    day, day_weight = _days(local, month, incidents, n_years)
    discovered = (incidents["origin"] == Origin.DISCOVERED).to_numpy(np.float64)
    hours, interval_share, interval_h, own = _hours(incidents, timezone, names, category, profiles)
    return Noise(
        xy=incidents[["x", "y"]].to_numpy(np.float64)[first],
        precision=incidents["place_precision"].to_numpy(object)[first],
        pair_place=pair // names.size,
        pair_category=pair % names.size,
        pair_count=np.bincount(of_incident).astype(np.float64),
        category=tuple(str(name) for name in names),
        discovered_share=np.bincount(category, discovered) / np.bincount(category),
        day=day,
        day_weight=day_weight,
        hours=hours,
        interval_share=interval_share,
        interval_h=interval_h,
        has_own_hours=own,
        dispersion=_dispersion(of_incident, month),
        burst_share=_burst_share(incidents, place, cluster_gap_h),
    )


def _is_timed(incidents: pd.DataFrame) -> NDArray[np.bool_]:
    timed = [TimePrecision.EXACT, TimePrecision.INTERVAL]
    return incidents["time_precision"].isin(timed).to_numpy()


def _local_middle(incidents: pd.DataFrame, timezone: str) -> NDArray[np.datetime64]:
    middle = incidents["starts_at"] + (incidents["ends_at"] - incidents["starts_at"]) / 2
    return middle.dt.tz_convert(timezone).dt.tz_localize(None).to_numpy("datetime64[s]")


def _days(
    local: NDArray[np.datetime64],
    month: NDArray[np.datetime64],
    incidents: pd.DataFrame,
    n_years: int,
) -> tuple[NDArray[np.datetime64], FloatArray]:
    """Expect on each day what its month had, or the mean month; weekdays where they are known."""
    months, count = np.unique(month, return_counts=True)
    mean = float(count.mean())
    last = months[count >= LEAST_LAST_MONTH * mean][-1]
    per_month = dict(zip(months.tolist(), count.tolist(), strict=True))
    day = np.arange(
        (last - 12 * n_years + 1).astype("datetime64[D]"), (last + 1).astype("datetime64[D]")
    )
    of_day = day.astype("datetime64[M]")
    # Before the source begins nothing is known to be missing; inside it a month without is a gap.
    expected = np.array(
        [per_month.get(one, mean if one < months[0].item() else 0.0) for one in of_day.tolist()]
    )
    weekday = _weekday(day)
    weight = np.ones(7)
    knows_day = incidents["time_precision"].to_numpy() != TimePrecision.MONTH
    if int(knows_day.sum()) >= 7 * MIN_OWN_HOURS:
        seen = np.bincount(_weekday(local[knows_day].astype("datetime64[D]")), minlength=7)
        weight = (seen + 1.0) / (seen + 1.0).mean()
    _, month_row = np.unique(of_day, return_inverse=True)
    total = np.bincount(month_row, weight[weekday])
    return day, expected * weight[weekday] / total[month_row]


def _weekday(day: NDArray[np.datetime64]) -> IntArray:
    return (day.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday


def _hours(
    incidents: pd.DataFrame,
    timezone: str,
    names: NDArray[np.str_],
    category: IntArray,
    profiles: Mapping[str, HourProfile],
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Take each category's hours from its own timed incidents, else from the stated profile."""
    stated = [profiles.get(str(name), profiles["other"]) for name in names]
    hours = np.stack([one.weight / one.weight.sum() for one in stated])
    interval_share = np.array([one.interval_share for one in stated])
    interval_h = np.array([one.interval_h for one in stated])
    timed = np.flatnonzero(_is_timed(incidents))
    n_timed = np.bincount(category[timed], minlength=names.size)
    own = n_timed >= MIN_OWN_HOURS
    starts = incidents["starts_at"].iloc[timed].dt.tz_convert(timezone).dt.hour.to_numpy(np.int64)
    seen = np.bincount(category[timed] * 24 + starts, minlength=24 * names.size).reshape(-1, 24)
    hours[own] = seen[own] + WEIGHT_OF_PROFILE * hours[own]
    hours /= hours.sum(axis=1, keepdims=True)
    long_h = (incidents["ends_at"] - incidents["starts_at"]).dt.total_seconds().to_numpy() / 3600
    for code in np.flatnonzero(own):
        lengths = long_h[timed][category[timed] == code]
        interval_share[code] = float((lengths > 0).mean())
        if (lengths > 0).any():
            interval_h[code] = float(np.median(lengths[lengths > 0]))
    return hours, interval_share, interval_h, own


def _dispersion(pair: IntArray, month: NDArray[np.datetime64]) -> float:
    """Compare the variance of monthly counts, place by place, with what chance would give.

    With the total of a place given, chance spreads it over the months in proportion to the area's
    own months: then the sum of squares over the sum of expectations is 1.
    """
    _, row = np.unique(month, return_inverse=True)
    share = np.bincount(row) / row.size
    if share.size < 2:
        return 1.0
    n_pairs = int(pair.max()) + 1
    count = np.bincount(pair * share.size + row, minlength=n_pairs * share.size)
    expected = np.bincount(pair)[:, None] * share
    squares = float(((count.reshape(n_pairs, -1) - expected) ** 2).sum())
    return float(np.clip(squares / (expected * (1.0 - share)).sum(), 1.0, LARGEST_DISPERSION))


def _burst_share(incidents: pd.DataFrame, place: NDArray[np.int64], gap_h: float) -> float:
    """Among repeats at one place within a month, find how many come within hours."""
    timed = np.flatnonzero(_is_timed(incidents))
    if timed.size < MIN_OWN_HOURS:
        return ASSUMED_BURST_SHARE
    starts = incidents["starts_at"].to_numpy("datetime64[ns]").astype(np.int64)[timed]
    n_short = timed.size - int(burst_number(place[timed], starts, gap_h).max()) - 1
    n_long = timed.size - int(burst_number(place[timed], starts, 24.0 * 30).max()) - 1
    return n_short / n_long if n_long else ASSUMED_BURST_SHARE


def last_day(noise: Noise) -> date:
    """Give the last day of the simulated time."""
    day: date = noise.day[-1].astype(object)
    return day


def with_addresses(noise: Noise, rng: np.random.Generator) -> Noise:
    """Put exact addresses around coarse places: what a force's own export would hold.

    Each place becomes `ADDRESSES` of them. The first of each has half of what happens there, the
    second half of the rest, and so on, so that addresses come back as anchors do.
    """
    n, is_coarse = ADDRESSES, noise.precision != PlacePrecision.EXACT
    shift = rng.normal(0, ADDRESS_SPREAD_M, (len(noise.xy), n, 2)) * is_coarse[:, None, None]
    share = np.array([*np.exp2(-np.arange(1.0, n)), np.exp2(1.0 - n)])
    return dataclasses.replace(
        noise,
        xy=(noise.xy[:, None] + shift).reshape(-1, 2),
        precision=np.full(n * len(noise.xy), str(PlacePrecision.EXACT), object),
        pair_place=(noise.pair_place[:, None] * n + np.arange(n)).ravel(),
        pair_category=np.repeat(noise.pair_category, n),
        pair_count=(noise.pair_count[:, None] * share).ravel(),
    )


def with_anchors(noise: Noise, anchors: FloatArray) -> Noise:
    """Move every place to the nearest of ``(n, 2)`` anchors: what a publisher would show of it."""
    return dataclasses.replace(
        noise,
        xy=anchors[KDTree(anchors).query(noise.xy)[1]],
        precision=np.full(len(noise.xy), str(PlacePrecision.SNAPPED), object),
    )
