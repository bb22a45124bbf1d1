"""What each incident adds a day, taken apart in ways whose parts sum to the whole.

The kernel is linear: what a group of incidents adds to a segment is the footprint times the
group's weights, so every score can be split exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree

from corridors.analysis.profile import half_hour_names, half_hour_share
from corridors.analysis.scoring import AreaScores, EvidenceBase
from corridors.analysis.timing import weekday_share
from corridors.domain.calendar import WEEKDAYS
from corridors.domain.reasons import DIMENSIONS
from corridors.domain.vocabulary import Basis, TimePrecision

__all__ = [
    "NO_TIME",
    "NO_WEEKDAY",
    "Split",
    "local_days",
    "nearest_timetable",
    "segment_parts",
    "split_weight",
    "weight_per_day",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NO_TIME = "no time of day"
KNOWN_TIME = "a known time of day"
NO_WEEKDAY = "no weekday"


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The weight of some incidents, split one way.

    Parameters
    ----------
    dimension
        One of `corridors.domain.reasons.DIMENSIONS`.
    names
        ``(n_parts,)``.
    weight
        ``(n, n_parts)`` weight a day; each row sums to the incident's.
    """

    dimension: str
    names: tuple[str, ...]
    weight: sparse.csr_matrix


def nearest_timetable(base: EvidenceBase) -> IntArray:
    """Give the row of ``base.times`` by which each incident counts on the area's map.

    That is the timetable of the school nearest to it, as in `corridors.analysis.scoring`.
    """
    if not base.times or len(base.school_xy) == 0:
        return np.zeros(len(base.incidents), np.int64)
    _, nearest = KDTree(base.school_xy).query(base.incidents[["x", "y"]].to_numpy(np.float64))
    return base.timetable_of_school[nearest].astype(np.int64)


def weight_per_day(base: EvidenceBase, scores: AreaScores, timetable: IntArray) -> FloatArray:
    """Give what each incident adds a day.

    Parameters
    ----------
    base, scores
        The area's.
    timetable
        ``(n_incidents,)`` row of ``base.times`` by which each counts; of no meaning all hours.

    Returns
    -------
    ``(n_incidents,)`` float64
        Severity x recency x window share / days; 0 where not scored.
    """
    full = _full_weight_per_day(base, scores, timetable)
    if base.basis is Basis.ALL_HOURS:
        return full
    share = np.zeros(full.size)
    for row, times in enumerate(base.times):
        share = np.where(timetable == row, times.share, share)
    return full * share


def _full_weight_per_day(base: EvidenceBase, scores: AreaScores, timetable: IntArray) -> FloatArray:
    """Give what each incident would add a day if it lay wholly in the window."""
    if base.basis is Basis.ALL_HOURS:
        return np.asarray(scores.weight / max(scores.n_days, 1e-300))
    if not base.times:
        return np.zeros(len(base.incidents))
    n_days = np.array([times.n_days for times in base.times])[timetable]
    return np.where(n_days > 0, scores.weight / np.maximum(n_days, 1e-300), 0.0)


