"""Hours of their own: places that are busy at other hours than the same category elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["HABIT_SQUARE_M", "draw_habits", "fit_habit_spread"]

HABIT_SQUARE_M = 200.0
"""Places in one square of this side share their habit: a parade of shops, a bus stop, a park."""

N_WAVES = 4
"""A habit is a sum of waves of 24, 12, 8 and 6 hours: it rises and falls over about three."""

STEP_H = 3
"""The spread is fitted to counts in stretches of so many hours."""

FloatArray = NDArray[np.float64]


def draw_habits(xy: FloatArray, spread: float, rng: np.random.Generator) -> FloatArray:
    """Draw a habit for each place.

    Parameters
    ----------
    xy
        ``(n, 2)`` places in metres; those of one square share one habit.
    spread
        Standard deviation, over places, of the logarithm of the weight of any one hour.
    rng
        The draw's.

    Returns
    -------
    ``(n, 24)`` float64
        What to add to the logarithm of each hour's weight, midnight first.
    """
    _, square = np.unique(np.floor(xy / HABIT_SQUARE_M), axis=0, return_inverse=True)
    angle = 2.0 * np.pi * np.outer(np.arange(1, N_WAVES + 1), np.arange(24) + 0.5) / 24.0
    waves = np.concatenate([np.cos(angle), np.sin(angle)])
    n_squares = int(square.max(initial=-1)) + 1
    part = rng.normal(0.0, spread / np.sqrt(N_WAVES), (n_squares, 2 * N_WAVES))
    return np.asarray((part @ waves)[square.ravel()])


def fit_habit_spread(incidents: pd.DataFrame, timezone: str) -> float:
    """Estimate the spread of `draw_habits` from exact incidents, whatever their category.

    In each square the counts of eight stretches of three hours are held against those of the whole
    area. What they vary beyond chance is put down to the spread (method of moments). Several in one
    square on one day are one.

    Parameters
    ----------
    incidents
        Table of `corridors.domain.tables.INCIDENTS`, with exact times.
    timezone
        The area's.

    Returns
    -------
    float
        0 where they vary no more than chance makes them; NaN where no square has two.
    """
    local = incidents["starts_at"].dt.tz_convert(timezone).dt.tz_localize(None)
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    _, square = np.unique(np.floor(xy / HABIT_SQUARE_M), axis=0, return_inverse=True)
    day = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    _, first = np.unique(np.column_stack([square.ravel(), day]), axis=0, return_index=True)
    square, stretch = square.ravel()[first], local.dt.hour.to_numpy()[first] // STEP_H
    n_stretches = 24 // STEP_H
    n_squares = int(square.max(initial=-1)) + 1
    count = np.bincount(square * n_stretches + stretch, minlength=n_squares * n_stretches)
    count = count.reshape(n_squares, n_stretches).astype(np.float64)
    n, p = count.sum(axis=1, keepdims=True), count.sum(axis=0) / max(count.sum(), 1.0)
    beyond = ((count - n * p) ** 2 - n * p * (1.0 - p)).sum()
    # A share p of the day becomes p (1 + e - sum of p e): its variance by that of the e, apart.
    moved = p**2 * ((1.0 - p) ** 2 + (p**2).sum() - p**2)
    scale = (n * (n - 1.0) * moved).sum()
    if scale <= 0:
        return float("nan")
    return float(np.sqrt(max(beyond / scale, 0.0)))
