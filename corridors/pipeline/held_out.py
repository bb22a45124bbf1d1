"""Incidents for a hold-out: where they are by either reading of their place, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from corridors.analysis.matching import match_points
from corridors.analysis.predictors import Past
from corridors.analysis.scoring import moments_of, observed_period, window_times
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.weighting import middle_ns
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import PlacePrecision, TimePrecision
from corridors.pipeline.reading import Tables

__all__ = ["Placed", "place_incidents", "window_share_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The incidents near covered streets.

    Parameters
    ----------
    incidents
        Their table.
    nearest
        Each on the nearest segment, as a source published it.
    spread
        Each over the segments within the radius of its precision; None where all are exact.
    n_far
        Incidents too far from any street, or nearest to one that is not covered.
    """

    incidents: pd.DataFrame
    nearest: Past
    spread: Past | None
    n_far: int


def place_incidents(
    index: SegmentIndex,
    incidents: pd.DataFrame,
    is_covered: NDArray[np.bool_],
    parameters: Parameters,
) -> Placed:
    """Put incidents on the streets; weights are 1 and ages are middles, for the folds to change."""
    x, y = incidents["x"].to_numpy(np.float64), incidents["y"].to_numpy(np.float64)
    near = index.nearest(x, y, parameters.snap_tolerance_m)
    is_near = (near.segment >= 0) & is_covered[np.maximum(near.segment, 0)]
    kept = incidents[is_near].reset_index(drop=True)
    n = len(kept)
    ones, xy = np.ones(n), kept[["x", "y"]].to_numpy(np.float64)
    middle_days = middle_ns(kept) / 86_400e9
    nearest = Past(
        np.arange(n), near.segment[is_near], near.position_m[is_near], ones, xy, ones, middle_days
    )
    precision = kept["place_precision"].to_numpy(object)
    spread = None
    if (precision != PlacePrecision.EXACT.value).any():
        matches = match_points(index, xy[:, 0], xy[:, 1], precision, parameters)
        spread = Past(
            matches.point,
            matches.segment,
            matches.position_m,
            matches.share,
            xy,
            ones,
            middle_days,
        )
    return Placed(kept, nearest, spread, int((~is_near).sum()))


def window_share_of(tables: Tables, incidents: pd.DataFrame) -> NDArray[np.float64] | None:
    """Give the part of each incident in the after-school window of the school nearest to it.

    Returns
    -------
    array or None
        ``(n,)``, 0 where no time of day is known; None where none knows one, or there is no school.
    """
    timed = incidents["time_precision"].isin([TimePrecision.EXACT, TimePrecision.INTERVAL])
    if not timed.any() or tables.schools.empty:
        return None
    area = tables.area
    timetables = [area.calendar.timetable(school) for school in tables.schools["school_id"]]
    distinct = list(dict.fromkeys(timetables))
    of_school = np.array([distinct.index(one) for one in timetables])
    times = window_times(
        distinct,
        moments_of(incidents),
        observed_period(incidents, area.timezone, tables.as_of),
        area.timezone,
        tables.as_of,
        area.parameters,
    )
    _, nearest = KDTree(tables.schools[["x", "y"]].to_numpy(np.float64)).query(
        incidents[["x", "y"]].to_numpy(np.float64)
    )
    shares = np.stack([time.share for time in times])
    share = shares[of_school[nearest], np.arange(len(incidents))]
    return np.asarray(np.where(timed, share, 0.0))
