"""Simulate an area: its real streets and schools, made-up incidents, and corridors that are known.

What is written is an area of its own, on which every other command runs, with the truth beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from corridors.analysis.gaps import Gaps, draw_gaps, is_kept
from corridors.analysis.noise import HourProfile, Noise, fit_noise, with_addresses, with_anchors
from corridors.analysis.planting import WayFinder, plant_incidents
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.simulating import draw_noise
from corridors.domain.vocabulary import PlacePrecision
from corridors.errors import BadInput, Problem
from corridors.outputs.folder import check_writable
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.scoring import place_schools
from corridors.pipeline.simulation_writing import write_simulated
from corridors.pipeline.stages import Stages
from corridors.sources.hour_profiles import read_hour_profiles

__all__ = ["WAY_M", "Planted", "Simulated", "Simulation", "fit_area", "plant_on", "simulate_area"]

WAY_M = 1000.0
"""Length of a planted corridor."""

ANCHORED_STREET_M = 40.0
"""Shorter streets get no anchor: one of police.uk stands for eight addresses or more."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is asked for.

    Parameters
    ----------
    n_planted, school_ids
        At how many schools, drawn by the seed, and at which schools besides, a corridor is planted.
    strength
        Incidents after school on each, over the whole simulated time.
    seed
        Of every draw.
    n_years
        Length of the simulated time, which ends with the source's last month.
    is_exact, is_anchored
        Whether places are exact where the source has coarse ones, or are moved to anchors in the
        middle of streets where it has exact ones.
    n_missing_months
        Months of which nothing is recorded, drawn by the seed.
    quiet_share
        Share of the neighbourhoods where half of what would be reported elsewhere is not.
    """

    n_planted: int
    school_ids: tuple[str, ...]
    strength: int
    seed: int
    n_years: int
    is_exact: bool = False
    is_anchored: bool = False
    n_missing_months: int = 0
    quiet_share: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """One planted corridor.

    Parameters
    ----------
    row
        Of the school.
    way
        Rows of the segments, from the gate on.
    incidents
        What was planted on it, and recorded.
    """

    row: int
    way: NDArray[np.int32]
    incidents: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A simulated area: what was fitted, what was drawn and planted, and what is not recorded."""

    tables: Tables
    noise: Noise
    incidents: pd.DataFrame
    planted: tuple[Planted, ...]
    gaps: Gaps


def fit_area(tables: Tables, n_years: int) -> Noise:
    """Fit a noise to the incidents of an area.

    Raises
    ------
    BadInput
        If there are too few to say anything.
    """
    least = tables.area.parameters.min_area_incidents
    if len(tables.incidents) < least:
        raise BadInput(
            Problem(
                "incidents",
                f"Only {len(tables.incidents)} incidents can be used: too few to fit a noise to.",
                f"Give at least {least}.",
            )
        )
    return fit_noise(
        tables.incidents,
        {slug: HourProfile(*values) for slug, values in read_hour_profiles().items()},
        timezone=tables.area.timezone,
        n_years=n_years,
        cluster_gap_h=tables.area.parameters.cluster_gap_h,
    )


def plant_on(
    tables: Tables,
    noise: Noise,
    row: int,
    way: NDArray[np.int32],
    strength: int,
    rng: np.random.Generator,
) -> Planted | None:
    """Plant at one school on this way; None where there is no way or no teaching day."""
    timetable = tables.area.calendar.timetable(str(tables.schools["school_id"].iloc[row]))
    observed = noise.day[noise.day_weight > 0]
    first: date = observed[0].astype(object)
    last: date = observed[-1].astype(object)
    taught = timetable.teaching_days(first, last, assume_unknown=True)
    days = np.array(taught, "datetime64[D]")
    days = days[np.isin(days, observed)]
    if way.size == 0 or days.size == 0:
        return None
    precision, count = np.unique(noise.precision.astype(str), return_counts=True)
    usual = str(precision[np.argmax(count)])
    incidents = plant_incidents(
        tables.network,
        way,
        days,
        timetable.bells,
        strength,
        tables.area.timezone,
        None if usual == PlacePrecision.EXACT else (noise.xy, usual),
        rng,
    )
    return Planted(row, way, incidents)


