"""Every format says the same, and so does the cache."""

from __future__ import annotations

import bz2
import gzip
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pytest
import shapely

from corridors.domain.area import StreetsInput
from corridors.errors import SourceError
from corridors.sources import streets_saved
from corridors.sources.streets import StreetsRead, read_streets
from corridors.sources.streets_cache import cache_path
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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> StreetsRead:
    return read(write_osm(tmp_path_factory.mktemp("plain") / "streets.osm", grid(10), WAYS))


def same(a: StreetsRead, b: StreetsRead, *unlike: str) -> None:
    dropped = ["geometry", "length_m", *unlike]
    assert a.network.segments.drop(columns=dropped).equals(b.network.segments.drop(columns=dropped))
    np.testing.assert_allclose(a.network.node_xy, b.network.node_xy, atol=1e-3)
    np.testing.assert_allclose(a.network.length_m, b.network.length_m, atol=1e-3)


def test_names_come_through_as_they_are(plain: StreetsRead) -> None:
    assert "Queen’s & King's <Road>" in set(plain.network.segments["name"])


@pytest.mark.parametrize(("ending", "squeeze"), [(".bz2", bz2.compress), (".gz", gzip.compress)])
def test_compressed(tmp_path: Path, plain: StreetsRead, ending: str, squeeze: Any) -> None:
    path = tmp_path / f"streets.osm{ending}"
    path.write_bytes(squeeze(osm_text(grid(10), WAYS).encode()))
    read_in = read(path)
    same(read_in, plain)
    assert read_in.network.segments.equals(plain.network.segments)
    assert read_in.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_utf_16(tmp_path: Path, plain: StreetsRead) -> None:
    path = tmp_path / "streets.osm"
    path.write_bytes(osm_text(grid(10), WAYS, encoding="UTF-16").encode("utf-16"))
    same(read(path), plain)


def test_pbf(tmp_path: Path, plain: StreetsRead) -> None:
    same(read(write_pbf(tmp_path / "streets.osm.pbf", WAYS)), plain)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("projected", [True, False])
@pytest.mark.parametrize("ending", ["graphml", "gpkg"])
def test_graphs_that_osmnx_saved(
    tmp_path: Path, plain: StreetsRead, ending: str, *, simplify: bool, projected: bool
) -> None:
    graph = osmnx_graph(tmp_path, WAYS, simplify=simplify)
    if projected:
        graph = ox.project_graph(graph, to_crs=CRS)
    path = tmp_path / f"streets.{ending}"
    if ending == "graphml":
        ox.save_graphml(graph, path)
    else:
        ox.save_graph_geopackage(graph, path)
    read_in = read(path)
    # Where OSMnx has merged pieces, nothing tells any more which of their classes is the longest.
    same(read_in, plain, *(["highway"] if simplify else []))
    assert read_in.left_out == {"private": 1}


def test_merged_ways_of_a_saved_graph_must_all_be_walkable(tmp_path: Path) -> None:
    ways = [Way([11, 12]), Way([12, 13], {"access": "private"}), Way([11, 21], {"name": "B"})]
    path = write_osm(tmp_path / "x.osm", grid(10), [*ways, Way([11, 1], {"name": "C"})])
    graph = ox.graph_from_xml(path, bidirectional=True)
    ox.save_graphml(graph, tmp_path / "streets.graphml")
    assert ids(read(tmp_path / "streets.graphml")) == ["1-21-0"]


def test_a_plain_layer_of_lines_joins_at_shared_vertices(tmp_path: Path) -> None:
    lines = gpd.GeoDataFrame(
        {"name": ["Long", "Side", "Bridge"]},
        geometry=[
            shapely.LineString([(463000, 101000), (463100, 101000), (463200, 101000)]),
            shapely.LineString([(463100, 101000, 5), (463100, 101100, 7)]),
            shapely.MultiLineString([[(463150, 100900), (463150, 101100)]]),
        ],
        crs=CRS,
    )
    lines.to_file(tmp_path / "streets.gpkg", layer="anything", driver="GPKG")
    read_in = read(tmp_path / "streets.gpkg")
    assert sorted(read_in.network.length_m.round(2)) == [100, 100, 100, 200]
    assert read_in.n_components == 2
    assert (read_in.network.segments["highway"] == "road").all()


def test_a_place_through_a_fetch_that_stands_in_for_overpass(
    tmp_path: Path, plain: StreetsRead
) -> None:
    asked: list[str] = []

    def fetch(place: str, _cache_dir: Path | None) -> nx.MultiDiGraph[int]:
        asked.append(place)
        return osmnx_graph(tmp_path, WAYS, simplify=False)

    spec = StreetsInput(place="Nowhere, Utopia")
    cache = tmp_path / "cache"
    first = read_streets(spec, tmp_path, CRS, cache_dir=cache, fetch=fetch)
    again = read_streets(spec, tmp_path, CRS, cache_dir=cache, fetch=fetch)
    same(first, plain)
    assert first.path == "place: Nowhere, Utopia"
    assert asked == ["Nowhere, Utopia"]
    assert again.sha256 == first.sha256 != ""


@pytest.mark.parametrize("fault", [OSError("offline"), ValueError("no such place")])
def test_a_place_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(ox, "graph_from_place", fail)
    with pytest.raises(SourceError, match=r"streets\.place"):
        streets_saved.fetch_place("Hackney, London, UK", None)


def test_the_cache_gives_the_same_and_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = read_ways(tmp_path, *WAYS, cache_dir=cache)
    monkeypatch.setattr("corridors.sources.streets.graph_of_ways", None)
    again = read_ways(tmp_path, *WAYS, cache_dir=cache)
    assert again.network.segments.equals(first.network.segments)
    assert again.network.segments.dtypes.equals(first.network.segments.dtypes)
    assert again.network.segments.crs == first.network.segments.crs
    assert np.array_equal(again.network.node_xy, first.network.node_xy)
    assert (again.notes, again.left_out) == (first.notes, first.left_out)
    assert [path.suffix for path in cache.iterdir()] == [".parquet"]


@pytest.mark.parametrize("damage", ["cut", "empty", "flip", "other", "folder"])
def test_a_broken_cache_is_ignored_and_mended(tmp_path: Path, damage: str) -> None:
    cache = tmp_path / "cache"
    first = read_ways(tmp_path, *WAYS, cache_dir=cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    if damage == "folder":
        kept.unlink()
        kept.mkdir()
        assert read_ways(tmp_path, *WAYS, cache_dir=cache).sha256 == first.sha256
        assert [path.name for path in cache.iterdir()] == [kept.name]
        return
    flipped = bytearray(whole)
    flipped[len(whole) // 4] ^= 1
    broken = {"cut": whole[:200], "empty": b"", "flip": bytes(flipped), "other": b"PAR1" * 50}
    kept.write_bytes(broken[damage])
    again = read_ways(tmp_path, *WAYS, cache_dir=cache)
    assert again.network.segments.equals(first.network.segments)
    assert kept.read_bytes() == whole


def test_the_cache_knows_file_and_crs(tmp_path: Path) -> None:
    keys = [("a", "EPSG:27700"), ("b", "EPSG:27700"), ("a", "EPSG:32630")]
    assert len({cache_path(tmp_path, *key) for key in keys}) == 3


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert read_ways(tmp_path, *WAYS, cache_dir=tmp_path / "file" / "cache").n_ways_in == len(WAYS)
