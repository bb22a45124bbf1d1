"""Why this corridor: what, when and since when, as shares of its weight that add up to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.contributions import local_days
from corridors.analysis.profile import minute_profile
from corridors.analysis.scoring import AreaScores, EvidenceBase
from corridors.analysis.timing import weekday_share
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.vocabulary import Basis

__all__ = [
    "CorridorFacts",
    "Months",
    "count_separate",
    "explain_corridor",
    "heaviest_place",
    "why_sentences",
]

FloatArray = NDArray[np.float64]
NS_PER_H = 3_600_000_000_000
SHARE_STEP = 5
"""Shares are told in steps of this many percent: nobody can count an incident from them."""
MOST, HARDLY_ANY = 0.6, 0.1
"""Shares of which a sentence says so."""
BEYOND_CHANCE = 1.36
"""Kolmogorov's distance, times the root of the number, that chance reaches one time in twenty."""
FEWEST_MONTHS = 2
"""One month by itself is never named: it could be one event."""
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """How what was recorded lies over the months, whatever its age weighs.

    Parameters
    ----------
    month
        ``(n,)`` observed months in order, datetime64[M].
    share
        ``(n,)`` share of severity x window share.
    day_share
        ``(n,)`` share of the observed days, which is what an even spread would give.
    """

    month: NDArray[np.datetime64]
    share: FloatArray
    day_share: FloatArray


_NO_MONTHS = Months(np.zeros(0, "datetime64[M]"), np.zeros(0), np.zeros(0))


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
    months
        How it lies over the months.
    """

    n: float
    category_share: Mapping[str, float]
    weekday_share: FloatArray
    minute_profile: FloatArray | None
    one_place_share: float
    unknown_m: float
    long_interval_share: float
    months: Months = field(default=_NO_MONTHS)


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
    n = count_separate(on_it[anchor] * share, None if burst is None else burst[near])
    if total <= 0:
        return CorridorFacts(n, {}, np.zeros(7), None, 0.0, unknown_m, 0.0)
    part = weight * share / total
    categories, code = np.unique(
        base.incidents["category"].iloc[near].to_numpy(str), return_inverse=True
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
        one_place_share=heaviest_place(
            base.incidents[["x", "y"]].iloc[near].to_numpy(np.float64),
            part,
            parameters.burst_cell_m,
        )[0],
        unknown_m=unknown_m,
        long_interval_share=float(part[is_long].sum()),
        months=_months(base, timetable, near, scores.severity[near] * reach[anchor] * share),
    )


def _months(
    base: EvidenceBase, timetable: int, near: NDArray[np.int64], weight: FloatArray
) -> Months:
    """Sum weights by month, beside the days on which they could have been recorded."""
    first, last = np.datetime64(base.period.first, "D"), np.datetime64(base.period.last, "D")
    if base.basis is Basis.WINDOW:
        every = base.times[timetable].days
    else:
        every = base.period.keep(np.arange(first, last + 1))
    days = every.astype("datetime64[M]")
    if days.size == 0 or weight.sum() <= 0:
        return _NO_MONTHS
    month, of_day = np.unique(days, return_inverse=True)
    here = local_days(base, near).astype("datetime64[M]")
    at = np.searchsorted(month, here)
    # An interval's middle may lie in a month without a teaching day: its neighbour takes it.
    summed = np.bincount(np.minimum(at, month.size - 1), weights=weight, minlength=month.size)
    return Months(month, summed / summed.sum(), np.bincount(of_day) / days.size)


def count_separate(part: FloatArray, burst: NDArray[np.int32] | None) -> float:
    """Count incidents by their part here; ten records of one fight are one.

    Parameters
    ----------
    part
        ``(n,)`` part of each incident that counts, 0 to 1.
    burst
        ``(n,)`` burst of each; None counts every incident.
    """
    if burst is None:
        return float(part.sum())
    _, number = np.unique(burst, return_inverse=True)
    once = np.zeros(int(number.max(initial=-1)) + 1)
    np.maximum.at(once, number, part)
    return float(once.sum())


def heaviest_place(
    xy: FloatArray, part: FloatArray, cell_m: float
) -> tuple[float, NDArray[np.bool_]]:
    """Find the square that holds most, wherever the grid of squares begins.

    Parameters
    ----------
    xy
        ``(n, 2)`` places in metres.
    part
        ``(n,)`` what each adds.
    cell_m
        Side of the square.

    Returns
    -------
    largest : float
        What it holds, in the unit of ``part``; 0 for nothing.
    is_there : ``(n,)`` bool
    """
    largest, is_there = 0.0, np.zeros(part.size, np.bool_)
    for shift in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        cell = np.floor(xy / cell_m + shift).astype(np.int64)
        _, number = np.unique((cell[:, 0] << 32) + cell[:, 1], return_inverse=True)
        held = np.bincount(number, weights=part)
        if held.size and held.max() > largest:
            largest, is_there = float(held.max()), number == held.argmax()
    return largest, is_there


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
    return (*sentences, *_month_sentence(facts))


def _month_sentence(facts: CorridorFacts) -> tuple[str, ...]:
    """Say since when, where it is farther from an even spread than chance would bring it."""
    months = facts.months
    if months.month.size <= FEWEST_MONTHS or facts.n <= 0:
        return ()
    since = np.cumsum(months.share[::-1])[::-1]
    evenly = np.cumsum(months.day_share[::-1])[::-1]
    beyond = (since - evenly) * np.sqrt(facts.n)
    beyond = beyond[1 : 1 - FEWEST_MONTHS]
    rising, falling = 1 + int(beyond.argmax()), 1 + int(beyond.argmin())
    if beyond.max() >= BEYOND_CHANCE and since[rising] >= MOST:
        words = _month_words(months.month[rising])
        return (f"Most of it, {_percent(since[rising])} %, since {words}.",)
    if beyond.min() <= -BEYOND_CHANCE and since[falling] <= HARDLY_ANY:
        return (f"Hardly any of it since {_month_words(months.month[falling])}.",)
    return ()


def _month_words(month: np.datetime64) -> str:
    number = int(month.astype("datetime64[M]").astype(np.int64))
    return f"{_MONTH_NAMES[number % 12]} {1970 + number // 12}"


def _percent(share: float) -> int:
    return int(round(100 * share / SHARE_STEP) * SHARE_STEP)


def _minutes(minutes: int) -> str:
    rounded = int(round(minutes / 5) * 5)
    if rounded == 0:
        return "the bell"
    return f"{abs(rounded)} minutes {'after' if rounded > 0 else 'before'} the bell"
