"""From located incidents to intensity: weighted incidents per km and day on every segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from corridors.analysis.locating import Located
from corridors.analysis.timing import (
    Windows,
    build_windows,
    recency_weight,
    teaching_day_count,
    teaching_days,
    window_share,
)
from corridors.analysis.weighting import middle_ns, severity_weight
from corridors.domain.calendar import Timetable
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis, Origin, TimePrecision

__all__ = [
    "AreaScores",
    "EvidenceBase",
    "Moments",
    "Period",
    "WindowTimes",
    "choose_basis",
    "moments_of",
    "observed_period",
    "score_area",
    "window_times",
]

FloatArray = NDArray[np.float64]

MIN_HELD_SHARE = 0.5
"""An incident counts where at least half of it lies on streets that the sources cover."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days for which the sources speak: first and last, and the months that hold anything."""

    first: date
    last: date
    months: frozenset[np.datetime64]

    def keep(self, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """Keep the days of months that hold anything: a missing month was not observed."""
        if not self.months:
            return days[:0]
        return days[np.isin(days.astype("datetime64[M]"), np.array(sorted(self.months)))]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Start and end of each incident, UTC nanoseconds."""

    starts_ns: NDArray[np.int64]
    ends_ns: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WindowTimes:
    """The after-school windows of one timetable over the observed period.

    Parameters
    ----------
    windows
        Every window.
    days
        ``(n_days,)`` the teaching days, as datetime64[D].
    n_days
        Their number, each weighed by its age like the incidents.
    share
        ``(n_incidents,)`` part of each incident in these windows.
    assumed_day_share
        Share of these days, so weighed, that the terms do not reach.
    """

    windows: Windows
    days: NDArray[np.datetime64]
    n_days: float
    share: FloatArray
    assumed_day_share: float


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceBase:
    """Everything that the scores and tests of one area rest on.

    Parameters
    ----------
    network, located, incidents
        The streets, and the incidents on them.
    moments, period, as_of, timezone
        When the incidents were, the observed days, the local day to which they reach, and where.
    basis
        From `choose_basis`.
    times, timetable_of_school
        Windows of each distinct timetable (none on an all-hours basis), and ``(n_schools,)``
        which of them each school has.
    school_xy
        ``(n_schools, 2)`` in metres.
    is_covered
        ``(n_segments,)`` whether the sources have data there.
    severity
        Weight of each category.
    parameters
        The run's.
    """

    network: StreetNetwork
    located: Located
    incidents: pd.DataFrame
    moments: Moments
    period: Period
    as_of: date
    timezone: str
    basis: Basis
    times: Sequence[WindowTimes]
    timetable_of_school: NDArray[np.int64]
    school_xy: FloatArray
    is_covered: NDArray[np.bool_]
    severity: Mapping[str, float]
    parameters: Parameters


@dataclass(frozen=True, slots=True, eq=False)
class AreaScores:
    """What is known of every segment.

    Parameters
    ----------
    is_scored
        ``(n_incidents,)`` incidents that count: on covered streets, reported, and timed on a
        window basis.
    severity, recency
        ``(n_incidents,)`` the two parts of an incident's weight; severity is 0 where not scored.
    mass_per_day
        ``(n_segments,)`` weighted incidents a day, 0 where not covered.
    intensity_per_km_day
        ``(n_segments,)``.
    n_incidents
        ``(n_segments,)`` scored incidents that lie on each segment, all hours; an incident that is
        spread counts in parts.
    support
        ``(n_segments,)`` scored incidents within the kernel's reach of each segment.
    n_days
        Days, weighed by age, of an all-hours basis.
    """

    is_scored: NDArray[np.bool_]
    severity: FloatArray
    recency: FloatArray
    mass_per_day: FloatArray
    intensity_per_km_day: FloatArray
    n_incidents: FloatArray
    support: FloatArray
    n_days: float

    @property
    def weight(self) -> FloatArray:
        """Severity x recency."""
        return self.severity * self.recency


def moments_of(incidents: pd.DataFrame) -> Moments:
    """Give start and end of each incident as UTC nanoseconds."""
    return Moments(
        incidents["starts_at"].to_numpy("datetime64[ns]").astype(np.int64),
        incidents["ends_at"].to_numpy("datetime64[ns]").astype(np.int64),
    )


def choose_basis(incidents: pd.DataFrame, parameters: Parameters) -> Basis:
    """Choose what an intensity can count: the window where enough incidents know a time of day.

    An area without any incident has a window basis with nothing in it.
    """
    is_timed = incidents["time_precision"].isin([TimePrecision.EXACT, TimePrecision.INTERVAL])
    is_reported = incidents["origin"] == Origin.REPORTED
    n_timed, n_untimed = int((is_timed & is_reported).sum()), int((~is_timed & is_reported).sum())
    if n_timed >= parameters.min_area_incidents or n_untimed == 0:
        return Basis.WINDOW
    return Basis.ALL_HOURS


def observed_period(incidents: pd.DataFrame, timezone: str, as_of: date) -> Period:
    """Find the days for which the sources speak, in local time, up to ``as_of``."""
    if incidents.empty:
        return Period(as_of, as_of, frozenset())
    local = incidents["starts_at"].dt.tz_convert(timezone).dt.tz_localize(None)
    days = local.to_numpy("datetime64[D]")
    last_local = incidents["ends_at"].dt.tz_convert(timezone).dt.tz_localize(None)
    # An interval ends before its end: month-only incidents end at the first of the next month.
    last_days = (last_local - pd.Timedelta(1, "ns")).to_numpy("datetime64[D]")
    last_days = np.maximum(last_days, days)
    first, last = days.min(), min(last_days.max(), np.datetime64(as_of, "D"))
    months = frozenset(np.unique(days.astype("datetime64[M]")))
    first_day: date = first.astype(object)
    last_day: date = last.astype(object)
    return Period(min(first_day, last_day), last_day, months)


def window_times(
    timetables: Sequence[Timetable],
    moments: Moments,
    period: Period,
    timezone: str,
    as_of: date,
    parameters: Parameters,
) -> list[WindowTimes]:
    """Build the windows of each timetable and the part of each incident that falls in them."""
    found = []
    for timetable in timetables:
        windows = build_windows(
            timetable,
            period.first - timedelta(days=1),
            period.last,
            timezone=timezone,
            before_min=parameters.before_min,
            after_min=parameters.after_min,
            assume_unknown=True,
        )
        days = period.keep(teaching_days(timetable, period.first, period.last, assume_unknown=True))
        known = period.keep(teaching_days(timetable, period.first, period.last))
        n_days = teaching_day_count(days, as_of, parameters.half_life_days)
        n_known = teaching_day_count(known, as_of, parameters.half_life_days)
        found.append(
            WindowTimes(
                windows=windows,
                days=days,
                n_days=n_days,
                share=window_share(windows, moments.starts_ns, moments.ends_ns),
                assumed_day_share=1.0 - n_known / n_days if n_days > 0 else 0.0,
            )
        )
    return found


def score_area(base: EvidenceBase) -> AreaScores:
    """Score every segment.

    On a window basis each incident counts in the after-school window of the school nearest to it.
    """
    network, located, incidents = base.network, base.located, base.incidents
    period, as_of, parameters = base.period, base.as_of, base.parameters
    ends_at = pd.Timestamp(as_of + timedelta(days=1), tz=base.timezone)
    as_of_ns = int(ends_at.as_unit("ns").value)
    is_scored = _scored(base)
    severity = severity_weight(incidents, base.severity, parameters)
    middle = middle_ns(incidents)
    recency = recency_weight(middle, as_of_ns, parameters.half_life_days)
    # No plan is made from its own future.
    is_scored &= middle < as_of_ns
    severity = np.where(is_scored, severity, 0.0)
    weight = severity * recency
    all_days = np.arange(np.datetime64(period.first, "D"), np.datetime64(period.last, "D") + 1)
    n_days = teaching_day_count(period.keep(all_days), as_of, parameters.half_life_days)
    if base.basis is Basis.ALL_HOURS:
        per_day = weight / max(n_days, 1e-300)
    else:
        per_day = weight * _nearest_share(base)
    mass = located.footprint @ located.sum_by_anchor(per_day)
    mass = np.where(base.is_covered, mass, 0.0)
    scored_here = located.sum_by_anchor(is_scored.astype(np.float64))
    reached = located.footprint.copy()
    reached.data = np.ones_like(reached.data)
    return AreaScores(
        is_scored=is_scored,
        severity=severity,
        recency=recency,
        mass_per_day=mass,
        intensity_per_km_day=mass / (network.length_m / 1000.0),
        n_incidents=located.held @ scored_here,
        support=reached @ scored_here,
        n_days=n_days,
    )


def _scored(base: EvidenceBase) -> NDArray[np.bool_]:
    """Tell which incidents count: on covered streets, reported, and timed on a window basis."""
    located, incidents = base.located, base.incidents
    on_covered = np.asarray(located.held[base.is_covered].sum(axis=0), np.float64).ravel()
    is_scored = located.anchor >= 0
    is_scored[is_scored] = on_covered[located.anchor[is_scored]] >= MIN_HELD_SHARE
    if not base.parameters.score_discovered:
        is_scored &= (incidents["origin"] != Origin.DISCOVERED).to_numpy()
    if base.basis is Basis.WINDOW:
        timed = [TimePrecision.EXACT, TimePrecision.INTERVAL]
        is_scored &= incidents["time_precision"].isin(timed).to_numpy()
    return is_scored


def _nearest_share(base: EvidenceBase) -> FloatArray:
    """Give each incident's share of a day in the window of the school nearest to it."""
    if not base.times or len(base.school_xy) == 0:
        return np.zeros(len(base.incidents))
    _, nearest = KDTree(base.school_xy).query(base.incidents[["x", "y"]].to_numpy(np.float64))
    per_day = np.stack([time.share / max(time.n_days, 1e-300) for time in base.times])
    per_day[[time.n_days <= 0 for time in base.times]] = 0.0
    return per_day[base.timetable_of_school[nearest], np.arange(len(base.incidents))]
