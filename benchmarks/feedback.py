"""How far a plan drifts when patrols change the record that the next plan is made from.

Run it with ``python -m benchmarks.feedback`` on the bundled borough, or name an area file (and
``--apart 1000`` where schools are many). Nothing in it happened: true harm is simulated and never
changes; what patrols add to the record is assumed, and so varied.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from benchmarks.feedback_chart import draw_chart
from benchmarks.recall import TERMS
from corridors.analysis.feedback import PatrolEffect, length_overlap, ranking_tau
from corridors.analysis.noise import Noise, last_day, with_addresses
from corridors.domain.calendar import Term
from corridors.domain.parameters import Parameters
from corridors.pipeline.feedback import Arm, Drift, run_arm
from corridors.pipeline.feedback_world import Harm, World, make_world
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.simulation import fit_area
from corridors.pipeline.stages import Stages

DEMO = Path(__file__).resolve().parents[1] / "data/demo/area.toml"
PER_H, RISE, REPORTED_SHARE = 0.2, 0.2, 0.5
"""Assumed: one record in five patrol hours, a fifth more reports near a patrol, half reported."""


def _arm(per_h: float, rise: float, *, scored: bool) -> Arm:
    return Arm(effect=PatrolEffect(per_h, rise, REPORTED_SHARE), score_discovered=scored)


ARMS = {
    "unscored, no patrols": _arm(0.0, 0.0, scored=False),
    "unscored": _arm(PER_H, 0.0, scored=False),
    "unscored, reports rise": _arm(PER_H, RISE, scored=False),
    "scored, no patrols": _arm(0.0, 0.0, scored=True),
    "scored": _arm(PER_H, 0.0, scored=True),
    "scored, reports rise": _arm(PER_H, RISE, scored=True),
}
RANGE = {
    "scored, 0.05 an hour": _arm(0.05, 0.0, scored=True),
    "scored, 1 an hour": _arm(1.0, 0.0, scored=True),
    "unscored, reports rise by half": _arm(PER_H, 0.5, scored=False),
}
MEASURES = ("made_share", "beside", "beside_tau", "patrolled_km", "planted_share", "overlap", "tau",
            "n_patrolled", "n_false", "n_ended", "patrol_h")  # fmt: skip

Runs = list[dict[str, object]]


def read_place(area_file: Path, apart_m: float, *, is_exact: bool) -> tuple[Tables, Noise]:
    """Read an area, with an ordinary English school year, and fit two years of noise to it."""
    tables = read_tables(
        area_file,
        as_of=date(2100, 1, 1),
        today=date(2100, 1, 1),
        stages=Stages(),
        cache_dir=street_cache_dir(),
    )
    noise = fit_area(tables, 2)
    if is_exact:
        noise = with_addresses(noise, np.random.default_rng(9))
    end = last_day(noise)
    terms = tuple(
        Term(date(year, *term[:2]), date(year, *term[2:]))
        for year in range(end.year - 2, end.year + 1)
        for term in sorted(TERMS)
    )
    schools = tables.schools
    schools = schools.iloc[_far_apart(schools[["x", "y"]].to_numpy(np.float64), apart_m)]
    area = dataclasses.replace(
        tables.area,
        calendar=dataclasses.replace(tables.area.calendar, terms=terms),
        parameters=Parameters(as_of=end),
    )
    return dataclasses.replace(tables, area=area, schools=schools.reset_index(drop=True)), noise


def _far_apart(xy: NDArray[np.float64], apart_m: float) -> list[int]:
    """Keep schools, in their order, that are this far from all that are kept."""
    kept: list[int] = []
    for row, here in enumerate(xy):
        if all(np.hypot(*(here - xy[other])) >= apart_m for other in kept):
            kept.append(row)
    return kept


def run_seed(world: World, arms: Mapping[str, Arm], seed: int) -> Runs:
    """Run every arm of one seed, and hold each against the one without patrols."""
    length_m = world.tables.network.length_m
    rows: Runs = []
    without: dict[bool, list[Drift]] = {}
    for name, arm in arms.items():
        weeks = run_arm(world, arm)
        beside = without.setdefault(arm.score_discovered, weeks)
        for number, (week, other) in enumerate(zip(weeks, beside, strict=True), 1):
            rows.append(
                {
                    "seed": seed,
                    "arm": name,
                    "number": number,
                    "week": str(week.week),
                    "beside": length_overlap(week.patrolled, other.patrolled, length_m),
                    "beside_tau": ranking_tau(week.score, other.score),
                    "patrolled_km": week.patrolled_m / 1000.0,
                    **{
                        key: getattr(week, key)
                        for key in MEASURES
                        if key not in {"beside", "beside_tau", "patrolled_km"}
                    },
                }
            )
    return rows


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Give the mean over seeds and its 95 % interval (Student's t); NaN values are left out."""
    known = np.array([one for one in values if np.isfinite(one)])
    if known.size == 0:
        return (float("nan"),) * 3
    mean = float(known.mean())
    if known.size < 2:
        return mean, float("nan"), float("nan")
    half = float(student.ppf(0.975, known.size - 1) * known.std(ddof=1) / np.sqrt(known.size))
    return mean, mean - half, mean + half


