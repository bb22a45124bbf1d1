"""Pieces between crossings, joined at nodes: the town as a graph, ready to be written as ways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely import LineString

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo_generator.geometry import Warp
    from data.demo_generator.layout import Street

__all__ = ["Network", "build_network"]

_GRID_M = 0.25
_STUB_M = 16.0
_LOOSE_ENDS = frozenset(
    {"alley", "crossing", "tunnel", "platform", "ramp", "station_road", "buses"}
)
_APART = frozenset({"bypass", "pier"})


@dataclass(frozen=True)
class Network:
    """Pieces of street between nodes, bent into their final place."""

    node_xy: NDArray[np.float64]
    """``(n_nodes, 2)`` metres from the market cross."""
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    lines: list[LineString]
    source: NDArray[np.int64]
    """Row of `streets` that each piece is a part of; pieces of one row lie in its order."""
    streets: list[Street]

    @cached_property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each piece."""
        return np.asarray(shapely.length(np.array(self.lines)), dtype=np.float64)

    def of_pieces(self, attribute: str) -> NDArray[np.str_]:
        """Give each piece's ``kind`` or ``highway``."""
        return np.array([getattr(self.streets[row], attribute) for row in self.source])

    @cached_property
    def walkable(self) -> NDArray[np.bool_]:
        """Tell which pieces may be walked."""
        private = np.array(
            [self.streets[row].tags.get("access") == "private" for row in self.source]
        )
        return (self.of_pieces("highway") != "motorway") & ~private

    def n_segments(self) -> int:
        """Count the walkable segments between junctions: a node of two pieces is no junction."""
        keep = self.walkable
        degree = np.bincount(np.concatenate([self.u[keep], self.v[keep]]))
        return int(keep.sum() - (degree == 2).sum())

    def distance_from(self, nodes: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """Give the walking distance in metres from the nearest of some nodes to every node."""
        return np.asarray(
            dijkstra(self.graph, directed=False, indices=np.atleast_1d(nodes), min_only=True)
        )

    def walk(self, start: int, end: int) -> list[int]:
        """List the pieces of the shortest walk between two nodes."""
        reached, before = dijkstra(
            self.graph,
            directed=False,
            indices=np.array([start]),
            return_predecessors=True,
            min_only=True,
        )[:2]
        if not np.isfinite(reached[end]):
            raise ValueError("no walk between these nodes")
        nodes = [end]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        pieces = []
        for first, last in zip(nodes[::-1], nodes[::-1][1:], strict=False):
            meets = ((self.u == first) & (self.v == last)) | ((self.u == last) & (self.v == first))
            found = np.flatnonzero(meets & self.walkable)
            pieces.append(int(found[np.argmin(self.length_m[found])]))
        return pieces

    @cached_property
    def graph(self) -> csr_array:
        """Walking distances in metres between neighbouring nodes."""
        keep = self.walkable & (self.u != self.v)
        low, high = np.minimum(self.u, self.v)[keep], np.maximum(self.u, self.v)[keep]
        length = self.length_m[keep]
        # Of two pieces between the same nodes the shorter one is walked; csr would add them.
        order = np.lexsort((length, high, low))
        low, high, length = low[order], high[order], length[order]
        first = np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)]
        n = len(self.node_xy)
        return csr_array((length[first], (low[first], high[first])), shape=(n, n))


def build_network(streets: list[Street], warp: Warp) -> Network:
    """Join drawn streets where they meet on one layer; bridges and tunnels join others at ends."""
    layer = np.array([int(street.tags.get("layer", "0")) for street in streets])
    apart = np.array([street.kind in _APART for street in streets])
    pieces: list[LineString] = []
    source: list[int] = []
    for level in (0, 1, -1):
        on_level, of_street = _noded(streets, np.flatnonzero((layer == level) & ~apart))
        pieces += on_level
        source += of_street
    for row in np.flatnonzero(apart):
        pieces.append(shapely.set_precision(streets[row].line, _GRID_M))
        source.append(int(row))
    return _assemble(pieces, np.array(source), streets, warp)


def _noded(streets: list[Street], rows: NDArray[np.int64]) -> tuple[list[LineString], list[int]]:
    lines = np.array([streets[row].line for row in rows])
    noded = shapely.get_parts(shapely.unary_union(lines, grid_size=_GRID_M))
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    found, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=1.5)
    # The street drawn first wins: main roads come before what was drawn up to them.
    order = np.lexsort((line, found))
    kept, first = np.unique(found[order], return_index=True)
    source = rows[line[order][first]]
    return list(noded[kept]), [int(row) for row in source]


def _assemble(
    pieces: list[LineString], source: NDArray[np.int64], streets: list[Street], warp: Warp
) -> Network:
    """Trim loose ends, keep what hangs together, and put pieces in a fixed order."""
    ends = np.array([shapely.get_coordinates(piece)[[0, -1]] for piece in pieces])
    keys = np.round(ends.reshape(-1, 2) / _GRID_M).astype(np.int64)
    _, node = np.unique(keys, axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    length = np.array([piece.length for piece in pieces])
    kind = np.array([streets[row].kind for row in source])
    loose = np.isin(kind, list(_LOOSE_ENDS)) | (length < _STUB_M)
    keep = node[:, 0] != node[:, 1]
    while True:
        degree = np.bincount(node[keep].ravel(), minlength=node.max() + 1)
        dangling = keep & loose & (degree[node] == 1).any(axis=1) & ~np.isin(kind, list(_APART))
        if not dangling.any():
            break
        keep &= ~dangling
    keep &= _main_part(node, length, keep) | np.isin(kind, list(_APART))
    along = np.array(
        [
            streets[row].line.project(piece.interpolate(0.5, normalized=True))
            for piece, row in zip(pieces, source, strict=True)
        ]
    )
    order = [int(n) for n in np.lexsort((along, source)) if keep[n]]
    return _bend(order, pieces, node, source, streets, warp)


def _main_part(
    node: NDArray[np.int64], length: NDArray[np.float64], keep: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    n = int(node.max()) + 1
    graph = csr_array((np.ones(keep.sum()), (node[keep, 0], node[keep, 1])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    piece_part = part[node[:, 0]]
    total = np.bincount(piece_part[keep], weights=length[keep])
    return np.asarray(piece_part == np.argmax(total))


def _bend(
    order: list[int],
    pieces: list[LineString],
    node: NDArray[np.int64],
    source: NDArray[np.int64],
    streets: list[Street],
    warp: Warp,
) -> Network:
    bent = []
    for n in order:
        line = pieces[n]
        middle_first = streets[source[n]].line.project(line.interpolate(0, normalized=True))
        middle_last = streets[source[n]].line.project(line.interpolate(1, normalized=True))
        # Pieces run the way their street was drawn, so that they can be chained into ways.
        forward = middle_first <= middle_last
        bent.append((warp.bend(line if forward else line.reverse()), forward))
    ends = np.array(
        [node[n] if forward else node[n][::-1] for n, (_, forward) in zip(order, bent, strict=True)]
    )
    used, compact = np.unique(ends, return_inverse=True)
    compact = compact.reshape(-1, 2)
    node_xy = np.zeros((len(used), 2))
    for (first, last), (line, _) in zip(compact, bent, strict=True):
        coordinates = shapely.get_coordinates(line)
        node_xy[first], node_xy[last] = coordinates[0], coordinates[-1]
    return Network(
        node_xy, compact[:, 0], compact[:, 1], [line for line, _ in bent], source[order], streets
    )
