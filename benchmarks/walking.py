"""Walk 1,200 m from 80 gates on 25,000 segments: beside networkx and scipy, in one run.

Run: ``python -m benchmarks.walking``
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.borough import make_borough
from corridors.analysis.matching import SegmentIndex
from corridors.analysis.walking import Adjacency, segment_reach, walk_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork

# The peers start at a node of their own beside the network, joined to both ends of the gate's
# segment: the same question as ours.


def networkx_graph(
    network: StreetNetwork, segment: NDArray[np.int32], position_m: NDArray[np.float64]
) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    edges = list(
        zip(network.u.tolist(), network.v.tolist(), network.length_m.tolist(), strict=True)
    )
    graph.add_weighted_edges_from(edges)
    graph.add_weighted_edges_from((v, u, m) for u, v, m in edges)
    for gate, (row, m) in enumerate(zip(segment.tolist(), position_m.tolist(), strict=True)):
        graph.add_edge(-1 - gate, int(network.u[row]), weight=m)
        graph.add_edge(-1 - gate, int(network.v[row]), weight=float(network.length_m[row]) - m)
    return graph


def scipy_graph(
    network: StreetNetwork, segment: NDArray[np.int32], position_m: NDArray[np.float64]
) -> coo_array:
    gate = network.n_nodes + np.arange(len(segment))
    u, v, m = network.u, network.v, network.length_m
    start = np.concatenate([u, v, gate, gate])
    end = np.concatenate([v, u, u[segment], v[segment]])
    long = np.concatenate([m, m, position_m, m[segment] - position_m])
    n = network.n_nodes + len(segment)
    return coo_array((np.maximum(long, 1e-12), (start, end)), shape=(n, n))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=1200.0, help="metres")
    parser.add_argument("--gates", type=int, default=80)
    parser.add_argument("--side", type=int, default=116, help="junctions along a side")
    arguments = parser.parse_args()
    limit_m, n_gates = arguments.limit, arguments.gates
    borough = make_borough(n_side=arguments.side, n_incidents=1000, n_schools=n_gates)
    network = borough.network
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    gates = index.nearest(borough.schools["x"], borough.schools["y"])
    segment, position_m = gates.segment, gates.position_m
    adjacency = Adjacency.build(network.u, network.v, network.length_m, network.n_nodes)
    slow = networkx_graph(network, segment, position_m)
    matrix = scipy_graph(network, segment, position_m).tocsr()
    sources = network.n_nodes + np.arange(n_gates)

    segment_reach(adjacency, segment[:1], position_m[:1], limit_m)  # compile
    calls: dict[str, Callable[[], object]] = {
        "walk_from": lambda: walk_from(adjacency, segment, position_m, limit_m),
        "segment_reach": lambda: segment_reach(adjacency, segment, position_m, limit_m),
        "scipy csgraph": lambda: dijkstra(matrix, indices=sources, limit=limit_m),
        "networkx": lambda: [
            nx.single_source_dijkstra_path_length(slow, -1 - gate, cutoff=limit_m)
            for gate in range(n_gates)
        ],
    }
    seconds = dict.fromkeys(calls, np.inf)
    for _ in range(7):  # turn by turn, so that all meet the same machine
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - start)

    nodes = walk_from(adjacency, segment, position_m, limit_m)
    dense = np.asarray(dijkstra(matrix, indices=sources, limit=limit_m))[:, : network.n_nodes]
    ours = np.full(dense.shape, np.inf)
    ours[nodes.source, nodes.node] = nodes.distance_m
    both = np.isfinite(ours) & np.isfinite(dense)
    n_wrong = int((np.isfinite(ours) != np.isfinite(dense)).sum())
    n_wrong += int((np.abs(ours[both] - dense[both]) > 1e-6).sum())
    print(f"{network.n_segments} segments, {n_gates} gates, {limit_m:.0f} m")
    print(f"{len(nodes.node) / n_gates:.0f} nodes a gate; {n_wrong} distances differ from scipy's")
    for name, took in seconds.items():
        ratio = took / seconds["walk_from"]
        print(f"{name:14s} {1e3 * took / n_gates:8.4f} ms a gate   {ratio:6.1f} times walk_from")
    print(f"answer: {(nodes.node.nbytes + nodes.distance_m.nbytes) / 1e6:.2f} MB; "
          f"scipy's dense one {dense.nbytes / 1e6:.1f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