def local_days(base: EvidenceBase, rows: IntArray) -> NDArray[np.datetime64]:
    """Give the local day that holds the middle of each of these incidents, datetime64[D]."""
    starts, ends = base.moments.starts_ns[rows], base.moments.ends_ns[rows]
    return _local(base, starts + (ends - starts) // 2).astype("datetime64[D]")


def _local(base: EvidenceBase, moment_ns: IntArray) -> NDArray[np.datetime64]:
    utc = pd.DatetimeIndex(moment_ns.astype("datetime64[ns]"), tz="UTC")
    return utc.tz_convert(base.timezone).tz_localize(None).to_numpy("datetime64[ns]")


def split_weight(
    base: EvidenceBase,
    scores: AreaScores,
    rows: IntArray,
    timetable: IntArray,
    sources: Sequence[str],
) -> tuple[Split, ...]:
    """Split the weight of some incidents in every way.

    Parameters
    ----------
    base, scores
        The area's.
    rows
        ``(n,)`` incidents.
    timetable
        ``(n_incidents,)`` row of ``base.times`` by which each counts.
    sources
        Names of the inputs, in the order of the incidents' ``source``.

    Returns
    -------
    tuple of Split
        In the order of `corridors.domain.reasons.DIMENSIONS`.
    """
    incidents = base.incidents.iloc[rows]
    weight = weight_per_day(base, scores, timetable)[rows]
    full = _full_weight_per_day(base, scores, timetable)[rows]
    number = incidents["source"].to_numpy(np.int64)
    month = local_days(base, rows).astype("datetime64[M]").astype(str)
    source = [_source_name(sources, n) for n in range(int(number.max(initial=-1)) + 1)]
    found = {
        "category": _by_code(weight, *_coded(incidents["category"])),
        "half_hour": _by_half_hour(base, rows, timetable[rows], full, weight),
        "month": _by_code(weight, *_coded(pd.Series(month))),
        "weekday": _by_weekday(base, rows, timetable[rows], full, weight),
        "origin": _by_code(weight, *_coded(incidents["origin"])),
        "source": _by_code(weight, number, source),
    }
    return tuple(Split(name, *found[name]) for name in DIMENSIONS)


def _source_name(sources: Sequence[str], number: int) -> str:
    return sources[number] if number < len(sources) else f"input {number}"


def _coded(values: pd.Series) -> tuple[IntArray, list[str]]:
    code, names = pd.factorize(values, sort=True)
    return code.astype(np.int64), [str(name) for name in names]


def _by_code(
    weight: FloatArray, code: IntArray, names: Sequence[str]
) -> tuple[tuple[str, ...], sparse.csr_matrix]:
    matrix = sparse.csr_matrix(
        (weight, (np.arange(weight.size), code)), shape=(weight.size, len(names))
    )
    return tuple(names), matrix


def _by_half_hour(
    base: EvidenceBase, rows: IntArray, timetable: IntArray, full: FloatArray, weight: FloatArray
) -> tuple[tuple[str, ...], sparse.csr_matrix]:
    if base.basis is Basis.ALL_HOURS:
        timed = [TimePrecision.EXACT, TimePrecision.INTERVAL]
        is_timed = base.incidents["time_precision"].iloc[rows].isin(timed).to_numpy()
        return _by_code(weight, is_timed.astype(np.int64), (NO_TIME, KNOWN_TIME))
    before_min, after_min = base.parameters.before_min, base.parameters.after_min
    names = half_hour_names(before_min, after_min)
    share = np.zeros((rows.size, len(names)))
    for row, times in enumerate(base.times):
        at = np.flatnonzero(timetable == row)
        starts, ends = base.moments.starts_ns[rows[at]], base.moments.ends_ns[rows[at]]
        share[at] = half_hour_share(times.windows, starts, ends, before_min, after_min)
    return names, sparse.csr_matrix(share * full[:, None])


def _by_weekday(
    base: EvidenceBase, rows: IntArray, timetable: IntArray, full: FloatArray, weight: FloatArray
) -> tuple[tuple[str, ...], sparse.csr_matrix]:
    starts, ends = base.moments.starts_ns[rows], base.moments.ends_ns[rows]
    if base.basis is Basis.ALL_HOURS:
        first = _local(base, starts).astype("datetime64[D]").astype(np.int64)
        last = _local(base, np.maximum(ends - 1, starts)).astype("datetime64[D]").astype(np.int64)
        # 1970-01-01 was a Thursday. What may have been on several days has no weekday.
        code = np.where(first == last, (first + 3) % 7, 7)
        return _by_code(weight, code, (*WEEKDAYS, NO_WEEKDAY))
    share = np.zeros((rows.size, 7))
    for row, times in enumerate(base.times):
        at = np.flatnonzero(timetable == row)
        share[at] = weekday_share(times.windows, starts[at], ends[at])
    return WEEKDAYS, sparse.csr_matrix(share * full[:, None])


def segment_parts(base: EvidenceBase, rows: IntArray, split: Split) -> FloatArray:
    """Give the intensity that each part puts on every segment.

    Parameters
    ----------
    base
        The area's.
    rows, split
        Incidents that are on the network, and their weight from `split_weight`.

    Returns
    -------
    ``(n_segments, n_parts)`` float64
        Per km and day; rows sum to the segment's intensity. 0 where not covered.
    """
    located = base.located
    group = sparse.csr_matrix(
        (np.ones(rows.size), (located.anchor[rows], np.arange(rows.size))),
        shape=(located.n_anchors, rows.size),
    )
    mass = located.footprint @ (group @ split.weight).toarray()
    per_km = np.where(base.is_covered, 1000.0 / base.network.length_m, 0.0)
    return np.asarray(mass * per_km[:, None])
