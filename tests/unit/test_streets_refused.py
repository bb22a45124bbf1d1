"""Streets that cannot be used: each says where, what and the mend."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import osmnx as ox
import pytest
import shapely

from corridors.domain.area import StreetsInput
from corridors.errors import SourceError
from corridors.sources import streets_osm, streets_xml
from corridors.sources.streets import read_streets
from tests.unit.tiny_osm import (
    CRS,
    WAYS,
    Way,
    grid,
    ids,
    osm_text,
    osmnx_graph,
    read,
    read_ways,
    write_osm,
    write_pbf,
)

if TYPE_CHECKING:
    pass


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(SourceError) as caught:
        read(path, **options)
    (problem,) = caught.value.problems
    assert problem.where
    assert problem.mend
    return problem.what


def test_a_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none.osm")
    (tmp_path / "folder.osm").mkdir()
    assert "does not exist" in refused(tmp_path / "folder.osm")


def test_an_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "streets.shp").write_bytes(b"x")
    assert "no kind" in refused(tmp_path / "streets.shp")


def test_neither_file_nor_place(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="neither"):
        read_streets(StreetsInput(), tmp_path, CRS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("streets.osm", b""),
        ("streets.osm", b"no xml"),
        ("streets.osm", b"<graphml></graphml>"),
        ("streets.osm.bz2", b"not bz2"),
        ("streets.osm.gz", b"not gz"),
        ("streets.osm.pbf", b""),
        ("streets.osm.pbf", b"not pbf"),
        ("streets.osm.pbf", b"<osm/>"),
        ("streets.graphml", b"<osm/>"),
        ("streets.graphml", b"<graphml></graphml>"),
        ("streets.gpkg", b""),
        ("streets.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("streets.gpkg", b"SQLite format 3\x00" + bytes(52) + b"GPKG" + bytes(500)),
    ],
)
def test_not_what_its_name_says(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("ending", ["osm", "osm.bz2", "osm.gz", "osm.pbf", "graphml", "gpkg"])
def test_damaged_in_the_middle(tmp_path: Path, ending: str, share: float) -> None:
    path = tmp_path / f"streets.{ending}"
    text = osm_text(grid(40), [Way(list(range(n * 40, n * 40 + 40))) for n in range(40)]).encode()
    squeeze: dict[str, Any] = {"osm": bytes, "osm.bz2": bz2.compress, "osm.gz": gzip.compress}
    if ending in squeeze:
        path.write_bytes(squeeze[ending](text))
    elif ending == "osm.pbf":
        write_pbf(path, WAYS)
    elif ending == "graphml":
        ox.save_graphml(osmnx_graph(tmp_path, WAYS, simplify=True), path)
    else:
        ox.save_graph_geopackage(osmnx_graph(tmp_path, WAYS, simplify=True), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "damaged" in refused(path)


def test_a_pbf_with_a_damaged_block(tmp_path: Path) -> None:
    path = write_pbf(tmp_path / "streets.osm.pbf", WAYS)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    assert "damaged" in refused(path)


BOMB = """<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = """<!DOCTYPE osm SYSTEM "file:///etc/hostname">"""


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE])
@pytest.mark.parametrize("root", ["osm", "graphml"])
def test_entities_and_document_types_are_refused(
    tmp_path: Path, encoding: str, declaration: str, root: str
) -> None:
    path = tmp_path / f"streets.{root}"
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n{declaration}\n<{root}></{root}>'
    path.write_bytes(text.encode(encoding))
    assert "document type" in refused(path)


def test_a_compressed_bomb_stops_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streets_xml, "MAX_EXPANDED_BYTES", 5_000_000)
    path = tmp_path / "streets.osm.bz2"
    path.write_bytes(bz2.compress(b"<osm>" + b" " * 20_000_000 + b"</osm>"))
    assert path.stat().st_size < 1_000
    assert "expands" in refused(path)


def test_more_nodes_than_an_area_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streets_osm, "MAX_NODES", 3)
    path = write_osm(tmp_path / "streets.osm", grid(10), [Way([11, 12]), Way([13, 14])])
    assert "more than 3" in refused(path)


def test_no_walkable_way(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "streets.osm", grid(10), [Way([1, 2], {"highway": "motorway"})])
    assert "no walkable way" in refused(path)
    assert "no streets" in refused(write_osm(path, grid(10), []))


def test_missing_nodes_cut_a_way_and_are_counted(tmp_path: Path) -> None:
    nodes = {node: place for node, place in grid(10).items() if node not in {13, 44}}
    ways = [Way([11, 12, 13, 14, 15]), Way([13, 14]), Way([44, 45])]
    read_in = read(write_osm(tmp_path / "streets.osm", nodes, ways))
    assert ids(read_in) == ["11-12-0", "14-15-0"]
    assert read_in.left_out == {"no_line": 2}
    assert (read_in.n_ways_in, read_in.n_ways_kept) == (3, 1)
    assert any("3 points" in note for note in read_in.notes)


def test_coordinates_that_are_no_degrees(tmp_path: Path) -> None:
    nodes = {node: (463000.0 + node, 101000.0) for node in range(10)}
    path = write_osm(tmp_path / "streets.osm", nodes, [Way([1, 2, 3])])
    assert "longitudes" in refused(path)


def test_longitude_and_latitude_swapped(tmp_path: Path) -> None:
    nodes = {node: (lat, lon) for node, (lon, lat) in grid(10).items()}
    assert "outside" in refused(write_osm(tmp_path / "streets.osm", nodes, [Way([1, 2, 3])]))


@pytest.mark.parametrize(
    ("crs", "what"),
    [
        ("EPSG:4326", "degrees"),
        ("EPSG:2263", "metres"),
        ("EPSG:32610", "outside"),
        ("EPSG:3857", "wrong"),
        ("EPSG:0", "not a known"),
    ],
)
def test_a_crs_that_does_not_fit(tmp_path: Path, crs: str, what: str) -> None:
    path = write_osm(tmp_path / "streets.osm", grid(10), [Way([11, 12])])
    with pytest.raises(SourceError, match=what):
        read_streets(StreetsInput(path=path.name), tmp_path, crs)


def test_saved_streets_without_a_crs(tmp_path: Path) -> None:
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])])
    with pytest.warns(UserWarning, match="crs"):
        line.to_file(tmp_path / "streets.gpkg", driver="GPKG")
    assert "which CRS" in refused(tmp_path / "streets.gpkg")
    graph = osmnx_graph(tmp_path, WAYS, simplify=True)
    del graph.graph["crs"]
    ox.save_graphml(graph, tmp_path / "streets.graphml")
    assert "which CRS" in refused(tmp_path / "streets.graphml")


def test_layers_that_are_not_streets(tmp_path: Path) -> None:
    path = tmp_path / "streets.gpkg"
    point = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS)
    point.to_file(path, layer="points", driver="GPKG")
    assert "no layer of lines" in refused(path)
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=CRS)
    line.to_file(path, layer="a", driver="GPKG")
    line.to_file(path, layer="b", driver="GPKG")
    assert "2 layers" in refused(path)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    read_ways(tmp_path, Way([11, 12]), progress=told.append)
    assert told
