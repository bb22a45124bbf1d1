"""What each incident weighs by other choices: severity, half-life, origins, sources, categories."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from corridors.analysis.scoring import MIN_HELD_SHARE, EvidenceBase
from corridors.analysis.timing import recency_weight, teaching_day_count
from corridors.analysis.weighting import middle_ns, severity_weight
from corridors.domain.vocabulary import Basis, Origin, TimePrecision

__all__ = ["Variant", "Weighed", "weigh_variants"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One choice that a person could have made instead; what is None stays as the run has it.

    Parameters
    ----------
    kind, value
        What is chosen and how, such as ``severity`` and ``cchi``.
    severity
        Weight of each category.
    half_life_days
        Infinite: an incident weighs the same however old.
    score_discovered
        Whether what police discover counts.
    is_kept
        ``(n_incidents,)`` incidents that take part.
    """

    kind: str
    value: str
    severity: Mapping[str, float] | None = None
    half_life_days: float | None = None
    score_discovered: bool | None = None
    is_kept: BoolArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The incidents as one choice weighs them.

    Parameters
    ----------
    is_scored
        ``(n_incidents,)`` incidents that count.
    weight
        ``(n_incidents,)`` severity x recency; 0 where not scored.
    per_day
        ``(n_incidents,)`` weight a day of the basis: in the window of the nearest school, or at
        all hours on an arbitrary scale.
    has_same_incidents
        Whether the same incidents count as in the run.
    """

    is_scored: BoolArray
    weight: FloatArray
    per_day: FloatArray
    has_same_incidents: bool

    @property
    def n_scored(self) -> int:
        """Number of incidents that count."""
        return int(self.is_scored.sum())


def weigh_variants(base: EvidenceBase, variants: Sequence[Variant]) -> list[Weighed]:
    """Weigh the incidents as the run does, then by each variant; the rules are `score_area`'s."""
    located, incidents = base.located, base.incidents
    on_covered = np.asarray(located.held[base.is_covered].sum(axis=0), np.float64).ravel()
    may_count = located.anchor >= 0
    may_count[may_count] = on_covered[located.anchor[may_count]] >= MIN_HELD_SHARE
    if base.basis is Basis.WINDOW:
        timed = [TimePrecision.EXACT, TimePrecision.INTERVAL]
        may_count &= incidents["time_precision"].isin(timed).to_numpy(bool)
    ends_at = pd.Timestamp(base.as_of, tz=base.timezone) + pd.DateOffset(days=1)
    as_of_ns = int(ends_at.as_unit("ns").value)
    middle = middle_ns(incidents)
    may_count &= middle < as_of_ns
    is_discovered = (incidents["origin"] == Origin.DISCOVERED).to_numpy(bool)
    timetable = _nearest_timetable(base)

    def weigh(variant: Variant) -> Weighed:
        with_discovered, half_life_days = variant.score_discovered, variant.half_life_days
        if with_discovered is None:
            with_discovered = base.parameters.score_discovered
        if half_life_days is None:
            half_life_days = base.parameters.half_life_days
        is_scored = may_count if with_discovered else may_count & ~is_discovered
        if variant.is_kept is not None:
            is_scored = is_scored & variant.is_kept
        severity = severity_weight(
            incidents,
            base.severity if variant.severity is None else variant.severity,
            dataclasses.replace(base.parameters, score_discovered=with_discovered),
        )
        recency = recency_weight(middle, as_of_ns, half_life_days)
        weight = np.where(is_scored, severity * recency, 0.0)
        return Weighed(
            is_scored,
            weight,
            weight * _day_share(base, timetable, half_life_days),
            variant.is_kept is None and with_discovered == base.parameters.score_discovered,
        )

    return [weigh(variant) for variant in (Variant("", ""), *variants)]


def _nearest_timetable(base: EvidenceBase) -> NDArray[np.int64]:
    """Give the timetable of the school nearest to each incident."""
    if base.basis is not Basis.WINDOW or not base.times or len(base.school_xy) == 0:
        return np.zeros(len(base.incidents), np.int64)
    xy = base.incidents[["x", "y"]].to_numpy(np.float64)
    _, nearest = KDTree(base.school_xy).query(xy)
    return base.timetable_of_school[nearest]


def _day_share(
    base: EvidenceBase, timetable: NDArray[np.int64], half_life_days: float
) -> FloatArray:
    """Give each incident's share of a day in its window; 1 on an all-hours basis."""
    if base.basis is not Basis.WINDOW:
        return np.ones(len(base.incidents))
    if not base.times or len(base.school_xy) == 0:
        return np.zeros(len(base.incidents))
    n_days = [teaching_day_count(time.days, base.as_of, half_life_days) for time in base.times]
    per_day = np.stack(
        [
            time.share / n if n > 0 else np.zeros(len(time.share))
            for time, n in zip(base.times, n_days, strict=True)
        ]
    )
    return np.asarray(per_day[timetable, np.arange(len(base.incidents))])
