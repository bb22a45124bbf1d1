"""Where there is data: polygons from files, and the segments they cover."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from corridors.analysis.coverage import covered_segments
from corridors.domain.network import StreetNetwork
from corridors.errors import SourceError
from corridors.sources.coverage import read_coverage

if TYPE_CHECKING:
    from pathlib import Path


CRS = "EPSG:27700"
SQUARE = shapely.box(463_000, 101_000, 464_000, 102_000)
LONLAT = [[-1.1, 50.8], [-1.09, 50.8], [-1.09, 50.81], [-1.1, 50.81], [-1.1, 50.8]]


def network(*lines: shapely.LineString) -> StreetNetwork:
    segments = gpd.GeoDataFrame({"u": 0, "v": 1}, index=range(len(lines)), geometry=list(lines))
    return StreetNetwork(segments.set_crs(CRS), np.zeros((2, 2)), CRS)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


def test_a_segment_is_covered_by_half_of_its_length() -> None:
    box = shapely.box(0, 0, 100, 100)
    streets = network(
        line((10, 10), (90, 90)),  # inside
        line((200, 0), (300, 0)),  # outside
        line((50, 50), (149, 50)),  # 50 of 99 m inside
        line((50, 50), (151, 50)),  # 50 of 101 m inside
        line((50, 50), (150, 50)),  # just half
        line((-10, 50), (110, 50)),  # through
        line((0, 0), (0, 100)),  # along the edge
        line((100, 100), (200, 200)),  # touches a corner
        # its middle lies outside, and most of its length inside
        line((10, 10), (95, 10), (95, 15), (105, 15), (105, 20), (95, 20), (95, 25), (10, 25)),
    )
    expected = [True, False, True, False, True, True, True, False, True]
    assert covered_segments(streets, box).tolist() == expected


def test_holes_are_not_covered() -> None:
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60)
    streets = network(line((45, 45), (55, 55)), line((10, 50), (30, 50)))
    assert covered_segments(streets, ring).tolist() == [False, True]


def test_without_coverage_all_is_covered_and_with_an_empty_one_nothing() -> None:
    streets = network(line((0, 0), (1, 1)), line((2, 2), (3, 3)))
    assert covered_segments(streets, None).tolist() == [True, True]
    assert covered_segments(streets, shapely.MultiPolygon()).tolist() == [False, False]


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def feature(ring: Any, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": [ring]}, "properties": {}}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def area_km2(found: shapely.Polygon | shapely.MultiPolygon) -> float:
    return found.area / 1e6


def test_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "covered.gpkg"
    parts = [
        shapely.box(463_000, 101_000, 463_500, 102_000),
        shapely.box(463_500, 101_000, 464_000, 102_000),
    ]
    gpd.GeoDataFrame(geometry=parts, crs=CRS).to_file(path, driver="GPKG")
    assert read_coverage(path, CRS).equals(SQUARE)


def test_geopackage_in_another_crs_and_several_layers(tmp_path: Path) -> None:
    path = tmp_path / "covered.gpkg"
    there = gpd.GeoDataFrame(geometry=[SQUARE], crs=CRS).to_crs("EPSG:4326")
    there.to_file(path, layer="a", driver="GPKG")
    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000)], crs=CRS).to_file(
        path, layer="b", driver="GPKG"
    )
    gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS).to_file(
        path, layer="points", driver="GPKG"
    )
    assert area_km2(read_coverage(path, CRS)) == pytest.approx(2, rel=1e-4)


@pytest.mark.parametrize(
    "content",
    [
        collection(feature(LONLAT)),
        collection(feature(LONLAT), feature(LONLAT), {"type": "Feature", "geometry": None}),
        feature(LONLAT),
        {"type": "Polygon", "coordinates": [LONLAT]},
        {"type": "MultiPolygon", "coordinates": [[LONLAT]]},
        {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Point", "coordinates": [0, 0]},
                {"type": "Polygon", "coordinates": [LONLAT]},
            ],
        },
    ],
)
def test_geojson(tmp_path: Path, content: Any) -> None:
    found = read_coverage(write(tmp_path / "covered.geojson", content), CRS)
    # 0.01 degrees are 704 m east and 1,112 m north at this latitude.
    assert area_km2(found) == pytest.approx(0.704 * 1.112, rel=0.01)


def test_geojson_with_an_old_crs_member(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    ring = shapely.get_coordinates(SQUARE).tolist()
    found = read_coverage(write(tmp_path / "c.json", collection(feature(ring), crs=crs)), CRS)
    assert found.equals(SQUARE)


def test_crs84_is_longitude_first(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path = write(tmp_path / "c.geojson", collection(feature(LONLAT), crs=crs))
    assert read_coverage(path, CRS).bounds[0] == pytest.approx(463_500, abs=500)


BOW_TIE = [LONLAT[0], LONLAT[2], LONLAT[1], LONLAT[3], LONLAT[0]]
GRID = shapely.get_coordinates(SQUARE).tolist()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (collection(feature(BOW_TIE)), "cross themselves"),
        (collection(feature(GRID)), "no longitudes"),
        (collection(), "no polygon"),
        (
            collection({"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}),
            "no polygon",
        ),
        (collection({"type": "Feature"}), "not GeoJSON"),
        (collection(feature([[0, 0]])), "not GeoJSON"),
        (collection(feature([["a", "b"]] * 4)), "not GeoJSON"),
        (collection(feature(LONLAT), crs={"properties": {"name": "nonsense"}}), "CRS"),
        (["a"], "not GeoJSON"),
        ({"type": "Nonsense"}, "not GeoJSON"),
        (collection(feature([[951, 0], *LONLAT[1:4], [951, 0]])), "no longitudes"),
        (collection(feature([[float("nan"), 0], *LONLAT[1:]])), "not JSON"),
    ],
)
def test_bad_geojson(tmp_path: Path, content: Any, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        read_coverage(write(tmp_path / "covered.geojson", content), CRS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("covered.geojson", b"{"),
        ("covered.geojson", b"\xff\xfe\x00"),
        ("covered.geojson", b"[" * 200_000),
        ("covered.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("covered.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("covered.gpkg", b"SQLite format 3\x00" + bytes(52) + b"GPKG" + bytes(500)),
        ("covered.shp", b""),
    ],
)
def test_not_what_its_name_says(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name):
        read_coverage(tmp_path / name, CRS, where=name)


def test_missing_and_without_crs(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        read_coverage(tmp_path / "none.gpkg", CRS)
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame(geometry=[SQUARE]).to_file(tmp_path / "c.gpkg", driver="GPKG")
    with pytest.raises(SourceError, match="which CRS"):
        read_coverage(tmp_path / "c.gpkg", CRS)


def test_a_truncated_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "c.gpkg"
    gpd.GeoDataFrame(geometry=[SQUARE], crs=CRS).to_file(path, driver="GPKG")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match="damaged"):
        read_coverage(path, CRS)
