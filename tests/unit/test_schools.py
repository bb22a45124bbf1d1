from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pyproj import Transformer

from corridors.domain.area import SchoolsInput
from corridors.domain.tables import SCHOOLS, SET_ASIDE
from corridors.errors import SourceError
from corridors.sources.schools import SchoolsRead, read_schools
from corridors.sources.setting_aside import REASONS

if TYPE_CHECKING:
    from pathlib import Path

GRID = {"id": "school_id", "name": "name", "easting": "easting", "northing": "northing"}
DEGREES = {"id": "id", "name": "name", "longitude": "lon", "latitude": "lat"}
GIAS_HEADER = (
    '"URN","LA (code)","LA (name)","EstablishmentName","EstablishmentStatus (name)",'
    '"PhaseOfEducation (name)","Easting","Northing"\n'
)


def read(
    tmp_path: Path, text: str, form: str = "columns", columns: Any = None, **options: Any
) -> SchoolsRead:
    (tmp_path / "s.csv").write_bytes(text.encode(options.pop("encoding", "utf-8")))
    crs = options.pop("crs", "EPSG:27700")
    if columns is None and form == "columns":
        columns = GRID
    return read_schools(SchoolsInput("s.csv", form, columns or {}, **options), tmp_path, crs)


def aside(found: SchoolsRead) -> list[tuple[int, str]]:
    SET_ASIDE.check(found.set_aside)
    assert set(found.set_aside["file"]) <= {"s.csv"}
    assert set(found.set_aside["reason"]) <= REASONS.keys()
    assert found.record.rows_in == found.record.used + len(found.set_aside)
    assert found.record.used == len(found.table)
    return list(found.set_aside[["line", "reason"]].itertuples(index=False, name=None))


def test_each_bad_row_is_set_aside_by_its_reason(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "School ID,Name,Easting,Northing\n"
        "P2,B,463541.7,99516.4\n"
        "P1,A,463287.6,100208.3\n"
        "P1,again,463287.6,100208.3\n"
        ",blank id,463541.7,99516.4\n"
        "P3,infinite,inf,99516.4\n"
        "P4,nan,nan,99516.4\n"
        "P5,none,,\n"
        "P6,half,463541.7,\n"
        "P7,far,9000000,9000000\n"
        "P8,degrees,-1.09,50.85\n"
        "P9,letters,SU 63,99\n"
        "P10,null island,0,0\n"
        "P11,exchanged,99516.4,463541.7\n"
        "P12,too many cells,463541.7,99516.4,5\n",
    )
    assert aside(found) == [
        (4, "duplicate_id"),
        (5, "blank_id"),
        (6, "not_finite"),
        (7, "not_finite"),
        (8, "no_position"),
        (9, "no_position"),
        (10, "outside_crs"),
        (11, "not_metres"),
        (12, "not_a_number"),
        (13, "no_position"),
        (14, "swapped_axes"),
        (15, "ragged_row"),
    ]
    assert found.table["school_id"].tolist() == ["P1", "P2"]
    SCHOOLS.check(found.table)


def test_an_exchanged_gate_is_told_by_the_others(tmp_path: Path) -> None:
    rows = "".join(f"P{n},S,{463000 + n},{99000 + n}\n" for n in range(5))
    found = read(tmp_path, "school_id,name,easting,northing\n" + rows + "X,S,99516,463541\n")
    assert aside(found) == [(7, "swapped_axes")]


def test_a_repeated_id_counts_where_it_can_be_used(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "school_id,name,easting,northing\nP1,A,,\nP1,A,463541,99516\nP1,A,463541,99516\n",
    )
    assert aside(found) == [(2, "no_position"), (4, "duplicate_id")]


