"""Real files: nothing lost, times as published, identifiers that identify."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pyproj import Transformer

from corridors.domain.area import IncidentsInput
from corridors.domain.tables import INCIDENTS
from corridors.sources.incidents import IncidentsRead, read_incidents
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared

LONDON = "Europe/London"
PORTSMOUTH = (-1.12, 50.77, -1.02, 50.87)
GREATER_LONDON = (-0.55, 51.28, 0.34, 51.70)
SAN_FRANCISCO = (-122.52, 37.70, -122.35, 37.84)


def _read(
    spec: IncidentsInput,
    folder: Path,
    lonlat: tuple[float, float, float, float],
    crs: str = "EPSG:27700",
) -> IncidentsRead:
    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    bounds = transformer.transform_bounds(*lonlat)
    found = read_incidents((spec,), folder, crs, bounds, as_of=None, timezone=spec.timezone)
    INCIDENTS.check(found.table)
    for record in found.records:
        assert record.rows_in == record.used + record.n_set_aside
    return found


def test_portsmouth_street_files() -> None:
    folder = shared_path("data/portsmouth")
    spec = IncidentsInput("police-uk/*.csv", "police-uk", LONDON)
    found = _read(spec, folder, PORTSMOUTH)
    assert [record.rows_in for record in found.records] == [2388, 2227, 1901]
    assert len(found.table) == 2388 + 2227 + 1901
    october = found.table[found.table["source"] == 0]
    assert set(october["time_precision"]) == {"month"}
    assert set(october["starts_at"].astype(str)) == {"2018-09-30 23:00:00+00:00"}
    assert set(october["ends_at"].astype(str)) == {"2018-11-01 00:00:00+00:00"}
    with (folder / "police-uk/2018-10-hampshire-street.csv").open(encoding="utf-8") as file:
        words = [row["Crime type"] for row in csv.DictReader(file)]
    counts = october["category"].value_counts()
    assert counts["violence"] == words.count("Violence and sexual offences") == 844
    assert counts["robbery"] == words.count("Robbery")
    n_discovered = words.count("Drugs") + words.count("Possession of weapons")
    assert (october["origin"] == "discovered").sum() == n_discovered
    assert "other" not in counts


def test_london_api_records() -> None:
    folder = shared_path("data/london-central")
    name = "police-uk-api_2016-01_2017-06.parquet"
    spec = IncidentsInput(name, "police-uk-api", LONDON)
    found = _read(spec, folder, GREATER_LONDON)
    raw = pd.read_parquet(folder / name, columns=["id", "persistent_id"])
    n_repeats = int(raw["id"].duplicated().sum())
    assert found.records[0].rows_in == len(raw) == 158_834
    # A blank or repeated persistent_id sets nothing aside.
    assert found.records[0].set_aside.get("duplicate_id", 0) == n_repeats
    assert len(found.table) == 158_834 - n_repeats
    assert set(found.table["place_precision"]) == {"snapped"}
    assert "other" not in set(found.table["category"])
    centre = _read(spec, folder, (-0.197, 51.494, -0.085, 51.534))
    assert set(centre.records[0].set_aside) == {"outside_area"}


def test_san_francisco_local_times_behind_a_false_z() -> None:
    folder = shared_path("data/san-francisco")
    spec = IncidentsInput(
        path="robberies_2019-01_2019-06.csv",
        format="mapped",
        timezone="America/Los_Angeles",
        ignore_utc_offset=True,
        mapping={
            "id": "uid",
            "from": "date_time",
            "category": "offense_type",
            "longitude": "longitude",
            "latitude": "latitude",
        },
    )
    found = _read(spec, folder, SAN_FRANCISCO, "EPSG:32610")
    assert len(found.table) == found.records[0].rows_in == 434
    assert set(found.table["category"]) == {"robbery"}
    assert set(found.table["time_precision"]) == {"exact"}
    local = found.table["starts_at"].dt.tz_convert("America/Los_Angeles")
    minute = local.dt.hour * 60 + local.dt.minute
    in_window = (local.dt.day_of_week < 5) & minute.between(14 * 60 + 50, 17 * 60 + 40)
    assert in_window.sum() == 34  # as the description of the data says


@pytest.mark.parametrize(
    ("name", "key", "category"),
    [
        ("police-uk_burglary_2021-01_2023-12.csv", "Crime ID", "burglary"),
        ("police-uk_theft-from-person_2020-01_2020-09.csv", "crime_id", "theft_from_person"),
    ],
)
def test_hackney_series(name: str, key: str, category: str) -> None:
    folder = shared_path("data/hackney")
    found = _read(IncidentsInput(name, "police-uk", LONDON), folder, GREATER_LONDON)
    with (folder / name).open(encoding="utf-8") as file:
        ids = [row[key] for row in csv.DictReader(file)]
    n_kept = len({one for one in ids if one}) + ids.count("")
    assert found.records[0].rows_in == len(ids)
    assert len(found.table) == n_kept
    assert dict(found.records[0].set_aside) == {"duplicate_id": len(ids) - n_kept}
    assert set(found.table["category"]) == {category}


def test_hackney_stop_and_search_is_discovered() -> None:
    folder = shared_path("data/hackney")
    mapping = {"from": "Date", "category": "Type", "longitude": "Longitude", "latitude": "Latitude"}
    spec = IncidentsInput(
        "stop_and_search_*.parquet", "mapped", LONDON, mapping=mapping, place_precision="snapped"
    )
    found = _read(spec, folder, GREATER_LONDON)
    assert found.records[0].rows_in == len(found.table) == 131_929
    assert set(found.table["category"]) == {"stop_and_search"}
    assert set(found.table["origin"]) == {"discovered"}
    raw = pd.read_parquet(folder / "stop_and_search_2016-06_2023-06.parquet", columns=["Date"])
    expected = pd.to_datetime(raw["Date"], utc=True)
    assert (found.table["starts_at"].reset_index(drop=True) == expected).all()


def test_hackney_collisions_with_date_and_time_apart() -> None:
    folder = shared_path("data/hackney")
    spec = IncidentsInput(
        path="stats19_collisions_2025-01_2025-08.csv",
        format="mapped",
        timezone=LONDON,
        mapping={
            "id": "accident_index",
            "from": ("date", "time"),
            "longitude": "longitude",
            "latitude": "latitude",
        },
        categories={"*": "road_danger"},
    )
    found = _read(spec, folder, GREATER_LONDON)
    assert found.records[0].rows_in == 2273
    assert set(found.table["time_precision"]) <= {"exact", "interval"}
    assert set(found.table["category"]) == {"road_danger"}
    first = found.table.iloc[0]
    assert first["incident_id"] == "2025481709616"
    assert str(first["starts_at"]) == "2025-08-11 11:29:00+00:00"  # 12:29 in summer time
