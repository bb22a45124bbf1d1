"""How often a patrol is proposed where nothing is, and how often a planted corridor is found.

Run it with ``python -m benchmarks.recall tests/areas/london-central.toml
tests/areas/portsmouth.toml``. The first area also gets the planted corridors. Both figures are
made with the same parameters: the defaults.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from corridors.analysis.evidence import adjust_for_schools
from corridors.analysis.noise import Noise, last_day, with_addresses
from corridors.analysis.planting import WayFinder
from corridors.analysis.simulating import draw_noise
from corridors.domain.calendar import Term
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Grade
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.simulation import WAY_M, fit_area, plant_on
from corridors.pipeline.stages import Stages

STRENGTHS = (10, 20, 30, 40, 60, 80, 120, 200)
BACKGROUND_SHARE = 1 / 3
CARRIES = (Grade.STRONG, Grade.MODERATE)
TERMS = [(9, 4, 10, 20), (10, 30, 12, 20), (1, 4, 2, 9), (2, 19, 3, 29), (4, 16, 5, 25),
         (6, 4, 7, 20)]  # fmt: skip
"""An ordinary English school year: month and day of the first and last day of each half-term."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """An area with the noise that was fitted to it."""

    name: str
    tables: Tables
    noise: Noise


def read_place(area_file: Path, *, is_exact: bool) -> Place:
    tables = read_tables(
        area_file,
        as_of=date(2100, 1, 1),
        today=date(2100, 1, 1),
        stages=Stages(),
        cache_dir=street_cache_dir(),
    )
    area = tables.area
    noise = fit_area(tables, 1)
    if is_exact:
        noise = with_addresses(noise, np.random.default_rng(9))
    end = last_day(noise)
    terms = tuple(
        Term(date(year, *term[:2]), date(year, *term[2:]))
        for year in range(end.year - 1, end.year + 1)
        for term in sorted(TERMS)
    )
    area = dataclasses.replace(
        area,
        calendar=dataclasses.replace(area.calendar, terms=terms),
        parameters=Parameters(as_of=end),
    )
    return Place(area.name, dataclasses.replace(tables, area=area), noise)


def with_incidents(
    place: Place, incidents: pd.DataFrame, seed: int, rows: NDArray[np.int64] | None = None
) -> Tables:
    """Put simulated incidents where read ones would be; keep the schools of these rows."""
    tables = place.tables
    schools = tables.schools if rows is None else tables.schools.iloc[rows].reset_index(drop=True)
    parameters = dataclasses.replace(tables.area.parameters, seed=seed)
    area = dataclasses.replace(tables.area, parameters=parameters)
    return dataclasses.replace(tables, incidents=incidents, schools=schools, area=area)


def draw(place: Place, seed: int) -> pd.DataFrame:
    return draw_noise(place.noise, place.tables.area.timezone, np.random.default_rng([seed, 1]))


def clopper_pearson(k: int, n: int) -> tuple[float, float]:
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return low, high


def p_values(scored: Scored) -> FloatArray:
    return np.array([np.nan if one.test is None else one.test.p for one in scored.schools])


def planted_row(
    place: Place, null: Scored, incidents: pd.DataFrame, strength: int, seed: int
) -> dict[str, object] | None:
    """Plant one corridor, test its school as one among all the area's, and compare."""
    rng = np.random.default_rng([seed, strength, 2])
    network, tables = place.tables.network, place.tables
    finder = WayFinder(network, tables.is_covered)
    known = np.flatnonzero([one.is_known and one.tree is not None for one in null.schools])
    base, scores = null.base, null.scores
    for row in rng.permutation(known):
        way = finder.draw(int(null.gates.segment[row]), WAY_M, rng)
        if way.size == 0:
            continue
        share = base.times[int(base.timetable_of_school[row])].share * scores.is_scored
        background = float((base.located.held @ base.located.sum_by_anchor(share))[way].sum())
        if background <= BACKGROUND_SHARE * strength:
            break
    else:
        return None
    planted = plant_on(tables, place.noise, int(row), way, strength, rng)
    if planted is None:
        return None
    both = pd.concat([incidents, planted.incidents], ignore_index=True)
    scored = score_tables(with_incidents(place, both, seed, np.array([row])), Stages())
    return _compare(place, null, scored, row, way, strength, background)


