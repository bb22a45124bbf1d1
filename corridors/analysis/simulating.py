"""Made-up incidents that behave like an area's own: drawn from a noise that was fitted to them.

Nothing is scattered evenly. Places come back with the multiplicities that they have in the source;
incidents come in clusters as large as the source's months show; every category keeps its hours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.noise import Noise
from corridors.domain.vocabulary import Origin, PlacePrecision, TimePrecision

__all__ = ["draw_noise", "incident_table"]

EXACT_JITTER_M = 10.0
"""Exact points do not come back to the centimetre."""

BURST_MIN, SPELL_DAYS = 35.0, 9.0
"""Assumed: mean gap inside a burst in minutes, and spread of a hot spell in days."""

INTERVAL_SPREAD = 0.6
"""Assumed: spread of the logarithm of the length of intervals."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DAY_S = 86_400


def draw_noise(
    noise: Noise, timezone: str, rng: np.random.Generator, habits: FloatArray | None = None
) -> pd.DataFrame:
    """Draw incidents that have no after-school excess anywhere.

    Parameters
    ----------
    noise
        From `fit_noise`.
    timezone
        The area's: days and hours are local.
    rng
        The draw's.
    habits
        ``(n_places, 24)`` from `corridors.analysis.habits.draw_habits`, which gives places hours of
        their own; None: a category has the same hours everywhere.

    Returns
    -------
    pandas.DataFrame
        Table of `corridors.domain.tables.INCIDENTS`, in order of time.
    """
    # Geometric cluster sizes: their mean square over their mean is the dispersion.
    stop = 2.0 / (1.0 + noise.dispersion)
    n_clusters = int(rng.poisson(noise.day_weight.sum() * stop))
    pairs = rng.choice(
        noise.pair_count.size, n_clusters, p=noise.pair_count / noise.pair_count.sum()
    )
    day = rng.choice(noise.day.size, n_clusters, p=noise.day_weight / noise.day_weight.sum())
    size = rng.geometric(stop, n_clusters)
    cluster = np.repeat(np.arange(n_clusters), size)
    pair = pairs[cluster]
    category = noise.pair_category[pair]
    is_first = np.concatenate([[True], np.diff(cluster) > 0])[: cluster.size]
    second_of_day = _draw_second(_hours_of(noise, pairs, habits), rng)[cluster]
    is_burst = ~is_first & (rng.random(cluster.size) < noise.burst_share)
    is_spell = ~is_first & ~is_burst
    seconds = day[cluster] * DAY_S + second_of_day
    seconds[is_burst] += np.round(60 * rng.exponential(BURST_MIN, int(is_burst.sum()))).astype(int)
    seconds[is_spell] = _spell_seconds(
        noise, day[cluster][is_spell], _hours_of(noise, pair[is_spell], habits), rng
    )
    last = noise.day.size * DAY_S - 1
    first = noise.day[0].astype("datetime64[s]")
    local = first + np.minimum(seconds, last) // 60 * 60
    place = noise.pair_place[pair]
    xy = noise.xy[place]
    is_exact = noise.precision[place] == PlacePrecision.EXACT
    xy = xy + is_exact[:, None] * rng.normal(0, EXACT_JITTER_M, xy.shape)
    is_interval = rng.random(cluster.size) < noise.interval_share[category]
    lengths = noise.interval_h[category] * np.exp(rng.normal(0, INTERVAL_SPREAD, cluster.size))
    long_min = np.where(is_interval, np.maximum(np.round(60 * lengths), 5), 0).astype(np.int64)
    before = (long_min * rng.random(cluster.size)).astype(np.int64).astype("timedelta64[m]")
    starts = np.maximum(local - before, first)
    # Nothing reaches beyond the simulated time, as the source's own account would not.
    left_min = (first + last - starts).astype(np.int64) // 60
    long_min = np.minimum(long_min, left_min)
    return incident_table(
        starts,
        long_min,
        timezone,
        category=np.array(noise.category, object)[category],
        is_discovered=rng.random(cluster.size) < noise.discovered_share[category],
        xy=xy,
        precision=noise.precision[place],
    )


def _hours_of(noise: Noise, pair: IntArray, habits: FloatArray | None) -> FloatArray:
    """Give the weight of each hour at each pair of place and category."""
    hours = noise.hours[noise.pair_category[pair]]
    return hours if habits is None else hours * np.exp(habits[noise.pair_place[pair]])


def _draw_second(hours: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw a second of the day for each row of shares by hour."""
    edges = np.cumsum(hours, axis=1)
    hour = (rng.random(len(hours))[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return hour.astype(np.int64) * 3600 + rng.integers(3600, size=len(hours))


def _spell_seconds(
    noise: Noise, day: IntArray, hours: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Give what follows on another day a day near its first, at an hour of its own."""
    other = day + np.round(rng.normal(0, SPELL_DAYS, day.size)).astype(np.int64)
    is_open = (other >= 0) & (other < noise.day.size)
    is_open &= noise.day_weight[np.clip(other, 0, noise.day.size - 1)] > 0
    return np.where(is_open, other, day) * DAY_S + _draw_second(hours, rng)


def incident_table(
    local: NDArray[np.datetime64],
    long_min: IntArray,
    timezone: str,
    *,
    category: NDArray[np.object_],
    is_discovered: NDArray[np.bool_],
    xy: FloatArray,
    precision: NDArray[np.object_],
) -> pd.DataFrame:
    """Put simulated incidents where read ones would be, in order of time.

    Parameters
    ----------
    local, long_min
        ``(n,)`` local begin and minutes until the end, 0 where the time is exact.
    timezone
        Of ``local``.
    category, is_discovered, xy, precision
        ``(n,)``, ``(n, 2)``: the other columns.
    """
    order = np.lexsort((xy[:, 1], xy[:, 0], local))
    aware = pd.DatetimeIndex(local[order]).tz_localize(
        timezone, ambiguous=np.ones(local.size, bool), nonexistent="shift_forward"
    )
    starts = aware.tz_convert("UTC").as_unit("ns")
    long_min = long_min[order]
    return pd.DataFrame(
        {
            "incident_id": [f"simulated-{n + 1:06d}" for n in range(local.size)],
            "source": np.zeros(local.size, np.int64),
            "line": np.arange(local.size) + 2,
            "starts_at": starts,
            "ends_at": starts + pd.to_timedelta(long_min, unit="m"),
            "time_precision": np.where(
                long_min > 0, str(TimePrecision.INTERVAL), str(TimePrecision.EXACT)
            ),
            "category": category[order].astype(str),
            "origin": np.where(is_discovered[order], str(Origin.DISCOVERED), str(Origin.REPORTED)),
            "x": xy[order, 0],
            "y": xy[order, 1],
            "place_precision": precision[order].astype(str),
        }
    )
