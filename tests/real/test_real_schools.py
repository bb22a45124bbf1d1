from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridors.domain.area import SchoolsInput
from corridors.sources.schools import read_schools
from corridors.sources.tabular import read_table
from tests.shared import shared_path

pytestmark = pytest.mark.shared


def test_portsmouth_schools() -> None:
    path = shared_path("data/portsmouth/schools.csv")
    columns = {"id": "school_id", "name": "name", "easting": "easting", "northing": "northing"}
    found = read_schools(SchoolsInput(path.name, "columns", columns), path.parent, "EPSG:27700")
    assert (found.record.rows_in, found.record.used) == (107, 107)
    expected = pd.read_csv(path).sort_values("school_id")
    assert found.table["school_id"].tolist() == expected["school_id"].tolist()
    assert found.table["x"].tolist() == expected["easting"].tolist()


@pytest.mark.parametrize("authority", [None, "Hackney", "Westminster"])
def test_gla_atlas_schools(authority: str | None) -> None:
    path = shared_path("data/london-central/schools_gla_2016.csv")
    found = read_schools(
        SchoolsInput(path.name, "gla-atlas", {}, authority), path.parent, "EPSG:27700"
    )
    table = pd.read_csv(path, dtype=str)
    ours = table if authority is None else table[table["LA_NAME"] == authority]
    opened = ours[ours["STATUS"] == "Open"].drop_duplicates("URN")
    assert found.record.rows_in == 378
    assert set(found.table["school_id"]) == set(opened["URN"])
    # Every row that repeats an open school's URN is named as such: no other reason is left.
    n_repeats = int((ours["STATUS"] == "Open").sum()) - len(opened)
    assert found.record.set_aside["duplicate_id"] == n_repeats
    assert found.record.set_aside["not_open"] == int((ours["STATUS"] != "Open").sum())
    assert any("ages are not used" in note for note in found.record.notes)


def test_gla_atlas_by_degrees_agrees_with_its_grid() -> None:
    path = shared_path("data/london-central/schools_gla_2016.csv")
    degrees = {
        "id": "OBJECTID",
        "name": "SCHOOL_NAM",
        "longitude": "longitude",
        "latitude": "latitude",
    }
    grid = {"id": "OBJECTID", "name": "SCHOOL_NAM", "easting": "EASTING", "northing": "NORTHING"}
    first, second = (
        read_schools(SchoolsInput(path.name, "columns", columns), path.parent, "EPSG:27700").table
        for columns in (degrees, grid)
    )
    assert first["school_id"].tolist() == second["school_id"].tolist()
    apart_m = np.hypot(first["x"] - second["x"], first["y"] - second["y"])
    # The atlas itself disagrees for a few schools, by 209 m and less.
    assert (apart_m < 10).mean() > 0.95
    assert apart_m.max() < 300


def test_large_parquet_is_read_whole() -> None:
    path = shared_path("data/london-central/police-uk-api_2016-01_2017-06.parquet")
    raw = read_table(path)
    assert raw.n_rows == 158_834
    assert len(raw.bad_rows) == 0
    assert (raw.frame["persistent_id"] == "").sum() >= 25_204
    assert (raw.frame["lon"].astype(float) == raw.typed["lon"]).all()