def _compare(
    place: Place,
    null: Scored,
    scored: Scored,
    row: int,
    way: NDArray[np.int32],
    strength: int,
    background: float,
) -> dict[str, object]:
    evidence = scored.schools[0]
    assert evidence.test is not None
    assert evidence.tree is not None
    p = p_values(null)
    p[row] = evidence.test.p
    adjusted = float(adjust_for_schools(p)[row])
    length_m = place.tables.network.length_m
    found = evidence.tree.segment[evidence.test.chosen]
    common_m = float(length_m[np.intersect1d(found, way)].sum())
    parameters = place.tables.area.parameters
    # Alone, the school was graded without the others: its grade is strong if p carries that far.
    carried = evidence.graded.grade in CARRIES and adjusted <= parameters.false_discovery_rate
    return {
        "strength": strength,
        "background": round(background, 1),
        "p": evidence.test.p,
        "p_adjusted": adjusted,
        "found": bool(carried),
        "lowered": evidence.graded.grade not in CARRIES,
        "overlap": common_m / float(length_m[way].sum()),
        "on_planted": common_m / float(length_m[found].sum()),
        "found_m": float(length_m[found].sum()),
    }


def run_null(place: Place, n_runs: int, first_seed: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for seed in range(first_seed, first_seed + n_runs):
        scored = score_tables(with_incidents(place, draw(place, seed), seed), Stages())
        tested = [one for one in scored.schools if one.test is not None]
        rows += [
            {"area": place.name, "seed": seed, "p": one.test.p, "grade": str(one.graded.grade)}
            for one in tested
            if one.test is not None
        ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="+", type=Path)
    parser.add_argument("--null-runs", type=int, default=6, help="draws of each area")
    parser.add_argument("--backgrounds", type=int, default=4)
    parser.add_argument("--plants", type=int, default=10, help="corridors a background, strength")
    parser.add_argument("--strengths", type=int, nargs="*", default=STRENGTHS)
    parser.add_argument("--exact", action="store_true", help="exact places instead of anchors")
    parser.add_argument("--out", type=Path, help="where to write every run, as JSON")
    given = parser.parse_args()
    begun = time.perf_counter()
    places = [read_place(path, is_exact=given.exact) for path in given.areas]
    for place in places:
        print(
            f"{place.name}: {place.noise.day_weight.sum():.0f} incidents a year, dispersion "
            f"{place.noise.dispersion:.2f}, {len(place.tables.schools)} schools"
        )
    null: list[dict[str, object]] = []
    for place in places:
        rows = run_null(place, given.null_runs, 1000)
        null += rows
        tell_null(place.name, rows)
    tell_null("all", null)
    planted: list[dict[str, object]] = []
    place = places[0]
    for seed in range(2000, 2000 + given.backgrounds):
        incidents = draw(place, seed)
        scored = score_tables(with_incidents(place, incidents, seed), Stages())
        for strength in given.strengths:
            for n in range(given.plants):
                made = planted_row(place, scored, incidents, strength, 100 * seed + n)
                if made is not None:
                    planted.append(made)
        print(f"  {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
    tell_planted(planted)
    if given.out:
        given.out.write_text(json.dumps({"null": null, "planted": planted}))


def tell_null(name: str, rows: list[dict[str, object]]) -> None:
    n, k = len(rows), sum(row["grade"] in CARRIES for row in rows)
    low, high = clopper_pearson(k, n)
    small = np.mean([float(str(row["p"])) <= 0.05 for row in rows]) if n else float("nan")
    print(
        f"null, {name}: {n} school-tests, {k} patrols proposed = {k / max(n, 1):.2%} "
        f"(95 % {low:.2%} to {high:.2%}); p <= 0.05 in {small:.1%}",
        flush=True,
    )


def tell_planted(rows: list[dict[str, object]]) -> None:
    print("strength  n  recall (95 %)  overlap of the found  of all  found on planted  background")
    for strength in sorted({int(str(row["strength"])) for row in rows}):
        here = [row for row in rows if row["strength"] == strength]
        found = [row for row in here if row["found"]]
        low, high = clopper_pearson(len(found), len(here))

        def mean(key: str, of: list[dict[str, object]]) -> float:
            return float(np.mean([float(str(row[key])) for row in of])) if of else float("nan")

        print(
            f"{strength:8d} {len(here):3d}  {len(found) / len(here):.2f} ({low:.2f}-{high:.2f})  "
            f"{mean('overlap', found):.2f}  {mean('overlap', here):.2f}  "
            f"{mean('on_planted', found):.2f}  {mean('background', here):.1f}"
        )


if __name__ == "__main__":
    main()
