"""Writing the town as OSM XML: nodes, ways of streets, water, railway and parks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely

from data.demo_generator.geometry import to_lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo_generator.streets import Town

__all__ = ["OsmTown", "lay_out", "write_osm"]

_FIRST_NODE, _FIRST_WAY = 1_000_001, 2_000_001


@dataclass(frozen=True, slots=True)
class OsmTown:
    """The town in OSM's terms."""

    lonlat: NDArray[np.float64]
    """Position of each node; the id of row n is `_FIRST_NODE` + n."""
    ways: list[tuple[list[int], dict[str, str]]]
    """Node rows and tags; the id of way n is `_FIRST_WAY` + n."""
    way_of_piece: NDArray[np.int64]
    nodes_of_piece: list[list[int]]

    def trace(self, pieces: list[int]) -> list[dict[str, object]]:
        """Give the way and the nodes of some pieces of street."""
        return [
            {
                "way": int(_FIRST_WAY + self.way_of_piece[piece]),
                "nodes": [_FIRST_NODE + node for node in self.nodes_of_piece[piece]],
            }
            for piece in pieces
        ]


class _Nodes:
    """Points in the order in which they are met."""

    def __init__(self, xy: NDArray[np.float64]) -> None:
        self.xy = [xy]
        self.n = len(xy)

    def add(self, xy: NDArray[np.float64]) -> list[int]:
        self.xy.append(xy)
        self.n += len(xy)
        return list(range(self.n - len(xy), self.n))


def lay_out(town: Town) -> OsmTown:
    """Give nodes their numbers and chain the pieces of each street into ways."""
    network = town.network
    nodes = _Nodes(network.node_xy)
    ways: list[tuple[list[int], dict[str, str]]] = []
    way_of_piece = np.zeros(len(network.lines), dtype=np.int64)
    nodes_of_piece: list[list[int]] = []
    last_row = -1
    for piece, line in enumerate(network.lines):
        inner = nodes.add(shapely.get_coordinates(line)[1:-1])
        chain = [int(network.u[piece]), *inner, int(network.v[piece])]
        row = int(network.source[piece])
        if row == last_row and ways[-1][0][-1] == chain[0]:
            ways[-1][0].extend(chain[1:])
        else:
            street = network.streets[row]
            ways.append((list(chain), {"highway": street.highway, **street.tags}))
        way_of_piece[piece] = len(ways) - 1
        nodes_of_piece.append(chain)
        last_row = row
    ways += _scenery(town, nodes)
    return OsmTown(to_lonlat(np.vstack(nodes.xy)), ways, way_of_piece, nodes_of_piece)


def _scenery(town: Town, nodes: _Nodes) -> list[tuple[list[int], dict[str, str]]]:
    layout = town.layout
    ways = []
    for line, tags in (
        (layout.canal, {"waterway": "canal", "name": "Haverness Canal"}),
        (layout.rail, {"railway": "rail", "name": "Haverness Line"}),
    ):
        bent = shapely.get_coordinates(town.warp.bend(line))
        ways.append((nodes.add(bent), tags))
    for name, block in town.parks:
        ring = shapely.get_coordinates(town.warp.bend(shapely.LineString(block.exterior)))
        rows = nodes.add(ring[:-1])
        ways.append(([*rows, rows[0]], {"leisure": "park", "name": name}))
    return ways


def write_osm(town: OsmTown, note: str) -> str:
    """Write OSM XML: every node, then every way."""
    low, high = town.lonlat.min(axis=0), town.lonlat.max(axis=0)
    bounds = (
        f' <bounds minlat="{low[1]:.7f}" minlon="{low[0]:.7f}"'
        f' maxlat="{high[1]:.7f}" maxlon="{high[0]:.7f}"/>'
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<osm version="0.6" generator={quoteattr(note)}>',
        bounds,
    ]
    lines += [
        f' <node id="{_FIRST_NODE + row}" lat="{lat:.7f}" lon="{lon:.7f}"/>'
        for row, (lon, lat) in enumerate(town.lonlat)
    ]
    for row, (nodes, tags) in enumerate(town.ways):
        lines.append(f' <way id="{_FIRST_WAY + row}">')
        lines += [f'  <nd ref="{_FIRST_NODE + node}"/>' for node in nodes]
        lines += [
            f"  <tag k={quoteattr(key)} v={quoteattr(value)}/>"
            for key, value in sorted(tags.items())
        ]
        lines.append(" </way>")
    return "\n".join([*lines, "</osm>", ""])
