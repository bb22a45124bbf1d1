"""Stops, stations and homes out of the files that publishers give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from corridors.domain.area import DestinationsInput
from corridors.domain.destinations import DESTINATION_KINDS
from corridors.domain.tables import SET_ASIDE
from corridors.errors import SourceError
from corridors.sources.destinations import DestinationsRead, read_destinations
from corridors.sources.setting_aside import REASONS
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:27700"
OWN = {"easting": "E", "northing": "N", "weight": "pupils"}


def read(
    folder: Path, text: str, kind: str = "stops", crs: str = CRS, **options: object
) -> DestinationsRead:
    (folder / "places.csv").write_text(text, "utf-8")
    spec = DestinationsInput(kind, "places.csv", **options)  # type: ignore[arg-type]
    found = read_destinations([spec], folder, crs)
    SET_ASIDE.check(found.set_aside)
    assert set(found.set_aside["reason"]) <= REASONS.keys()
    assert found.records[0].used == len(found.destinations)
    assert found.records[0].n_set_aside == len(found.set_aside)
    return found


def reasons(found: DestinationsRead) -> dict[int, str]:
    return dict(zip(found.set_aside["line"], found.set_aside["reason"], strict=True))


def test_tfl_stops_are_known_by_their_columns(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "Stop_Code_LBSL,Bus_Stop_Code,Stop_Name,Location_Easting,Location_Northing\n"
        "1000,91532,WESTMINSTER STN <>,530171,179738\n"
        "1001,2,NOWHERE,,\n"
        "1002,3,DEGREES,-0.127,51.501\n",
        crs="EPSG:32630",  # the file is in the British grid whatever the area's is
    )
    (x,), (y,) = found.destinations.x, found.destinations.y
    back = gpd.GeoSeries([shapely.Point(x, y)], crs="EPSG:32630").to_crs(CRS)[0]
    assert (back.x, back.y) == pytest.approx((530171, 179738), abs=0.1)
    assert found.destinations.weight.tolist() == [1.0]
    assert reasons(found) == {3: "no_position", 4: "not_metres"}


NAPTAN = (
    "ATCOCode,CommonName,Longitude,Latitude,Easting,Northing,StopType,Status\n"
    "490000266G,Westminster,-0.127,51.501,530171,179738,BCT,active\n"
    "490000267G,Old,-0.127,51.501,530172,179738,BCT,inactive\n"
    "940GZZLUWSM,Westminster,-0.125,51.501,530200,179700,MET,act\n"
    "9100VICTRIC,Victoria,-0.143,51.495,528900,179000,rly,\n"
    "0100,Taxis,-0.127,51.501,530171,179738,TXR,act\n"
)


def test_naptan_stops_and_stations_are_told_apart(tmp_path: Path) -> None:
    stops = read(tmp_path, NAPTAN, "stops")
    assert stops.destinations.x.tolist() == [530171.0]
    other = "other_stop_type"
    assert reasons(stops) == {3: "not_in_use", 4: other, 5: other, 6: other}
    stations = read(tmp_path, NAPTAN, "stations")
    assert stations.destinations.x.tolist() == [530200.0, 528900.0]
    assert {DESTINATION_KINDS[kind] for kind in stations.destinations.kind} == {"stations"}


def test_own_columns_with_a_weight(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "E,N,pupils\n463000,101000,12.5\n463001,101000,0\n463002,101000,-1\n"
        "463003,101000,inf\n463004,101000,\n463005,101000,many\nx,101000,1\n",
        "homes",
        columns=OWN,
    )
    assert found.destinations.weight.tolist() == [12.5, 0.0]
    bad = "bad_weight"
    assert reasons(found) == {4: bad, 5: bad, 6: bad, 7: bad, 8: "not_a_number"}


def test_plain_names_of_columns_and_degrees(tmp_path: Path) -> None:
    assert len(read(tmp_path, "Easting,Northing\n463000,101000\n").destinations) == 1
    found = read(tmp_path, "lat,lon\n50.8,-1.1\n", columns={"longitude": "lon", "latitude": "lat"})
    assert found.destinations.x[0] == pytest.approx(463_500, abs=500)
    own = {"easting": "e", "northing": "n"}
    spec = DestinationsInput("homes", "places.csv", own, "EPSG:32630")
    (tmp_path / "places.csv").write_text("e,n\n634000,5629000\n")
    assert read_destinations([spec], tmp_path, CRS).destinations.y[0] == pytest.approx(
        101_500, abs=3000
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no column 'easting'"),
        ("PK\x03\x04", "workbook"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(tmp_path, text)


def test_the_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    specs = [DestinationsInput("stops", "a.csv"), DestinationsInput("homes", "none.csv")]
    with pytest.raises(SourceError) as caught:
        read_destinations(specs, tmp_path, CRS)
    assert {problem.where for problem in caught.value.problems} == {"a.csv", "none.csv"}


def test_no_destinations_at_all(tmp_path: Path) -> None:
    found = read_destinations([], tmp_path, CRS)
    assert len(found.destinations) == len(found.set_aside) == len(found.records) == 0
    SET_ASIDE.check(found.set_aside)


# --- areas


BOX = shapely.box(463_000, 101_000, 464_000, 102_000)
BOW_TIE = shapely.Polygon(
    [(463_000, 101_000), (464_000, 102_000), (464_000, 101_000), (463_000, 102_000)]
)


def areas(folder: Path, *rows: tuple[object, object], crs: str | None = CRS) -> DestinationsRead:
    table = gpd.GeoDataFrame(
        {"aged_11_15": [row[1] for row in rows]}, geometry=[row[0] for row in rows], crs=crs
    )
    table.to_file(folder / "homes.gpkg", driver="GPKG")
    spec = DestinationsInput("homes", "homes.gpkg", {"weight": "aged_11_15"})
    return read_destinations([spec], folder, CRS)


def test_areas_with_their_weight(tmp_path: Path) -> None:
    found = areas(tmp_path, (BOX, 120.0), (BOW_TIE, 5.0), (None, 3.0), (BOX, -1.0), (BOX, np.nan))
    assert found.destinations.weight.tolist() == [120.0, 5.0]
    assert np.isnan(found.destinations.x).all()
    outlines = found.destinations.outline
    assert outlines[0].equals(BOX)
    assert outlines[1].is_valid
    assert outlines[1].area == pytest.approx(500_000)  # both halves of the bow-tie
    assert reasons(found) == {3: "no_area", 4: "bad_weight", 5: "bad_weight"}
    assert found.records[0].rows_in == 5
    assert len(found.records[0].sha256) == 64


def test_areas_in_degrees_are_moved(tmp_path: Path) -> None:
    found = areas(tmp_path, (shapely.box(-1.1, 50.8, -1.09, 50.81), 1), crs="EPSG:4326")
    assert found.destinations.outline[0].bounds[0] == pytest.approx(463_500, abs=500)


def test_areas_that_cannot_be_read(tmp_path: Path) -> None:
    areas(tmp_path, (BOX, 1))
    spec = DestinationsInput("homes", "homes.gpkg", {"weight": "age"})
    with pytest.raises(SourceError, match="no column 'age'"):
        read_destinations([spec], tmp_path, CRS)
    (note,) = read_destinations([DestinationsInput("homes", "homes.gpkg")], tmp_path, CRS).records
    assert "every area counts the same" in note.notes[0]
    with pytest.raises(SourceError, match="no polygons"):
        areas(tmp_path, (shapely.Point(463_000, 101_000), 1))
    data = (tmp_path / "homes.gpkg").read_bytes()
    (tmp_path / "homes.gpkg").write_bytes(data[: len(data) // 3])
    with pytest.raises(SourceError, match="damaged"):
        read_destinations([DestinationsInput("homes", "homes.gpkg")], tmp_path, CRS)


def test_a_file_that_points_at_another_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "homes.gpkg").write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='passwd'><SrcDataSource>/etc/passwd</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(SourceError, match="not a GeoPackage"):
        read_destinations([DestinationsInput("homes", "homes.gpkg")], tmp_path, CRS)


@pytest.mark.shared
def test_the_stops_of_london_and_the_areas_of_hackney() -> None:
    folder = shared_path("data/london-central/bus_stops_tfl.csv").parents[1]
    specs = [
        DestinationsInput("stops", "london-central/bus_stops_tfl.csv"),
        DestinationsInput("homes", "hackney/lsoa2021.gpkg"),
    ]
    found = read_destinations(specs, folder, CRS)
    assert [record.used for record in found.records] == [1730, 1181]
    assert np.bincount(found.destinations.kind).tolist() == [1730, 0, 1181]
