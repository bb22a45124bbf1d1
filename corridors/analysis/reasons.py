"""Why this street: the score of some streets taken apart, what would change it, how sure it is.

Everything is about these very streets: without some of the incidents another corridor might have
been traced, and nothing is tested again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.contributions import (
    Split,
    local_days,
    nearest_timetable,
    segment_parts,
    split_weight,
    weight_per_day,
)
from corridors.analysis.explaining import count_separate, heaviest_place
from corridors.analysis.intervals import Events
from corridors.analysis.scoring import AreaScores, EvidenceBase
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.reasons import Explained, Interval, Part, Without
from corridors.domain.vocabulary import Basis

__all__ = ["explain_segment", "explain_tested_corridor", "segment_reasons"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NS_PER_H = 3_600_000_000_000
LAST_MONTHS = (1, 3, 6)
"""Months that a score is told without."""


def segment_reasons(base: EvidenceBase, scores: AreaScores, sources: Sequence[str]) -> pd.DataFrame:
    """Take the intensity of every segment apart.

    Parameters
    ----------
    base, scores
        The area's.
    sources
        Names of the inputs, in the order of the incidents' ``source``.

    Returns
    -------
    pandas.DataFrame
        ``segment_id dimension part intensity_per_km_day``: parts over 0 alone, in the order of the
        segments, the dimensions and the parts. The parts of one dimension sum to the intensity.
    """
    rows = np.flatnonzero(scores.is_scored)
    splits = split_weight(base, scores, rows, nearest_timetable(base), sources)
    # One column a part, all dimensions side by side; long form reads it row by row.
    values = np.column_stack([segment_parts(base, rows, split) for split in splits])
    segment, column = np.nonzero(values > 0)
    named = pd.DataFrame(
        [(split.dimension, name) for split in splits for name in split.names],
        columns=["dimension", "part"],
        dtype="category",
    )
    table = named.take(column).reset_index(drop=True)
    segment_id = base.network.segments["segment_id"].astype("category")
    table.insert(0, "segment_id", segment_id.take(segment).reset_index(drop=True))
    table["intensity_per_km_day"] = values[segment, column]
    return table


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """The incidents that add to some streets.

    Parameters
    ----------
    rows
        ``(n,)`` incidents.
    timetable
        ``(n_incidents,)`` row of ``base.times`` by which each counts.
    reach
        ``(n,)`` part of each that counts here, in the unit of the score.
    added
        ``(n,)`` what each adds to the score.
    on_it
        ``(n,)`` part of each that lies on these streets, in the window.
    burst
        ``(n,)`` burst of each; None where every incident counts by itself.
    """

    rows: IntArray
    timetable: IntArray
    reach: FloatArray
    added: FloatArray
    on_it: FloatArray
    burst: NDArray[np.int32] | None


def explain_segment(
    base: EvidenceBase,
    scores: AreaScores,
    events: Events,
    segment: int,
    interval: tuple[float, float],
    sources: Sequence[str],
) -> Explained:
    """Explain the intensity of one covered segment.

    Parameters
    ----------
    base, scores, events
        The area's.
    segment
        Row of the network's segments.
    interval
        Its ends, from `corridors.analysis.intervals.segment_intervals`.
    sources
        Names of the inputs.
    """
    per_km = 1000.0 / float(base.network.length_m[segment])
    score = Interval(float(scores.intensity_per_km_day[segment]), *interval)
    segments = np.array([segment], np.int64)
    near = _near(base, scores, events, segments, events.timetable, per_km)
    return _explain(base, scores, near, score, sources)


def explain_tested_corridor(
    base: EvidenceBase,
    scores: AreaScores,
    events: Events,
    tree: WalkTree,
    chosen: NDArray[np.bool_],
    timetable: int,
    interval: Interval,
    sources: Sequence[str],
) -> Explained:
    """Explain the weight a day of one school's corridor.

    Parameters
    ----------
    base, scores, events
        The area's.
    tree, chosen
        The corridor; its streets without coverage are left out.
    timetable
        Row of ``base.times`` for the school; not used on an all-hours basis.
    interval
        From `corridors.analysis.intervals.corridor_interval`.
    sources
        Names of the inputs.
    """
    walked = tree.segment[chosen]
    segments = walked[base.is_covered[walked]].astype(np.int64)
    of_all = np.full(len(base.incidents), timetable, np.int64)
    near = _near(base, scores, events, segments, of_all, 1.0)
    return _explain(base, scores, near, interval, sources)


def _near(
    base: EvidenceBase,
    scores: AreaScores,
    events: Events,
    segments: IntArray,
    timetable: IntArray,
    unit: float,
) -> _Near:
    located = base.located
    reach = unit * np.asarray(located.footprint[segments].sum(axis=0), np.float64).ravel()
    held = np.asarray(located.held[segments].sum(axis=0), np.float64).ravel()
    rows = np.flatnonzero(scores.is_scored & (located.anchor >= 0))
    rows = rows[reach[located.anchor[rows]] > 0]
    anchor = located.anchor[rows]
    is_window = base.basis is Basis.WINDOW
    share = np.ones(rows.size)
    if is_window:
        share = np.stack([times.share[rows] for times in base.times])[
            timetable[rows], np.arange(rows.size)
        ]
    return _Near(
        rows=rows,
        timetable=timetable,
        reach=reach[anchor],
        added=weight_per_day(base, scores, timetable)[rows] * reach[anchor],
        on_it=held[anchor] * share,
        burst=events.number[rows] if is_window else None,
    )


def _explain(
    base: EvidenceBase, scores: AreaScores, near: _Near, score: Interval, sources: Sequence[str]
) -> Explained:
    splits = split_weight(base, scores, near.rows, near.timetable, sources)
    total = max(float(near.added.sum()), 1e-300)
    place, is_there = _heaviest_place(base, near)
    length_ns = (base.moments.ends_ns - base.moments.starts_ns)[near.rows]
    is_long = length_ns > base.parameters.long_interval_h * NS_PER_H
    assumed = np.array([times.assumed_day_share for times in base.times])
    by_timetable = assumed[near.timetable[near.rows]] if assumed.size else np.zeros(near.rows.size)
    return Explained(
        score=score,
        n=count_separate(near.on_it, near.burst),
        n_enough=base.parameters.min_corridor_incidents,
        one_place_share=place / total,
        long_interval_share=float(near.added[is_long].sum()) / total,
        assumed_day_share=float(near.added @ by_timetable) / total,
        parts=tuple(part for split in splits for part in _parts(split, near.reach, total)),
        withouts=_withouts(base, near, splits, is_there),
    )


def _heaviest_place(base: EvidenceBase, near: _Near) -> tuple[float, NDArray[np.bool_]]:
    xy = base.incidents[["x", "y"]].to_numpy(np.float64)[near.rows]
    return heaviest_place(xy, near.added, base.parameters.burst_cell_m)


def _parts(split: Split, reach: FloatArray, total: float) -> list[Part]:
    amounts = np.asarray(reach @ split.weight).ravel()
    return [
        Part(split.dimension, name, float(amount), float(amount) / total)
        for name, amount in zip(split.names, amounts, strict=True)
        if amount > 0
    ]


def _withouts(
    base: EvidenceBase, near: _Near, splits: Sequence[Split], is_there: NDArray[np.bool_]
) -> tuple[Without, ...]:
    if near.added.sum() <= 0:
        return ()
    found = []
    for split in splits:
        if split.dimension in ("category", "source"):
            for number, name in enumerate(split.names):
                is_in = split.weight[:, [number]].toarray().ravel() > 0
                if is_in.any():
                    found.append(_without(base, near, split.dimension, name, is_in))
    day = local_days(base, near.rows)
    for n in LAST_MONTHS:
        before = (pd.Timestamp(base.period.last) - pd.DateOffset(months=n)).date()
        if before > base.period.first:
            found.append(_without(base, near, "last_months", str(n), day > np.datetime64(before)))
    return (*found, _without(base, near, "place", "", is_there))


def _without(
    base: EvidenceBase, near: _Near, kind: str, name: str, is_gone: NDArray[np.bool_]
) -> Without:
    stays = ~is_gone
    burst = None if near.burst is None else near.burst[stays]
    n_left = count_separate(near.on_it[stays], burst)
    return Without(
        kind=kind,
        name=name,
        left_share=float(near.added[stays].sum() / near.added.sum()),
        n_left=n_left,
        is_too_few=n_left < base.parameters.min_corridor_incidents,
    )
