"""Seconds of one fold of a hold-out, by part, on a generated borough.

Run: ``python -m benchmarks.evaluation [--side 60] [--incidents 20000]``
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.borough import make_borough
from corridors.analysis.forecasts import OURS, Streets, choose_corridors, make_forecasts
from corridors.analysis.holdout import LENGTH_SHARES, hit_intervals, top_parts
from corridors.analysis.predictors import middles_of
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.tracing import TraceRule
from corridors.domain.parameters import Parameters
from corridors.pipeline.held_out import place_incidents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=60)
    parser.add_argument("--incidents", type=int, default=20_000)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    borough = make_borough(n_side=asked.side, n_incidents=asked.incidents, n_schools=40)
    network, parameters = borough.network, Parameters()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    covered = np.ones(network.n_segments, np.bool_)
    gates = place_gates(network, index, borough.schools, parameters)
    trees = [tree for tree in walk_trees(network, gates, parameters) if tree is not None]
    streets = Streets(network, middles_of(network), covered, parameters.kernel)
    length_m = network.length_m
    budgets_m = [share * float(length_m.sum()) for share in LENGTH_SHARES]
    print(f"{network.n_segments} segments, {asked.incidents} incidents, {len(trees)} schools")
    shown: dict[str, np.ndarray] = {}
    for attempt in ("first, with compilation", "again"):
        marks = [time.perf_counter()]
        places = place_incidents(index, borough.incidents, covered, parameters)
        marks.append(time.perf_counter())
        days = places.nearest.age_days
        cut = float(np.quantile(days, 0.8))
        known = places.nearest.weighed((days < cut).astype(np.float64))
        forecasts, _ = make_forecasts(streets, {"all": known}, None, "all", cut - days.min(), rng)
        marks.append(time.perf_counter())
        mass = forecasts[OURS] * length_m
        rule, budget_m = TraceRule.of(parameters), parameters.corridor_length_m
        choose_corridors(trees, mass, length_m, budget_m, budgets_m[-1], rule)
        marks.append(time.perf_counter())
        test = places.nearest.weighed((days >= cut).astype(np.float64)).mass(network.n_segments)
        for method, density in forecasts.items():
            parts = top_parts(density, length_m, covered, budgets_m)
            shown[method], _ = hit_intervals(test, parts, round(test.sum()), 1000, rng)
        marks.append(time.perf_counter())
        words = ("placing", "all forecasts", "one method's corridors", "hit rates, 1,000 runs")
        spent = np.diff(marks)
        print(attempt, *(f"{w} {s:.2f} s" for w, s in zip(words, spent, strict=True)), sep="; ")
    for method in (OURS, "past_count", "planar_grid_250m", "network_kernel_200m"):
        print(f"{method:22}", *(f"{hit:.3f}" for hit in shown[method]))


if __name__ == "__main__":
    main()