def simulate_area(
    area_file: Path, out: Path, asked: Simulation, *, today: date, stages: Stages
) -> Simulated:
    """Simulate an area and write it.

    Parameters
    ----------
    area_file
        The area file.
    out
        The folder to make or replace.
    asked
        What to simulate.
    today
        Nothing later is read.
    stages
        Times the work.

    Raises
    ------
    BadInput
        With what cannot be used of what was given.
    OutputError
        When the folder cannot be written.
    """
    check_writable(out)
    tables = read_tables(
        area_file, as_of=None, today=today, stages=stages, cache_dir=street_cache_dir()
    )
    rows = _asked_rows(tables, asked)
    with stages.stage("fit", "Fitting the noise"):
        noise = _with_places(tables, fit_area(tables, asked.n_years), asked)
        gaps = _gaps(noise, asked)
    with stages.stage("draw", "Drawing incidents"):
        background = draw_noise(noise, tables.area.timezone, np.random.default_rng([asked.seed, 1]))
        planted = _plant(tables, noise, rows, asked)
        rng = np.random.default_rng([asked.seed, 7])
        background = background[is_kept(background, gaps, tables.area.timezone, rng)]
        planted = tuple(
            dataclasses.replace(
                one,
                incidents=one.incidents[is_kept(one.incidents, gaps, tables.area.timezone, rng)],
            )
            for one in planted
        )
        simulated = Simulated(tables, noise, _join(background, planted), planted, gaps)
    with stages.stage("write", "Writing"):
        write_simulated(area_file, out, simulated, asked)
    return simulated


def _with_places(tables: Tables, noise: Noise, asked: Simulation) -> Noise:
    """Make places as precise as is asked for."""
    if asked.is_exact and asked.is_anchored:
        raise BadInput(
            Problem("--anchors", "Places cannot be exact and anchored at once.", "Choose one.")
        )
    rng = np.random.default_rng([asked.seed, 4])
    if asked.is_exact:
        return with_addresses(noise, rng)
    if asked.is_anchored:
        lines = tables.network.segments.geometry.to_numpy()
        lines = lines[
            tables.network.length_m >= min(ANCHORED_STREET_M, tables.network.length_m.max())
        ]
        middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        return with_anchors(noise, shapely.get_coordinates(middles))
    return noise


def _gaps(noise: Noise, asked: Simulation) -> Gaps:
    observed = noise.day[noise.day_weight > 0]
    n_months = np.unique(observed.astype("datetime64[M]")).size
    if asked.n_missing_months >= n_months:
        raise BadInput(
            Problem(
                "--missing-months",
                f"The simulated time holds {n_months} months, and one must be left.",
                "Give fewer.",
            )
        )
    if not 0.0 <= asked.quiet_share <= 1.0:
        raise BadInput(
            Problem("--quiet-places", "It is no share from 0 to 1.", "Give 0.3 for three in ten.")
        )
    rng = np.random.default_rng([asked.seed, 8])
    return draw_gaps(observed, noise.xy, asked.n_missing_months, asked.quiet_share, rng)


def _asked_rows(tables: Tables, asked: Simulation) -> list[int]:
    known = {str(school): row for row, school in enumerate(tables.schools["school_id"])}
    unknown = sum(school not in known for school in asked.school_ids)
    if unknown:
        raise BadInput(
            Problem(
                "--school",
                f"{unknown} of the schools named are not in the area.",
                "Name them by their id, as `corridors check` lists them.",
            )
        )
    rows = list(dict.fromkeys(known[school] for school in asked.school_ids))
    if asked.n_planted + len(rows) > len(known):
        raise BadInput(
            Problem("--planted", f"The area has {len(known)} schools only.", "Plant at fewer.")
        )
    return rows


def _plant(tables: Tables, noise: Noise, rows: list[int], asked: Simulation) -> tuple[Planted, ...]:
    """Plant at the schools that were named, then at others in an order drawn by the seed."""
    n_all, seed = asked.n_planted + len(rows), asked.seed
    if n_all == 0:
        return ()
    index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
    gates = place_schools(tables, index)
    finder = WayFinder(tables.network, tables.is_covered)
    order = np.random.default_rng([seed, 2]).permutation(len(tables.schools)).tolist()
    planted: list[Planted] = []
    for row in [*rows, *(row for row in order if row not in rows)]:
        if len(planted) == n_all:
            break
        rng = np.random.default_rng([seed, 3, row])
        way = finder.draw(int(gates.segment[row]), WAY_M, rng)
        made = plant_on(tables, noise, row, way, asked.strength, rng)
        if made is not None:
            planted.append(made)
        elif row in rows:
            raise BadInput(
                Problem(
                    "--school",
                    "No way of a kilometre on covered streets leaves one of these schools, or it "
                    "never teaches in the simulated time.",
                    "Name another school, or mend its terms.",
                )
            )
    if len(planted) < n_all:
        raise BadInput(
            Problem(
                "--planted",
                f"Only {len(planted)} schools have a way of a kilometre and teaching days.",
                "Plant at fewer.",
            )
        )
    return tuple(planted)


def _join(background: pd.DataFrame, planted: Sequence[Planted]) -> pd.DataFrame:
    """Put all incidents in order of time; nothing in an id tells the planted ones."""
    both = pd.concat([background, *(one.incidents for one in planted)], ignore_index=True)
    both = both.sort_values(["starts_at", "x", "y"], kind="stable", ignore_index=True)
    both["incident_id"] = [f"simulated-{n + 1:06d}" for n in range(len(both))]
    both["line"] = np.arange(len(both)) + 2
    return both
