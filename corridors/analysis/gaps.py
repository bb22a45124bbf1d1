"""Gaps in a record: months that never arrived, and neighbourhoods where half goes unreported.

What happened stays what it was; a gap decides what of it is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.domain.vocabulary import Origin

__all__ = ["QUIET_SHARE", "QUIET_SQUARE_M", "Gaps", "draw_gaps", "is_kept"]

QUIET_SQUARE_M = 400.0
"""A neighbourhood is a square of this side: larger than a street, smaller than a ward."""

QUIET_SHARE = 0.5
"""Assumed: of what would be reported elsewhere, the share that is reported in a quiet one."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """What a record lacks.

    Parameters
    ----------
    months
        ``(n,)`` local months of which nothing is recorded, in order.
    quiet
        ``(n, 2)`` squares of `QUIET_SQUARE_M`, by column and row from the origin of the CRS, where
        only `QUIET_SHARE` of what victims and witnesses report elsewhere is recorded.
    """

    months: NDArray[np.datetime64]
    quiet: NDArray[np.int64]


def draw_gaps(
    days: NDArray[np.datetime64],
    xy: NDArray[np.float64],
    n_months: int,
    quiet_share: float,
    rng: np.random.Generator,
) -> Gaps:
    """Draw months and neighbourhoods.

    Parameters
    ----------
    days
        ``(n_days,)`` local days that would be recorded.
    xy
        ``(n, 2)`` where anything is recorded at all, in metres.
    n_months
        How many months to lose, of those that ``days`` touch.
    quiet_share
        Share of the neighbourhoods that hold anything which are quiet.
    rng
        The draw's.

    Raises
    ------
    ValueError
        If no month would be left, or the share is none.
    """
    months = np.unique(days.astype("datetime64[M]"))
    if not 0 <= n_months < max(months.size, 1):
        raise ValueError("no month would be left")
    if not 0.0 <= quiet_share <= 1.0:
        raise ValueError("not a share")
    squares = np.unique(_square(xy), axis=0)
    n_quiet = round(quiet_share * len(squares))
    return Gaps(
        months=np.sort(rng.choice(months, n_months, replace=False)),
        quiet=squares[np.sort(rng.choice(len(squares), n_quiet, replace=False))],
    )


def is_kept(
    incidents: pd.DataFrame, gaps: Gaps, timezone: str, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Tell which incidents are recorded.

    What police discover is theirs to record, so quiet neighbourhoods do not lose it; a missing
    month loses everything that began in it.
    """
    local = incidents["starts_at"].dt.tz_convert(timezone).dt.tz_localize(None)
    month = local.to_numpy().astype("datetime64[M]")
    square = _square(incidents[["x", "y"]].to_numpy(np.float64))
    key = {(int(column), int(row)) for column, row in gaps.quiet}
    distinct, of_row = np.unique(square, axis=0, return_inverse=True)
    is_quiet = np.array([(int(c), int(r)) in key for c, r in distinct], bool)[of_row.ravel()]
    is_reported = (incidents["origin"] == Origin.REPORTED).to_numpy()
    is_lost = is_quiet & is_reported & (rng.random(len(incidents)) >= QUIET_SHARE)
    return np.asarray(~np.isin(month, gaps.months) & ~is_lost)


def _square(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(xy / QUIET_SQUARE_M).astype(np.int64)
