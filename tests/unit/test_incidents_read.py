"""The whole reader: layouts, globs, identifiers, empty and broken files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from corridors.domain.area import IncidentsInput
from corridors.domain.tables import INCIDENTS, SET_ASIDE
from corridors.errors import SourceError
from corridors.sources.incidents import read_incidents
from corridors.sources.incidents_reasons import REASONS
from tests.incident_files import (
    BOUNDS,
    CRS,
    EASTING,
    HEADER,
    LATITUDE,
    LONDON,
    LONGITUDE,
    NORTHING,
    STREET_HEADER,
    mapped,
    read,
    read_export,
    reasons,
    street,
    street_row,
    times,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

API = IncidentsInput(path="api.json", format="police-uk-api", timezone=LONDON)


def _row(ref: str, x: float = EASTING, start: str = "2018-11-09 14:30") -> str:
    return f"{ref},{start},,Robbery,{x},{NORTHING}"


def _api_record(number: int, persistent_id: str = "") -> dict[str, object]:
    """One record as the API gives it."""
    return {
        "category": "violent-crime",
        "location_type": "Force",
        "location": {
            "latitude": str(LATITUDE),
            "street": {"id": 1, "name": "On or near X"},
            "longitude": str(LONGITUDE),
        },
        "context": "",
        "outcome_status": {"category": "Under investigation", "date": "2018-10"},
        "persistent_id": persistent_id,
        "id": number,
        "location_subtype": "",
        "month": "2018-10",
    }


def test_a_street_file(tmp_path: Path) -> None:
    write(
        tmp_path / "2018-10-x-street.csv",
        STREET_HEADER,
        street_row("a1"),
        street_row(crime_type="Drugs"),
        street_row(month="2018-13"),
        street_row(longitude="", latitude=""),
        street_row("a1"),
        street_row(),
        street_row(),
    )
    found = read(tmp_path, street())
    INCIDENTS.check(found.table)
    SET_ASIDE.check(found.set_aside)
    assert times(found) == [("2018-09-30 23:00", "2018-11-01 00:00", "month")] * 4
    assert found.table["origin"].tolist() == ["reported", "discovered", "reported", "reported"]
    assert found.table["line"].tolist() == [2, 3, 7, 8]
    assert found.table["incident_id"].is_unique
    assert reasons(found) == [(4, "bad_time"), (5, "no_position"), (6, "duplicate_id")]
    record = found.records[0]
    assert (record.path, record.rows_in, record.used) == ("2018-10-x-street.csv", 7, 4)
    assert dict(record.set_aside) == {"bad_time": 1, "duplicate_id": 1, "no_position": 1}
    assert len(record.sha256) == 64


def test_snake_case_headers_and_parquet(tmp_path: Path) -> None:
    header = STREET_HEADER.lower().replace(" ", "_")
    path = write(tmp_path / "a.csv", header, street_row("a1"), street_row("a2"))
    assert len(read(tmp_path, street()).table) == 2
    pd.read_csv(path).to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path, street("a.parquet"))
    assert found.table["incident_id"].tolist() == ["a1", "a2"]


def test_identical_ids_in_two_months_are_one(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", STREET_HEADER, street_row("a1"), street_row())
    write(tmp_path / "2.csv", STREET_HEADER, street_row("a1", "2018-11"), street_row())
    found = read(tmp_path, street())
    assert [(row, code) for row, code in reasons(found)] == [(2, "duplicate_id")]
    assert found.set_aside["file"].tolist() == ["2.csv"]
    assert found.table["source"].tolist() == [0, 0, 1]


def test_api_records_as_they_come(tmp_path: Path) -> None:
    records = [_api_record(1), _api_record(2), _api_record(2), _api_record(3, "p"),
               _api_record(4, "p"), {**_api_record(5), "location": None}]  # fmt: skip
    write(tmp_path / "api.json", json.dumps(records))
    found = read(tmp_path, API)
    # A blank or repeated persistent_id tells nothing: id is the identifier.
    assert found.table["incident_id"].tolist() == ["1", "2", "3", "4"]
    assert reasons(found) == [(3, "duplicate_id"), (6, "no_position")]
    assert set(found.table["category"]) == {"violence"}
    assert set(found.table["place_precision"]) == {"snapped"}


def test_api_records_flattened(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"id": [1, 2], "month": "2018-10", "category": "drugs", "lon": LONGITUDE, "lat": LATITUDE}
    )
    frame.to_parquet(tmp_path / "api.parquet")
    assert len(read(tmp_path, replace(API, path="api.parquet")).table) == 2


def test_blank_ids_each_count(tmp_path: Path) -> None:
    blanks = ["", "nan", "None", "NaN", "null"]
    found = read_export(tmp_path, *[_row(ref) for ref in [*blanks, "x", "x", " x "]])
    assert len(found.table) == 6
    assert reasons(found) == [(8, "duplicate_id"), (9, "duplicate_id")]
    assert found.table["incident_id"].is_unique
    assert found.table["incident_id"].tolist()[0] == "export.csv:2"


def test_a_row_that_cannot_be_used_does_not_shadow_a_good_one(tmp_path: Path) -> None:
    found = read_export(tmp_path, _row("x", start="never"), _row("x"), _row("x"))
    assert found.table["line"].tolist() == [3]
    assert reasons(found) == [(2, "bad_time"), (4, "duplicate_id")]


def test_an_id_made_by_hand_like_ours_stays_apart(tmp_path: Path) -> None:
    found = read_export(tmp_path, _row("export.csv:3"), _row(""))
    assert len(found.table) == 2
    assert found.table["incident_id"].is_unique


def test_ids_of_two_mapped_inputs(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", HEADER, _row("1"), _row("2"))
    write(tmp_path / "two.csv", HEADER, _row("1", EASTING + 20), _row("2", EASTING + 500))
    found = read(tmp_path, mapped("one.csv"), mapped("two.csv"))
    # The same number at the same place is the same incident; 500 m away it is another's number.
    assert found.set_aside["reason"].tolist() == ["duplicate_id"]
    assert len(found.table) == 3
    assert found.table["incident_id"].is_unique
    assert any("taken for different incidents" in note for note in found.notes)
    # In two files of one input it is the same incident wherever it is.
    found = read(tmp_path, mapped("*.csv"))
    assert found.set_aside["reason"].tolist() == ["duplicate_id"] * 2


def test_a_file_matched_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", STREET_HEADER, street_row(), street_row())
    found = read(tmp_path, street("*.csv"), street("a.csv"), street("./a.csv"))
    assert len(found.records) == 1
    assert len(found.table) == 2
    assert any("2 files are matched by more than one" in note for note in found.notes)


def test_a_copy_of_a_file_is_counted_once(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, STREET_HEADER, street_row(), street_row("x"))
    found = read(tmp_path, street())
    assert len(found.table) == 2
    assert dict(found.records[1].set_aside) == {"duplicate_file": 2}
    assert found.records[1].notes == ("The file is a copy of a.csv: it is counted once.",)


@pytest.mark.parametrize("content", ["", "\n", f"{STREET_HEADER}\n", STREET_HEADER])
def test_an_empty_file_is_a_valid_answer(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    found = read(tmp_path, street())
    INCIDENTS.check(found.table)
    assert found.table.empty
    assert found.table.columns.tolist() == INCIDENTS.names
    assert str(found.table["starts_at"].dtype).endswith("UTC]")
    assert (found.records[0].rows_in, found.records[0].used) == (0, 0)
    assert found.notes[0] == "There are no incidents at all: no evidence, no patrol."


def test_no_inputs_at_all(tmp_path: Path) -> None:
    assert read(tmp_path).table.empty


def test_an_empty_json_list(tmp_path: Path) -> None:
    write(tmp_path / "api.json", "[]")
    assert read(tmp_path, API).table.empty


def test_damaged_rows_are_set_aside_by_line(tmp_path: Path) -> None:
    found = read_export(tmp_path, _row("1"), "2,2018-11-09", _row("3"))
    assert found.table["line"].tolist() == [2, 4]
    assert [line for line, _ in reasons(found)] == [3]


def test_lines_are_counted_as_a_reader_would(tmp_path: Path) -> None:
    found = read_export(tmp_path, f'1,2018-11-09,,"two\nlines",{EASTING},{NORTHING}', _row("2"))
    assert found.table["line"].tolist() == [2, 4]


def test_windows_text_is_read(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,2018-11-09 14:30,,Caf\u00e9,{EASTING},{NORTHING}\n"
    (tmp_path / "export.csv").write_bytes(text.encode("cp1252"))
    assert len(read(tmp_path, mapped()).table) == 1
    with pytest.raises(SourceError, match=r"export\.csv"):
        read(tmp_path, mapped(encoding="utf-8"))


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", STREET_HEADER.replace("Crime type", "Kind"), street_row())
    write(tmp_path / "b.csv", STREET_HEADER.replace("Month,", "When,"), street_row())
    write(tmp_path / "export.txt", "Ref,From,To,X", "1,2,3,4")
    with pytest.raises(SourceError) as caught:
        read(tmp_path, street(), mapped("export.txt"), street("none/*.csv"))
    where = [problem.where for problem in caught.value.problems]
    assert where == ["incidents[3].path", "a.csv", "b.csv", "export.txt", "export.txt"]
    text = str(caught.value)
    assert "'Crime type'" in text
    assert "'Month'" in text
    assert "'Offence'" in text
    assert "'Y'" in text


def test_a_file_of_outcomes_is_told(tmp_path: Path) -> None:
    header = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Outcome type"
    write(tmp_path / "2018-10-x-outcomes.csv", header)
    with pytest.raises(SourceError, match="outcomes, not of crimes"):
        read(tmp_path, street())


@pytest.mark.parametrize("key", ["id", "month", "category"])
def test_api_without_a_column(tmp_path: Path, key: str) -> None:
    record = _api_record(1)
    del record[key]
    write(tmp_path / "api.json", json.dumps([record]))
    with pytest.raises(SourceError, match=repr(key)):
        read(tmp_path, API)


def test_api_without_places(tmp_path: Path) -> None:
    write(tmp_path / "api.json", json.dumps([{**_api_record(1), "location": None}]))
    with pytest.raises(SourceError, match="'longitude'"):
        read(tmp_path, API)


def test_a_mapping_without_time_or_place(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_export(tmp_path, _row("1"), mapping={"id": "Ref", "easting": "X"})
    assert len(caught.value.problems) == 2


def test_no_such_format(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no format"):
        read_export(tmp_path, _row("1"), format="excel")


def test_progress_tells_each_file(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        write(tmp_path / name, STREET_HEADER, street_row(name))
    told: list[str] = []
    read_incidents(
        (street(),), tmp_path, CRS, BOUNDS, as_of=None, timezone=LONDON, progress=told.append
    )
    assert told == ["a.csv", "b.csv"]


def test_messages_hold_no_cell(tmp_path: Path) -> None:
    secret = "Zaphod"  # noqa: S105 -- a name
    found = read_export(
        tmp_path,
        f"{secret},{secret},,{secret},{EASTING},{NORTHING}",
        f"{secret},2018-11-09 14:30,,{secret},{secret},{NORTHING}",
        f"1,2018-11-09 14:30,,{secret},{EASTING},{NORTHING}",
    )
    assert secret not in str(found.notes)
    assert secret not in found.set_aside.to_csv()
    assert secret not in found.table.to_csv()


def test_reasons_are_sentences() -> None:
    assert all(text.endswith(".") and text[0].isupper() for text in REASONS.values())
