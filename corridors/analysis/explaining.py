"""Why this corridor: what, when and since when, as shares of its weight that add up to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.profile import minute_profile
from corridors.analysis.scoring import AreaScores, EvidenceBase
from corridors.analysis.timing import weekday_share
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.vocabulary import Basis

__all__ = ["CorridorFacts", "explain_corridor", "why_sentences"]

FloatArray = NDArray[np.float64]
NS_PER_H = 3_600_000_000_000
SHARE_STEP = 5
"""Shares are told in steps of this many percent: nobody can count an incident from them."""


@dataclass(frozen=True, slots=True, eq=False)
class CorridorFacts:
    """What makes a corridor's weight.

    Parameters
    ----------
    n
        Incidents that lie on the covered streets of the corridor in the window, a burst counted
        once; all hours: all of them.
    category_share
        Share of the weight by category.
    weekday_share
        ``(7,)`` by weekday; even over Monday to Friday on an all-hours basis.
    minute_profile
        ``(before_min + after_min,)`` by minute of the window; None on an all-hours basis.
    one_place_share
        Share of the weight that comes from one place, a square of ``burst_cell_m``.
    unknown_m
        Length of the corridor for which the sources have no data.
    long_interval_share
        Share of the weight known only to more than `long_interval_h`.
    """

    n: float
    category_share: Mapping[str, float]
    weekday_share: FloatArray
    minute_profile: FloatArray | None
    one_place_share: float
    unknown_m: float
    long_interval_share: float


def explain_corridor(
    base: EvidenceBase,
    scores: AreaScores,
    tree: WalkTree,
    chosen: NDArray[np.bool_],
    timetable: int,
    burst: NDArray[np.int32] | None,
) -> CorridorFacts:
    """Take a corridor's weight apart.

    Parameters
    ----------
    base, scores
        The area's.
    tree, chosen
        The corridor.
    timetable
        Row of ``base.times`` for the school; not used on an all-hours basis.
    burst
        ``(n_incidents,)`` burst of each incident; None where nothing is known of bursts.
    """
    located, parameters = base.located, base.parameters
    rows = tree.segment[chosen]
    unknown_m = float(tree.length_m[chosen][~base.is_covered[rows]].sum())
    rows = rows[base.is_covered[rows]]
    reach = np.asarray(located.footprint[rows].sum(axis=0)).ravel()
    on_it = np.asarray(located.held[rows].sum(axis=0)).ravel()
    near = np.flatnonzero((located.anchor >= 0) & scores.is_scored)
    near = near[reach[located.anchor[near]] > 0]
    anchor = located.anchor[near]
    starts, ends = base.moments.starts_ns[near], base.moments.ends_ns[near]
    is_window = base.basis is Basis.WINDOW
    share = base.times[timetable].share[near] if is_window else np.ones(near.size)
    weight = scores.weight[near] * reach[anchor]
    total = float((weight * share).sum())
    n = _count(on_it[anchor] * share, None if burst is None else burst[near])
    if total <= 0:
        return CorridorFacts(n, {}, np.zeros(7), None, 0.0, unknown_m, 0.0)
    part = weight * share / total
    categories, code = np.unique(
        base.incidents["category"].to_numpy(str)[near], return_inverse=True
    )
    by_category = np.bincount(code, weights=part)
    is_long = ends - starts > parameters.long_interval_h * NS_PER_H
    weekdays, minutes = np.array([0.2] * 5 + [0.0] * 2), None
    if is_window:
        windows = base.times[timetable].windows
        weekdays = weight @ weekday_share(windows, starts, ends) / total
        window_min = parameters.before_min + parameters.after_min
        minutes = minute_profile(windows, starts, ends, weight, window_min) / total
    return CorridorFacts(
        n=n,
        category_share={str(c): float(s) for c, s in zip(categories, by_category, strict=True)},
        weekday_share=weekdays,
        minute_profile=minutes,
        one_place_share=_one_place_share(
            base.incidents[["x", "y"]].to_numpy(np.float64)[near], part, parameters.burst_cell_m
        ),
        unknown_m=unknown_m,
        long_interval_share=float(part[is_long].sum()),
    )


def _count(part: FloatArray, burst: NDArray[np.int32] | None) -> float:
    """Count incidents by their part here; ten records of one fight are one."""
    if burst is None:
        return float(part.sum())
    _, number = np.unique(burst, return_inverse=True)
    once = np.zeros(int(number.max(initial=-1)) + 1)
    np.maximum.at(once, number, part)
    return float(once.sum())


def _one_place_share(xy: FloatArray, part: FloatArray, cell_m: float) -> float:
    """Give the largest share in one square, wherever the grid of squares begins."""
    largest = 0.0
    for shift in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        cell = np.floor(xy / cell_m + shift).astype(np.int64)
        _, number = np.unique((cell[:, 0] << 32) + cell[:, 1], return_inverse=True)
        largest = max(largest, float(np.bincount(number, weights=part).max()))
    return largest


def why_sentences(
    facts: CorridorFacts, category_names: Mapping[str, str], before_min: int
) -> tuple[str, ...]:
    """Tell the facts in words, in steps of five percent, so that no incident can be told apart."""
    told = [
        f"{category_names.get(category, category)} {_percent(share)} %"
        for category, share in sorted(facts.category_share.items(), key=lambda item: -item[1])
        if _percent(share) >= 10
    ][:3]
    sentences = ["By weight: " + ", ".join(told) + "."] if told else []
    if facts.minute_profile is not None:
        cumulated = np.cumsum(facts.minute_profile)
        if cumulated.size and cumulated[-1] > 0:
            low, high = np.searchsorted(cumulated / cumulated[-1], [0.25, 0.75])
            sentences.append(
                f"Half of it falls between {_minutes(int(low) - before_min)} and "
                f"{_minutes(int(high) - before_min)}."
            )
        names = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays")
        most = [
            f"{names[day]} {_percent(facts.weekday_share[day])} %"
            for day in np.argsort(-facts.weekday_share[:5], kind="stable")[:2]
        ]
        sentences.append("Most on " + " and ".join(most) + ".")
    return tuple(sentences)


def _percent(share: float) -> int:
    return int(round(100 * share / SHARE_STEP) * SHARE_STEP)


def _minutes(minutes: int) -> str:
    rounded = int(round(minutes / 5) * 5)
    if rounded == 0:
        return "the bell"
    return f"{abs(rounded)} minutes {'after' if rounded > 0 else 'before'} the bell"
