"""Internal tables and reports: what they hold, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd

from corridors.outputs.internal import (
    report_json,
    school_segments_parquet,
    segments_parquet,
    set_aside_csv,
    timings_json,
)
from tests.toy import TOY_CRS, toy_basis_arrays, toy_network


def _segments() -> bytes:
    intensity, support, covered = toy_basis_arrays()
    return segments_parquet(
        toy_network(),
        intensity_per_km_day=np.where(covered, intensity, np.nan),
        n_incidents=support.astype(int),
        basis="window",
        covered=covered,
        extra={"p_adjusted": intensity / 100.0},
    )


def test_segments_hold_every_street_in_the_areas_crs() -> None:
    table = gpd.read_parquet(io.BytesIO(_segments()))
    assert list(table.columns[:7]) == [
        "segment_id",
        "geometry",
        "length_m",
        "intensity_per_km_day",
        "n_incidents",
        "basis",
        "covered",
    ]
    assert "p_adjusted" in table
    assert len(table) == 15
    assert table.crs == TOY_CRS
    np.testing.assert_allclose(table.length, table["length_m"])
    assert np.isnan(table["intensity_per_km_day"].iloc[14])
    assert not table["covered"].iloc[14]
    assert set(table["basis"]) == {"window"}


def test_bytes_are_the_same_each_time() -> None:
    assert _segments() == _segments()


def test_school_segments_are_sorted() -> None:
    table = pd.DataFrame(
        {
            "segment_id": ["s02", "s01", "s00"],
            "need": [1.0, 2.0, 3.0],
            "walk_m": [0.0, 1.0, 2.0],
            "grade": ["strong"] * 3,
            "school_id": ["T2", "T1", "T1"],
        }
    )
    back = pd.read_parquet(io.BytesIO(school_segments_parquet(table)))
    assert list(back.columns) == ["school_id", "segment_id", "need", "grade", "walk_m"]
    assert back["segment_id"].tolist() == ["s00", "s01", "s02"]


def test_reports_have_no_nan() -> None:
    report = {"a": np.float64("nan"), "b": [np.int64(3), float("inf")], "c": {"d": np.bool_(1)}}
    assert json.loads(report_json(report)) == {"a": None, "b": [3, None], "c": {"d": True}}
    assert json.loads(timings_json({"s": 1.5})) == {"s": 1.5}


def test_a_file_name_is_no_formula() -> None:
    names = ["=HYPERLINK(1)", "+1", "-1", "@x", " =1", "a,b.csv", 'q"q.csv', "x\ny.csv"]
    table = pd.DataFrame({"file": names, "line": range(8), "reason": ["no_time"] * 8})
    rows = list(csv.DictReader(io.StringIO(set_aside_csv(table))))
    read = sorted(row["file"] for row in rows)
    assert len(rows) == 8
    assert not any(name.lstrip().startswith(("=", "+", "-", "@")) for name in read)
    assert "'=HYPERLINK(1)" in read
    assert "a,b.csv" in read


def test_nothing_set_aside_is_a_header() -> None:
    empty = pd.DataFrame({"file": [], "line": [], "reason": []})
    assert set_aside_csv(empty) == "file,line,reason\n"
