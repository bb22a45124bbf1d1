"""Walk the pupils of 80 schools to 2,000 stops on 25,000 segments, beside networkx.

Run: ``python -m benchmarks.footfall``
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from benchmarks.borough import make_borough
from corridors.analysis.footfall import Footfall, footfall_of
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import Gates, place_gates, walk_trees
from corridors.domain.destinations import DESTINATION_KINDS, Destinations
from corridors.domain.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridors.analysis.walk_tree import WalkTree
    from corridors.domain.network import StreetNetwork

SLOW_SCHOOLS = 3


def random_stops(network: StreetNetwork, n_stops: int, rng: np.random.Generator) -> Destinations:
    """Scatter stops over the streets, and homes at every tenth junction."""
    west, south, east, north = network.segments.total_bounds
    homes = network.node_xy[::10]
    x = np.concatenate([rng.uniform(west, east, n_stops), homes[:, 0]])
    y = np.concatenate([rng.uniform(south, north, n_stops), homes[:, 1]])
    kinds = [DESTINATION_KINDS.index(kind) for kind in ("stops", "homes")]
    return Destinations(
        kind=np.repeat(kinds, [n_stops, len(homes)]).astype(np.int64),
        x=x,
        y=y,
        outline=np.full(len(x), None, object),
        weight=np.ones(len(x)),
    )


def slow_walks(network: StreetNetwork, gates: Gates, rows: list[int], reach_m: float) -> None:
    """Only the shortest walks and their paths, which is the least that a peer has to do."""
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    graph.add_weighted_edges_from(
        zip(network.u.tolist(), network.v.tolist(), network.length_m.tolist(), strict=True)
    )
    for row in rows:
        nx.single_source_dijkstra(graph, int(network.u[gates.segment[row]]), cutoff=reach_m)


def share_all(footfall: Footfall, trees: list[WalkTree | None], rows: list[int]) -> float:
    total = 0.0
    for row in rows:
        tree = trees[row]
        if tree is not None:
            total += float(footfall.share(row, tree)[0])
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=80)
    parser.add_argument("--stops", type=int, default=2000)
    parser.add_argument("--side", type=int, default=116, help="junctions along a side")
    arguments = parser.parse_args()
    n_schools = arguments.schools
    borough = make_borough(n_side=arguments.side, n_incidents=1000, n_schools=n_schools)
    network, parameters = borough.network, Parameters()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    gates = place_gates(network, index, borough.schools, parameters)
    trees = walk_trees(network, gates, parameters)
    rows = [row for row, tree in enumerate(trees) if tree is not None]
    stops = random_stops(network, arguments.stops, np.random.default_rng(0))
    share_all(footfall_of(network, index, gates, stops, parameters), trees, rows[:1])  # compile
    few = rows[:SLOW_SCHOOLS]
    made: list[Footfall] = []
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "destinations onto the streets": (
            lambda: made.append(footfall_of(network, index, gates, stops, parameters)),
            len(rows),
        ),
        "footfall of every school": (lambda: share_all(made[-1], trees, rows), len(rows)),
        "networkx, the walks alone": (
            lambda: slow_walks(network, gates, few, parameters.footfall_reach_m),
            len(few),
        ),
    }
    print(
        f"{network.n_segments:,} segments, {len(rows)} schools, {len(stops):,} destinations, "
        f"reach {parameters.footfall_reach_m:,.0f} m"
    )
    for name, (call, n) in calls.items():
        start, cpu = time.perf_counter(), time.process_time()
        call()
        seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu
        print(f"{name:32} {seconds:8.3f} s ({cpu_s:.3f} s of CPU) for {n} schools")


if __name__ == "__main__":
    main()
