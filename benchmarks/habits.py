"""How often a patrol is proposed where places have hours of their own, and nothing is planted.

Run it with ``python -m benchmarks.habits tests/areas/portsmouth.toml --spread 0 0.25 0.5 1``. The
null of hours gives every place the hours of its category in the whole area; a place that is busy in
the afternoon on every day of the week, holidays too, then looks like an after-school excess.
``--fit AREA`` tells the spread that the exact times of another area show. Without an area it is the
bundled borough: few schools, so a wide interval.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.recall import CARRIES, clopper_pearson, read_place, with_incidents
from corridors.analysis.habits import draw_habits, fit_habit_spread
from corridors.analysis.simulating import draw_noise
from corridors.domain.vocabulary import TimePrecision
from corridors.pipeline.reading import read_tables, street_cache_dir
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stages import Stages

DEMO = Path(__file__).resolve().parents[1] / "data/demo/area.toml"
N_SHUFFLES = 200


def tell_fit(area_file: Path) -> None:
    """Tell the spread of an area's habits, and what chance alone would show."""
    today = date(2100, 1, 1)
    tables = read_tables(
        area_file, as_of=None, today=today, stages=Stages(), cache_dir=street_cache_dir()
    )
    exact = tables.incidents[tables.incidents["time_precision"] == TimePrecision.EXACT]
    spread = fit_habit_spread(exact, tables.area.timezone)
    rng, chance = np.random.default_rng(1), []
    for _ in range(N_SHUFFLES):
        moved = exact.copy()
        moved[["x", "y"]] = exact[["x", "y"]].to_numpy()[rng.permutation(len(exact))]
        chance.append(fit_habit_spread(moved, tables.area.timezone))
    low, high = np.quantile(chance, [0.5, 0.95])
    print(
        f"{tables.area.name}: spread {spread:.2f}; with places exchanged at random {low:.2f} in "
        f"the median, {high:.2f} in one of twenty"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("area", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--fit", type=Path, help="an area with exact times and places")
    parser.add_argument("--spread", type=float, nargs="+", default=[0.0, 0.25, 0.5, 1.0])
    parser.add_argument("--runs", type=int, default=3, help="draws for each spread")
    parser.add_argument("--exact", action="store_true", help="exact places instead of anchors")
    given = parser.parse_args()
    if given.fit:
        tell_fit(given.fit)
    place = read_place(given.area, is_exact=given.exact)
    for spread in given.spread:
        n = k = 0
        small: list[float] = []
        for seed in range(3000, 3000 + given.runs):
            habits = draw_habits(place.noise.xy, spread, np.random.default_rng([seed, 9]))
            incidents = draw_noise(
                place.noise, place.tables.area.timezone, np.random.default_rng([seed, 1]), habits
            )
            scored = score_tables(with_incidents(place, incidents, seed), Stages())
            tested = [one for one in scored.schools if one.test is not None]
            n += len(tested)
            k += sum(one.graded.grade in CARRIES for one in tested)
            small += [one.test.p for one in tested if one.test is not None]
        low, high = clopper_pearson(k, n)
        print(
            f"{place.name}, spread {spread:g}: {n} school-tests, {k} false patrols = {k / n:.2%} "
            f"(95 % {low:.2%} to {high:.2%}); p <= 0.05 in {np.mean(np.array(small) <= 0.05):.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
