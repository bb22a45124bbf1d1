"""All forecasts of one moment: what each method says of every segment, from the same past."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.analysis.mixture import Mixture, fit_mixture
from corridors.analysis.predictors import (
    Past,
    count_density,
    gaussian_density,
    grid_density,
    network_density,
    planar_density,
    prospective_weight,
    random_density,
)
from corridors.analysis.tracing import TraceRule, trace_corridor
from corridors.analysis.walk_tree import WalkTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork

__all__ = [
    "HINDSIGHT",
    "NETWORK_REACHES_M",
    "OURS",
    "RANDOM",
    "SPREAD_COUNT",
    "Streets",
    "choose_corridors",
    "is_baseline",
    "make_forecasts",
]

OURS = "mixture"
RANDOM = "random"
HINDSIGHT = "best_in_hindsight"
SPREAD_COUNT = "past_count_spread"
NETWORK_REACHES_M = (100.0, 200.0, 300.0)
PLANAR_REACH_M = 200.0
PLANAR_DEVIATION_M = 200.0
PROSPECTIVE_REACH_M = 200.0
GRID_CELLS_M = (250.0, 100.0)

FIRST_BRANCHES = 400
"""First branches that a corridor's tracing tries here, for every method: each school is traced
once, not a thousand times, and fewer end on near-empty streets (docs/evaluation.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The streets as forecasts need them.

    Parameters
    ----------
    network
        The streets.
    middles
        ``(n_segments, 2)`` points halfway along.
    is_counted
        ``(n_segments,)`` covered by the sources.
    kernel
        Shape of the network kernels.
    """

    network: StreetNetwork
    middles: NDArray[np.float64]
    is_counted: NDArray[np.bool_]
    kernel: str


def is_baseline(method: str) -> bool:
    """Tell what an analyst could do without us from our method, its own part and hindsight."""
    return method not in {OURS, HINDSIGHT, SPREAD_COUNT}


def make_forecasts(
    streets: Streets,
    pasts: Mapping[str, Past],
    spread: Mapping[str, Past] | None,
    aim: str,
    month_days: float,
    rng: np.random.Generator,
) -> tuple[dict[str, NDArray[np.float64]], Mixture]:
    """Let every method say where the incidents will be.

    Parameters
    ----------
    streets
        The streets.
    pasts
        Weighings of the past by name, incidents on the nearest segment: the baselines know these.
    spread
        The same with incidents spread over their radius, which our method then knows instead.
    aim
        Name of the weighing that is to be foreseen.
    month_days
        Days of the last month.
    rng
        Seeded.

    Returns
    -------
    forecasts, mixture
        ``(n_segments,)`` density by method, and the fitted mixture.
    """
    network, past = streets.network, pasts[aim]
    found = {RANDOM: random_density(network), "past_count": count_density(network, past)}
    for name, other in pasts.items():
        if name != aim:
            found[f"past_count_{name}"] = count_density(network, other)
    recent = past.weighed(np.where(past.age_days <= month_days, past.weight, 0.0))
    found["last_month_count"] = count_density(network, recent)
    corner = (float(streets.middles[:, 0].min()), float(streets.middles[:, 1].min()))
    for cell_m in GRID_CELLS_M:
        cells = grid_density(streets.middles, past, cell_m, corner)
        found[f"planar_grid_{cell_m:g}m"] = cells
    planar = planar_density(streets.middles, past, PLANAR_REACH_M)
    found[f"planar_kernel_{PLANAR_REACH_M:g}m"] = planar
    smooth = gaussian_density(streets.middles, past, PLANAR_DEVIATION_M)
    found[f"planar_gaussian_{PLANAR_DEVIATION_M:g}m"] = smooth
    for reach_m in NETWORK_REACHES_M:
        along = network_density(network, past, reach_m, streets.kernel)
        found[f"network_kernel_{reach_m:g}m"] = along
    found["prospective_network"] = network_density(
        network,
        past.weighed(prospective_weight(past)),
        PROSPECTIVE_REACH_M,
        streets.kernel,
    )
    if spread is not None:
        found[SPREAD_COUNT] = count_density(network, spread[aim])
    mixture = fit_mixture(network, spread or pasts, aim, streets.is_counted, streets.kernel, rng)
    found[OURS] = mixture.density
    return found, mixture


def choose_corridors(
    trees: Sequence[WalkTree],
    mass: NDArray[np.float64],
    length_m: NDArray[np.float64],
    budget_m: float,
    most_m: float,
    rule: TraceRule,
) -> list[NDArray[np.int32]]:
    """Trace one corridor a school, and put first what adds most per metre.

    Parameters
    ----------
    trees
        What can be walked from each gate.
    mass
        ``(n_segments,)`` forecast; 0 where nothing is known. Like a plan's, a corridor gathers
        what is over the expected: here `earning_share` of an even spread, so that a forecast
        which says a little of every street is not led along empty ones.
    length_m
        ``(n_segments,)`` counted length; 0 where not covered.
    budget_m
        Length of one corridor.
    most_m
        Enough of them together.
    rule
        Branches and ends of a corridor; more first branches are tried than a plan tries.

    Returns
    -------
    list of array
        Rows of the segments of each corridor. One that adds nothing is left out.
    """
    rule = rule._replace(first_branches=max(FIRST_BRANCHES, rule.first_branches))
    even = float(mass.sum()) / max(float(length_m.sum()), 1.0)
    prize = np.maximum(mass - rule.earning_share * even * length_m, 0.0)
    traced = []
    for tree in trees:
        chosen = trace_corridor(tree.parent, tree.length_m, prize[tree.segment], budget_m, rule)
        traced.append(tree.segment[chosen])
    is_taken = np.zeros(len(mass), np.bool_)

    def gain(school: int) -> float:
        new = traced[school][~is_taken[traced[school]]]
        return float(mass[new].sum() / max(length_m[new].sum(), 1.0))

    # What a corridor adds only ever falls by much: look again at the best before taking it.
    queue = [(-gain(school), school) for school in range(len(traced))]
    heapq.heapify(queue)
    order: list[NDArray[np.int32]] = []
    held_m = 0.0
    while queue and held_m < most_m:
        _, school = heapq.heappop(queue)
        now = gain(school)
        if now <= 0.0:
            continue
        if queue and now < -queue[0][0]:
            heapq.heappush(queue, (-now, school))
            continue
        new = traced[school][~is_taken[traced[school]]]
        is_taken[new] = True
        held_m += float(length_m[new].sum())
        order.append(new)
    return order