def at_week(runs: Runs, arm: str, number: int, key: str) -> tuple[float, float, float]:
    """Give mean and interval of a measure in one week of one arm."""
    return mean_interval(
        [float(str(row[key])) for row in runs if row["arm"] == arm and row["number"] == number]
    )


def tell(runs: Runs, number: int) -> None:
    """Print the figures of one week as a table in Markdown."""
    print(f"\nWeek {number}")
    print("| arm | " + " | ".join(MEASURES) + " |")
    print("|" + "---|" * (len(MEASURES) + 1))
    for arm in dict.fromkeys(str(row["arm"]) for row in runs):
        cells = []
        for key in MEASURES:
            mean, low, high = at_week(runs, arm, number, key)
            cells.append(f"{mean:.2f}" + (f" ({low:.2f}-{high:.2f})" if low != high else ""))
        print(f"| {arm} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("area", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--apart", type=float, default=0.0, help="least metres between schools")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--weeks", type=int, default=20)
    parser.add_argument("--lasting", type=int, default=2, help="schools with lasting harm")
    parser.add_argument("--ended", type=int, default=2, help="schools where harm has ended")
    parser.add_argument(
        "--ended-days", type=int, default=210, help="how long before the first week"
    )
    parser.add_argument("--strength", type=int, default=60, help="recorded a year on each")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=[*ARMS, *RANGE])
    parser.add_argument("--range", action="store_true", help="all arms, lower and higher rates too")
    parser.add_argument("--exact", action="store_true", help="exact places instead of anchors")
    parser.add_argument("--out", type=Path, help="where to write every week, as JSON")
    parser.add_argument("--chart", type=Path, help="where to draw the chart, as SVG")
    parser.add_argument("--again", type=Path, nargs="*", help="runs to read instead of making any")
    given = parser.parse_args()
    if given.again:
        runs: Runs = [
            row for path in given.again for row in json.loads(path.read_text(encoding="utf-8"))
        ]
    else:
        runs = make_runs(given)
    weeks = max(int(str(row["number"])) for row in runs)
    for number in (1, weeks):
        tell(runs, number)
    if given.out:
        given.out.write_text(json.dumps(runs), encoding="utf-8")
    if given.chart:
        given.chart.write_text(draw_chart(runs), encoding="utf-8")


def make_runs(given: argparse.Namespace) -> Runs:
    begun = time.perf_counter()
    tables, noise = read_place(given.area, given.apart, is_exact=given.exact)
    arms = {**ARMS, **RANGE}
    if not given.range:
        arms = {name: arms[name] for name in given.arms}
    print(
        f"{tables.area.name}: {len(tables.schools)} schools, {given.strength} a year planted at "
        f"{given.lasting + given.ended}, ended {given.ended_days} days before at {given.ended}; "
        f"{given.weeks} weeks, {given.seeds} seeds"
    )
    harm = Harm(
        n_lasting=given.lasting,
        n_ended=given.ended,
        ended_days=given.ended_days,
        strength=given.strength,
        reported_share=REPORTED_SHARE,
    )
    runs: Runs = []
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        world = make_world(
            tables,
            noise,
            harm,
            n_weeks=given.weeks,
            seed=seed,
        )
        runs += run_seed(world, arms, seed)
        print(f"  seed {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
        if given.out:
            given.out.write_text(json.dumps(runs), encoding="utf-8")
    return runs


if __name__ == "__main__":
    main()