def test_degrees_are_projected_and_checked(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "id,name,lat,lon\n"
        "a,A,50.852105,-1.090495\n"
        "b,exchanged,-1.090495,50.852105\n"
        "c,grid reference,99516,463541\n"
        "d,null island,0,0\n"
        "e,in Paris,48.85,2.35\n"
        "f,in Berlin,52.5,13.4\n",
        columns=DEGREES,
    )
    assert aside(found) == [
        (3, "swapped_axes"),
        (4, "not_degrees"),
        (5, "no_position"),
        (7, "outside_crs"),
    ]
    x, y = Transformer.from_crs(4326, 27700, always_xy=True).transform(-1.090495, 50.852105)
    row = found.table.iloc[0]
    assert (row["x"], row["y"]) == pytest.approx((x, y), abs=1e-6)


def test_names_are_kept_as_they_are(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "${alert(1)}", "O'Neill & Sons", "Ysgol Tŷ Coch"]
    rows = "".join(f"P{n},{name},463541,99516\n" for n, name in enumerate(names))
    found = read(tmp_path, f"school_id,name,easting,northing\n{rows}P9,,463541,99516\n")
    assert found.table["name"].tolist() == [*names, "P9"]


def test_a_gias_extract(tmp_path: Path) -> None:
    text = GIAS_HEADER + (
        '"100000","201","City of London","The Aldgate School","Open","Primary","533498","181201"\n'
        '"100219","204","Hackney","Café","Open, but proposed to close","","535671","184827"\n'
        '"100218","204","Hackney","Berger","Open","Primary","535671","184827"\n'
        '"100220","204","Hackney","Gone","Closed","Primary","535671","184827"\n'
        '"100221","204","Hackney","New","Proposed to open","Primary","535671","184827"\n'
        '"100222","204","Hackney","Nowhere","Open","Primary","",""\n'
    )
    found = read(tmp_path, text, "gias", local_authority="hackney", encoding="cp1252")
    assert found.table.to_dict("records") == [
        {"school_id": "100218", "name": "Berger", "x": 535671.0, "y": 184827.0},
        {"school_id": "100219", "name": "Café", "x": 535671.0, "y": 184827.0},
    ]
    assert aside(found) == [
        (2, "other_authority"),
        (5, "not_open"),
        (6, "not_open"),
        (7, "no_position"),
    ]
    assert any("cp1252" in note for note in found.record.notes)


def test_a_gias_extract_in_another_crs(tmp_path: Path) -> None:
    text = GIAS_HEADER + '"1","204","Hackney","A","Open","Primary","535671","184827"\n'
    found = read(tmp_path, text, "gias", crs="EPSG:32630")
    x, y = Transformer.from_crs(27700, 32630, always_xy=True).transform(535671, 184827)
    assert found.table[["x", "y"]].to_numpy()[0] == pytest.approx([x, y], abs=1e-6)


def test_a_whole_country_is_too_many(tmp_path: Path) -> None:
    row = '"{}","204","Hackney","A","Open","Primary","535671","184827"\n'
    text = GIAS_HEADER + "".join(row.format(n) for n in range(2_500))
    with pytest.raises(SourceError, match="local_authority"):
        read(tmp_path, text, "gias")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("school_id,name,easting,northing\n", "No school is left"),
        ("school_id,name,easting,northing\nP1,A,1,\n", "no_position 1"),
        ("URN,name,easting,northing\n1,A,1,1\n", "schools.columns"),
    ],
)
def test_a_file_without_schools_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(tmp_path, text)


def test_a_misspelt_authority_is_refused_with_the_nearest(tmp_path: Path) -> None:
    text = GIAS_HEADER + '"1","204","Hackney","A","Open","Primary","535671","184827"\n'
    with pytest.raises(SourceError, match="near it are Hackney"):
        read(tmp_path, text, "gias", local_authority="Hackny")


def test_no_message_quotes_a_cell(tmp_path: Path) -> None:
    text = "school_id,name,easting,northing\nP1,Jane Secret,TQ 30 80,x\n"
    with pytest.raises(SourceError) as caught:
        read(tmp_path, text)
    assert "Jane" not in str(caught.value)
    assert "TQ" not in str(caught.value)
