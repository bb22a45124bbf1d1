"""Where incidents are to be expected: the mixture that the evaluation judges, as a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from corridors.analysis.matching import match_points
from corridors.analysis.mixture import fit_mixture
from corridors.analysis.predictors import Past
from corridors.analysis.scoring import EvidenceBase
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.weighting import middle_ns
from corridors.domain.vocabulary import Basis
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored

__all__ = ["Forecast", "forecast_of"]

_STREAM = 0x666F7265
"""Keeps the draws of the forecast apart from those of the schools' tests."""

_STEPS = 8
"""Steps to a kernel's reach: a quarter of the evaluation's, for a quarter of its cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """How many incidents are to be expected on each segment, by the past alone.

    Parameters
    ----------
    per_km_day
        ``(n_segments,)`` incidents for each kilometre and day of the basis; NaN where the sources
        have no data. Plain counts: neither severity nor recency weigh in, as in the evaluation.
    parts
        Weight of each part of the mixture; they sum to 1.
    log_likelihood
        Mean logarithm of the density, per metre, at incidents held out of the past.
    n_incidents
        Incidents that it rests on, those in the window in parts.
    """

    per_km_day: NDArray[np.float64]
    parts: Mapping[str, float]
    log_likelihood: float
    n_incidents: float


def forecast_of(tables: Tables, scored: Scored) -> Forecast | None:
    """Fit the mixture on all evidence of a run; None where it is too little.

    On a window basis what falls in the window of the nearest school is foreseen, from incidents
    in the window and from all hours, as `corridors evaluate` does. Places that are not exact are
    spread over their radius, as in the scores.

    Parameters
    ----------
    tables, scored
        The run.
    """
    base = scored.base
    kept = np.flatnonzero(scored.scores.is_scored)
    share, per_day = _window_parts(base, kept)
    if min(float(share.sum()), kept.size) < base.parameters.min_area_incidents:
        return None
    past = _past(base, kept)
    is_window = base.basis is Basis.WINDOW
    pasts = {str(Basis.ALL_HOURS): past}
    if is_window:
        pasts = {str(Basis.WINDOW): past.weighed(share), **pasts}
    mixture = fit_mixture(
        tables.network,
        pasts,
        str(base.basis),
        base.is_covered,
        base.parameters.kernel,
        np.random.default_rng([base.parameters.seed, _STREAM]),
        n_steps=_STEPS,
    )
    total = float(per_day.sum()) if is_window else kept.size / _calendar_days(base)
    return Forecast(
        per_km_day=np.where(base.is_covered, mixture.density * total * 1000.0, np.nan),
        parts=mixture.parts,
        log_likelihood=mixture.log_likelihood,
        n_incidents=float(share.sum()),
    )


def _window_parts(
    base: EvidenceBase, kept: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the part of each incident in the window of its nearest school, and that part a day."""
    if base.basis is not Basis.WINDOW:
        return np.ones(kept.size), np.zeros(kept.size)
    if not base.times or len(base.school_xy) == 0:
        return np.zeros(kept.size), np.zeros(kept.size)
    xy = base.incidents[["x", "y"]].to_numpy(np.float64)[kept]
    _, nearest = KDTree(base.school_xy).query(xy)
    timetable = base.timetable_of_school[nearest]
    share = np.stack([time.share[kept] for time in base.times])[timetable, np.arange(kept.size)]
    n_days = np.array([max(len(time.days), 1) for time in base.times], np.float64)
    return share, share / n_days[timetable]


def _calendar_days(base: EvidenceBase) -> int:
    first, last = np.datetime64(base.period.first, "D"), np.datetime64(base.period.last, "D")
    return max(base.period.keep(np.arange(first, last + 1)).size, 1)


def _past(base: EvidenceBase, kept: NDArray[np.intp]) -> Past:
    """Put the incidents that count on the streets, spread where their places are not exact."""
    incidents = base.incidents.iloc[kept]
    anchor, first, of_anchor = np.unique(
        base.located.anchor[kept], return_index=True, return_inverse=True
    )
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    # What lies on one anchor lies on the same streets: each is matched once.
    matches = match_points(
        SegmentIndex.build(base.network.segments.geometry.to_numpy()),
        xy[first, 0],
        xy[first, 1],
        incidents["place_precision"].to_numpy(object)[first],
        base.parameters,
    )
    n_rows = np.bincount(matches.point, minlength=anchor.size)
    begins = np.cumsum(n_rows) - n_rows
    order = np.argsort(matches.point, kind="stable")
    times = n_rows[of_anchor]
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    row = order[np.repeat(begins[of_anchor], times) + within]
    age_days = middle_ns(incidents).max(initial=0) / 86_400e9 - middle_ns(incidents) / 86_400e9
    return Past(
        np.repeat(np.arange(kept.size), times),
        matches.segment[row],
        matches.position_m[row],
        matches.share[row],
        xy,
        np.ones(kept.size),
        age_days,
    )
