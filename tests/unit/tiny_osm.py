"""Small OSM files for tests, written by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import osmium
import osmnx as ox

from corridors.domain.area import StreetsInput
from corridors.domain.tables import SEGMENTS
from corridors.sources.streets import StreetsRead, read_streets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import networkx as nx

Place = tuple[float, float]


@dataclass(frozen=True)
class Way:
    """A way over numbered nodes; a residential street unless its tags say otherwise."""

    nodes: Sequence[int]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_tags(self) -> dict[str, str]:
        tags = {"highway": "residential", **self.tags}
        return {key: value for key, value in tags.items() if value}


def grid(size: int, lon: float = -1.1, lat: float = 50.8, step: float = 0.001) -> dict[int, Place]:
    """Number the nodes of a square grid row by row from the south-west: node 10 r + c for 10."""
    return {
        row * size + column: (round(lon + column * step, 7), round(lat + row * step, 7))
        for row in range(size)
        for column in range(size)
    }


def osm_text(nodes: Mapping[int, Place], ways: Iterable[Way], encoding: str = "UTF-8") -> str:
    lines = [f'<?xml version="1.0" encoding="{encoding}"?>', '<osm version="0.6">']
    lines += [f'<node id="{n}" lat="{lat}" lon="{lon}"/>' for n, (lon, lat) in nodes.items()]
    for number, way in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{node}"/>' for node in way.nodes)
        tags = "".join(
            f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in way.all_tags.items()
        )
        lines.append(f'<way id="{number}">{refs}{tags}</way>')
    return "\n".join([*lines, "</osm>"])


def write_osm(path: Path, nodes: Mapping[int, Place], ways: Iterable[Way]) -> Path:
    path.write_text(osm_text(nodes, ways), encoding="utf-8")
    return path


CRS = "EPSG:27700"


def read(path: Path, **options: Any) -> StreetsRead:
    result = read_streets(StreetsInput(path=path.name), path.parent, CRS, **options)
    SEGMENTS.check(result.network.segments)
    return result


def read_ways(folder: Path, *ways: Way, **options: Any) -> StreetsRead:
    """Read ways over the nodes of a grid of ten by ten.

    One step of it is 0.001 degrees: about 70 m east, 111 m north, at Portsmouth.
    """
    return read(write_osm(folder / "streets.osm", grid(10), ways), **options)


def ids(result: StreetsRead) -> list[str]:
    return result.network.segments["segment_id"].tolist()


def osmnx_graph(folder: Path, ways: Sequence[Way], *, simplify: bool) -> nx.MultiDiGraph[int]:
    before = ox.settings.useful_tags_way
    ox.settings.useful_tags_way = [*before, "layer", "foot"]
    try:
        path = write_osm(folder / "for-osmnx.osm", grid(10), ways)
        graph = ox.graph_from_xml(path, bidirectional=True, simplify=False, retain_all=True)
    finally:
        ox.settings.useful_tags_way = before
    if simplify:
        graph = ox.simplify_graph(graph, edge_attrs_differ=["layer", "bridge", "access"])
    return graph


def write_pbf(path: Path, ways: Sequence[Way]) -> Path:
    with osmium.SimpleWriter(str(path)) as writer:
        for node, (lon, lat) in grid(10).items():
            if node:  # pbf ids begin at 1
                writer.add_node(osmium.osm.mutable.Node(id=node, location=(lon, lat)))
        for number, way in enumerate(ways, start=1):
            writer.add_way(
                osmium.osm.mutable.Way(id=number, nodes=way.nodes, tags=dict(way.all_tags))
            )
    return path


WAYS = (
    Way([11, 12, 13, 14], {"name": "Queen’s & King's <Road>"}),
    Way([2, 12, 22], {"highway": "footway"}),
    Way([22, 23, 13]),
    Way([14, 15], {"bridge": "yes", "layer": "1"}),
    Way([15, 16]),
    Way([16, 17], {"access": "private"}),
    Way([16, 26, 27, 17, 16]),
)
