"""A simulated area for the feedback loop: true harm, recorded or not, and where it was planted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.noise import Noise
from corridors.analysis.planting import WayFinder
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.simulating import draw_noise
from corridors.domain.vocabulary import PlacePrecision
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import place_schools
from corridors.pipeline.simulation import WAY_M, plant_on

__all__ = ["Harm", "World", "begins", "make_world"]

FloatArray = NDArray[np.float64]

HISTORY_DAYS = 365
"""The first plan knows a year."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """True incidents, recorded or not, and where they were planted.

    Parameters
    ----------
    tables
        The area's streets and schools; its incidents are not used.
    truth, luck
        Every true incident, and ``(n,)`` the luck that decides whether it is recorded.
    weeks
        Mondays of the planned weeks, in order; the schools teach in each.
    planted
        Rows of the schools with a planted corridor, and the rows of its segments.
    ended
        Likewise where all harm ended before the first of the weeks.
    kinds
        What the area's own discovered incidents are, by category.
    coarse
        As in `corridors.analysis.planting.plant_incidents`.
    seed
        Of what patrols find.
    """

    tables: Tables
    truth: pd.DataFrame
    luck: FloatArray
    weeks: tuple[date, ...]
    planted: Mapping[int, NDArray[np.int32]]
    ended: Mapping[int, NDArray[np.int32]]
    kinds: Mapping[str, float]
    coarse: tuple[FloatArray, str] | None
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What is planted, and how much of all harm is recorded.

    Parameters
    ----------
    n_lasting, n_ended
        Schools with a planted corridor that lasts, and schools where it has ended.
    ended_days
        How long before the first week it ended there.
    strength
        Recorded incidents a year on each.
    reported_share
        Share of true incidents that is recorded without patrols.
    """

    n_lasting: int
    n_ended: int
    ended_days: int
    strength: int
    reported_share: float


def make_world(tables: Tables, noise: Noise, harm: Harm, *, n_weeks: int, seed: int) -> World:
    """Draw the true incidents of an area, with planted corridors at schools drawn by the seed.

    Parameters
    ----------
    tables, noise
        The area, and the noise fitted to it; two years, so that there is a year before the weeks.
    harm
        What is planted.
    n_weeks
        Weeks to plan.
    seed
        Of every draw.

    Raises
    ------
    ValueError
        If the simulated time holds too few weeks of school, or the area too few schools with a way.
    """
    # So many more true incidents, and as much more clustered that what is recorded is like before.
    fuller = dataclasses.replace(
        noise,
        day_weight=noise.day_weight / harm.reported_share,
        dispersion=1.0 + (noise.dispersion - 1.0) / harm.reported_share,
    )
    truth = draw_noise(fuller, tables.area.timezone, np.random.default_rng([seed, 1]))
    weeks = _teaching_weeks(tables, noise, n_weeks)
    n_years = noise.day.size / 365.25
    index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
    gates, finder = place_schools(tables, index), WayFinder(tables.network, tables.is_covered)
    order = np.random.default_rng([seed, 2]).permutation(len(tables.schools)).tolist()
    made: dict[int, NDArray[np.int32]] = {}
    parts, ended = [truth], weeks[0] - timedelta(days=harm.ended_days)
    for row in order:
        if len(made) == harm.n_lasting + harm.n_ended:
            break
        rng = np.random.default_rng([seed, 3, row])
        way = finder.draw(int(gates.segment[row]), WAY_M, rng)
        n = round(harm.strength * n_years / harm.reported_share)
        planted = plant_on(tables, noise, row, way, n, rng)
        if planted is None:
            continue
        incidents = planted.incidents
        if len(made) >= harm.n_lasting:
            incidents = incidents[incidents["starts_at"] < begins(ended, tables)]
        parts.append(incidents)
        made[row] = way
    if len(made) < harm.n_lasting + harm.n_ended:
        raise ValueError("too few schools have a way of a kilometre")
    truth = pd.concat(parts, ignore_index=True)
    truth = truth[truth["starts_at"] >= begins(weeks[0] - timedelta(days=HISTORY_DAYS), tables)]
    truth = truth.sort_values(["starts_at", "x", "y"], kind="stable", ignore_index=True)
    return World(
        tables=tables,
        truth=truth,
        luck=np.random.default_rng([seed, 5]).random(len(truth)),
        weeks=weeks,
        planted={row: made[row] for row in list(made)[: harm.n_lasting]},
        ended={row: made[row] for row in list(made)[harm.n_lasting :]},
        kinds=_discovered_kinds(noise),
        coarse=_coarse(noise),
        seed=seed,
    )


def begins(day: date, tables: Tables) -> pd.Timestamp:
    """Give the midnight with which a day begins in the area."""
    return pd.Timestamp(day, tz=tables.area.timezone)


def _teaching_weeks(tables: Tables, noise: Noise, n_weeks: int) -> tuple[date, ...]:
    """Give the last Mondays whose week is wholly simulated and has a day of school somewhere."""
    first: date = noise.day[0].astype(object) + timedelta(days=HISTORY_DAYS)
    last: date = noise.day[-1].astype(object)
    calendar, schools = tables.area.calendar, tables.schools["school_id"]
    distinct = list(dict.fromkeys(calendar.timetable(str(school)) for school in schools))
    taught = {
        day - timedelta(days=day.weekday())
        for timetable in distinct
        for day in timetable.teaching_days(first, last)
    }
    whole = [monday for monday in sorted(taught) if first <= monday <= last - timedelta(days=6)]
    if len(whole) < n_weeks or n_weeks < 1:
        raise ValueError("the simulated time holds too few weeks of school")
    return tuple(whole[-n_weeks:])


def _discovered_kinds(noise: Noise) -> dict[str, float]:
    """Let patrols find what police find here already; drugs where nothing tells."""
    of_category = np.bincount(noise.pair_category, noise.pair_count, len(noise.category))
    found = of_category * noise.discovered_share
    kinds = {name: float(n) for name, n in zip(noise.category, found, strict=True) if n > 0}
    return kinds or {"drugs": 1.0}


def _coarse(noise: Noise) -> tuple[FloatArray, str] | None:
    names, count = np.unique(noise.precision.astype(str), return_counts=True)
    usual = str(names[np.argmax(count)])
    return None if usual == PlacePrecision.EXACT else (noise.xy, usual)
