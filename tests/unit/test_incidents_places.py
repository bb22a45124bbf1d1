"""Where: axes, units, blanks and what lies elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corridors.errors import SourceError
from tests.incident_files import (
    EASTING,
    LATITUDE,
    LONGITUDE,
    NORTHING,
    STREET_HEADER,
    read,
    read_export,
    reasons,
    street,
    street_row,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from corridors.sources.incidents import IncidentsRead

DEGREES = {"from": "From", "longitude": "X", "latitude": "Y"}
GOOD = f"1,2018-11-09 14:30,,Robbery,{EASTING},{NORTHING}"


def _metres(folder: Path, x: object, y: object, n_good: int = 2) -> IncidentsRead:
    rows = [GOOD.replace("1,", f"{n},", 1) for n in range(n_good)]
    return read_export(folder, f"x,2018-11-09 14:30,,Robbery,{x},{y}", *rows)


def _degrees(folder: Path, x: object, y: object, n_good: int = 2) -> IncidentsRead:
    rows = [f"{n},2018-11-09 14:30,,Robbery,{LONGITUDE},{LATITUDE}" for n in range(n_good)]
    row = f"x,2018-11-09 14:30,,Robbery,{x},{y}"
    return read_export(folder, row, *rows, mapping=DEGREES)


def test_metres_and_degrees_give_the_same_place(tmp_path: Path) -> None:
    metres = _metres(tmp_path, EASTING, NORTHING).table
    degrees = _degrees(tmp_path, LONGITUDE, LATITUDE).table
    assert metres["x"].tolist() == [EASTING] * 3
    assert degrees["x"].tolist() == pytest.approx([EASTING] * 3, abs=1)
    assert degrees["y"].tolist() == pytest.approx([NORTHING] * 3, abs=1)


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ("", NORTHING, "no_position"),
        (EASTING, "nan", "no_position"),
        ("None", "None", "no_position"),
        (0, 0, "no_position"),
        ("inf", NORTHING, "not_finite"),
        (EASTING, "-Infinity", "not_finite"),
        ("1e999", NORTHING, "not_finite"),
        ("SU 641 062", NORTHING, "not_a_number"),
        (NORTHING, EASTING, "swapped_axes"),
        (LONGITUDE, LATITUDE, "not_metres"),
        (LATITUDE, LONGITUDE, "not_metres"),
        (EASTING + 100_000, NORTHING, "outside_area"),
        (471_001, NORTHING, "outside_area"),
    ],
)
def test_metres_that_are_none(tmp_path: Path, x: object, y: object, reason: str) -> None:
    found = _metres(tmp_path, x, y)
    assert reasons(found) == [(2, reason)]
    assert len(found.table) == 2


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ("", "", "no_position"),
        (0, "0.0", "no_position"),
        ("inf", LATITUDE, "not_finite"),
        (EASTING, NORTHING, "not_degrees"),
        (181, LATITUDE, "not_degrees"),
        (LONGITUDE, 951, "not_degrees"),
        (LATITUDE, LONGITUDE, "swapped_axes"),
        (-122.41, 37.77, "outside_area"),
        (LONGITUDE, 90, "outside_area"),
        ("1°05'W", LATITUDE, "not_a_number"),
    ],
)
def test_degrees_that_are_none(tmp_path: Path, x: object, y: object, reason: str) -> None:
    found = _degrees(tmp_path, x, y)
    assert reasons(found) == [(2, reason)]
    assert len(found.table) == 2


def test_the_edge_has_a_margin_of_a_kilometre(tmp_path: Path) -> None:
    assert len(_metres(tmp_path, 470_999, NORTHING).table) == 3


@pytest.mark.parametrize(
    ("x", "y", "mend"),
    [
        (EASTING, NORTHING, "easting and northing"),
        (LATITUDE, LONGITUDE, "Exchange 'X' and 'Y'"),
    ],
)
def test_a_file_of_wrong_degrees_is_refused(
    tmp_path: Path, x: object, y: object, mend: str
) -> None:
    rows = [f"{n},2018-11-09 14:30,,Robbery,{x},{y}" for n in range(3)]
    with pytest.raises(SourceError, match=mend) as caught:
        read_export(tmp_path, *rows, GOOD, mapping=DEGREES)
    assert caught.value.problems[0].where == "export.csv"
    assert str(x) not in str(caught.value)


@pytest.mark.parametrize(
    ("x", "y", "mend"),
    [(NORTHING, EASTING, "Exchange"), (LONGITUDE, LATITUDE, "longitude and latitude")],
)
def test_a_file_of_wrong_metres_is_refused(tmp_path: Path, x: object, y: object, mend: str) -> None:
    with pytest.raises(SourceError, match=mend):
        _metres(tmp_path, x, y, n_good=0)


def test_half_of_the_located_rows_is_not_most(tmp_path: Path) -> None:
    assert len(_metres(tmp_path, NORTHING, EASTING, n_good=1).table) == 1


def test_swapped_street_file_is_refused(tmp_path: Path) -> None:
    row = street_row(longitude=LATITUDE, latitude=LONGITUDE)
    write(tmp_path / "a.csv", STREET_HEADER, row, row, street_row(longitude="", latitude=""))
    with pytest.raises(SourceError, match="'Longitude' and 'Latitude'"):
        read(tmp_path, street())


def test_everything_elsewhere_is_said_loudly(tmp_path: Path) -> None:
    found = _metres(tmp_path, 530_000, 180_000, n_good=0)
    assert found.table.empty
    assert found.notes[0].startswith("EVERY incident lies outside the area")


def test_a_crs_of_its_own(tmp_path: Path) -> None:
    # The same place in UTM zone 30N.
    row = "1,2018-11-09 14:30,,Robbery,634410,5635116"
    found = read_export(tmp_path, row, crs="EPSG:32630")
    assert found.table["x"].tolist() == pytest.approx([EASTING], abs=5)
    assert found.table["y"].tolist() == pytest.approx([NORTHING], abs=5)


def test_place_precision_is_the_sources_or_the_inputs(tmp_path: Path) -> None:
    assert read_export(tmp_path, GOOD).table["place_precision"].tolist() == ["exact"]
    found = read_export(tmp_path, GOOD, place_precision="block")
    assert found.table["place_precision"].tolist() == ["block"]
    write(tmp_path / "streets" / "a.csv", STREET_HEADER, street_row())
    found = read(tmp_path, street("streets/*.csv"))
    assert found.table["place_precision"].tolist() == ["snapped"]
