"""Patrols in time and place: which of them one post can walk both of, and the way between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from corridors.domain.parameters import Parameters
    from corridors.planning.week import PatrolDemand

__all__ = ["DAY_MIN", "conflict_pairs", "span_min", "way_min"]

DAY_MIN = 24 * 60


def span_min(demands: Sequence[PatrolDemand]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give local wall-clock minutes of starts and ends, counted from a common midnight.

    Availability is given in local time of day, and clocks change at night, when nobody walks.
    """
    start = [d.starts_at.toordinal() * DAY_MIN + _of_day(d.starts_at) for d in demands]
    end = [d.ends_at.toordinal() * DAY_MIN + _of_day(d.ends_at) for d in demands]
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)


def way_min(
    demands: Sequence[PatrolDemand],
    parameters: Parameters,
    travel: Mapping[tuple[str, str], float] | None = None,
) -> NDArray[np.int64]:
    """Give the minutes from the end of each patrol to the start of each other one.

    Parameters
    ----------
    demands
        Patrols.
    parameters
        ``walk_m_per_s``; ``travel_min`` where no distance is given.
    travel
        Metres from one corridor to another, by their two ids; the other way round where only that
        is given. Infinite where nobody can walk it.

    Returns
    -------
    ``(n_demands, n_demands)`` int
        0 on the same corridor; at most a day.
    """
    names, at = np.unique(
        np.array([d.corridor_id for d in demands], dtype=str), return_inverse=True
    )
    minutes = np.full((names.size, names.size), parameters.travel_min, dtype=np.int64)
    given = travel or {}
    for one, first in enumerate(names):
        for other, then in enumerate(names):
            metres = given.get((first, then), given.get((then, first)))
            if metres is not None:
                walked = metres / parameters.walk_m_per_s / 60
                # Rounded first: 900 s are 15 minutes, whatever the last bit says.
                minutes[one, other] = (
                    math.ceil(round(walked, 6)) if 0 <= walked < DAY_MIN else DAY_MIN
                )
    np.fill_diagonal(minutes, 0)
    return minutes[np.ix_(at, at)]


def conflict_pairs(
    demands: Sequence[PatrolDemand], way: NDArray[np.int64], rest_min: int = 0
) -> NDArray[np.bool_]:
    """Tell which patrols nobody can walk both of.

    They overlap, or there is no time for the way between them; or they are on two days and the
    rest between them is too short.

    Parameters
    ----------
    demands
        Patrols.
    way
        From `way_min`.
    rest_min
        Least minutes between the last patrol of one day and the first of another.

    Returns
    -------
    ``(n_demands, n_demands)`` bool
        Symmetric, False on the diagonal.
    """
    start, end = span_min(demands)
    day = start // DAY_MIN
    slack = np.where(day[:, None] == day[None, :], way, rest_min)
    # [i, j]: j does not begin late enough after the end of i.
    too_soon = start[None, :] < end[:, None] + slack
    clash = too_soon & too_soon.T
    np.fill_diagonal(clash, val=False)
    return clash


def _of_day(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
