"""Corridors and walks: how near to the best that is proven, and seconds, against the tree tracer.

Run it with ``python -m benchmarks.tracing`` for the generated borough, or with an area file for
real streets and what was recorded on them. ``--schools`` takes the first so many. Three kinds of
prizes: the need that the plan gathers, weight as it lies on every street, and random ones. "Near"
are the surroundings of at most 150 segments, with a corridor as long as they reach.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.borough import make_borough
from benchmarks.week import make_tables
from corridors.analysis.corridor_bounding import PROVEN
from corridors.analysis.corridor_solver import FAST, FULL, solve_corridor
from corridors.analysis.patrol_walk import shortest_walk
from corridors.analysis.tracing import trace_corridor
from corridors.analysis.walk_tree import WalkTree, walk_order
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.pipeline.reading import Tables, read_tables
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stages import Stages

FloatArray = NDArray[np.float64]
NEAR_SEGMENTS = 150
NEAR_STEP_M = 25.0
LENGTH_M = 1200.0
KINDS = ("need", "weight", "random", "need, near", "weight, near", "random, near")


@dataclass(frozen=True)
class Case:
    """One school's surroundings, with prizes, and the length of its corridor."""

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    tree: WalkTree
    prize: FloatArray
    budget_m: float


def cut_tree(tree: WalkTree, budget_m: float) -> tuple[WalkTree, NDArray[np.int64]]:
    """Keep what can be reached and walked within a length; parents stay before children."""
    kept = tree.distance_m + tree.length_m <= budget_m
    kept[0] = True
    for row in range(1, kept.size):
        kept[row] &= kept[tree.parent[row]]
    rows = np.flatnonzero(kept)
    number = np.cumsum(kept) - 1
    parent = np.where(tree.parent[rows] >= 0, number[tree.parent[rows]], -1).astype(np.int32)
    return (
        WalkTree(
            tree.segment[rows], parent, tree.length_m[rows], tree.distance_m[rows],
            tree.near_node[rows],
        ),
        rows,
    )  # fmt: skip


def near_of(tree: WalkTree) -> tuple[WalkTree, NDArray[np.int64], float]:
    """Keep the widest surroundings of few segments."""
    reach_m = LENGTH_M
    while True:
        near, rows = cut_tree(tree, reach_m)
        if rows.size <= NEAR_SEGMENTS or reach_m <= NEAR_STEP_M:
            return near, rows, reach_m
        reach_m -= NEAR_STEP_M


def cases_of(
    network: StreetNetwork, tree: WalkTree, need: FloatArray, weight: FloatArray, seed: int
) -> Iterator[tuple[str, Case]]:
    """Give one school with each kind of prize, and its near surroundings."""
    rng = np.random.default_rng(seed)
    random = np.where(rng.random(need.size) < 0.3, rng.pareto(1.5, need.size), 0.0)
    u, v = network.u[tree.segment], network.v[tree.segment]
    near, rows, reach_m = near_of(tree)
    for name, prize in (("need", need), ("weight", weight), ("random", random)):
        if prize.sum() > 0:
            yield name, Case(u, v, tree, prize, LENGTH_M)
        if prize[rows].sum() > 0:
            yield f"{name}, near", Case(u[rows], v[rows], near, prize[rows], reach_m)


def measure(case: Case) -> dict[str, float]:
    """Solve one case in every way."""
    tree, prize = case.tree, case.prize
    traced = trace_corridor(tree.parent, tree.length_m, prize, case.budget_m)
    given = (case.u, case.v, tree.length_m, prize, 0, case.budget_m)
    start = time.process_time()
    fast = solve_corridor(*given, work=FAST, start=traced)
    fast_s = time.process_time() - start
    start = time.process_time()
    full = solve_corridor(*given, work=FULL, start=traced)
    full_s = time.process_time() - start
    start = time.process_time()
    walk = shortest_walk(case.u, case.v, tree.length_m, full.chosen, 0)
    walk_s = time.process_time() - start
    # the walks of before, over a corridor of the tree
    before_m = float(tree.length_m[walk_order(tree, traced)].sum())
    now = shortest_walk(case.u, case.v, tree.length_m, traced, 0)
    return {
        "segments": prize.size,
        "tracer off": 1 - float(prize[traced].sum()) / full.bound,
        "fast off best": 1 - fast.prize / full.prize,
        "gap": full.gap,
        # What lies beyond the last point that earns its length is cut off on purpose.
        "gap uncut": 1 - full.uncut_prize / full.bound,
        "fast s": fast_s,
        "full s": full_s,
        "walk gap": 1 - walk.bound_m / walk.length_m,
        "walk / length": walk.length_m / float(tree.length_m[full.chosen].sum()),
        "walk before": before_m / now.length_m,
        "walk s": walk_s,
    }


def load(area_file: Path | None, schools: int) -> Tables:
    """Read an area, or make the borough, with a quick null: the test is not measured here."""
    if area_file is None:
        borough = make_borough()
        parameters = Parameters(seed=1, as_of=date(2026, 9, 7), n_null_runs=99)
        tables = make_tables(borough, parameters)
    else:
        tables = read_tables(
            area_file, as_of=None, today=date(2026, 9, 7), stages=Stages(), cache_dir=None
        )
    return dataclasses.replace(tables, schools=tables.schools.iloc[:schools])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("area", type=Path, nargs="?", help="an area file")
    parser.add_argument("--schools", type=int, default=80)
    parser.add_argument("--kinds", default="; ".join(KINDS))
    given = parser.parse_args()
    tables = load(given.area, given.schools)
    scored = score_tables(tables, Stages())
    rows: list[dict[str, str | float]] = []
    for number, evidence in enumerate(scored.schools):
        if evidence.tree is None or evidence.test is None:
            continue
        weight = evidence.test.mass
        for kind, case in cases_of(tables.network, evidence.tree, evidence.need, weight, number):
            if kind in given.kinds.split("; "):
                if not rows:
                    measure(case)  # compiles
                rows.append({"prizes": kind, **measure(case)})
    table = pd.DataFrame(rows)
    pd.set_option("display.width", 160)
    for kind in table["prizes"].unique():
        part = table[table["prizes"] == kind]
        n_proven = int((part["gap uncut"] <= PROVEN).sum())
        print(
            f"\n{kind}: {len(part)} schools, {n_proven} proven; the tree tracer (greedy) "
            f"is {part['tracer off'].median():.1%} below the bound in the median, the fast answer "
            f"{1 - ((1 - part['fast off best']) * (1 - part['gap'])).median():.1%}, "
            f"the thorough one {part['gap'].median():.1%}, and {part['gap'].max():.1%} at worst"
        )
        told = part.drop(columns="prizes").quantile([0.0, 0.5, 0.9, 1.0]).T
        print(told.round(4).to_string(header=["least", "median", "9 in 10", "most"]))


if __name__ == "__main__":
    main()
