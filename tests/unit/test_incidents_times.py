"""When: formats, missing ends, clock changes and what cannot be a time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from corridors.sources.incidents_clock import join_date_time, read_moments
from tests.incident_files import EASTING, NORTHING, mapped, read, read_export, reasons, times, write

if TYPE_CHECKING:
    from pathlib import Path


def _row(start: str, end: str = "", ref: str = "") -> str:
    return f"{ref},{start},{end},Robbery,{EASTING},{NORTHING}"


# A winter's Friday, so that local time is UTC.
@pytest.mark.parametrize(
    "text",
    [
        "2018-11-09 14:30",
        "2018-11-09T14:30:00",
        "2018-11-09T14:30:00.123456Z",
        "2018-11-09 14:30:00+00:00",
        "2018-11-09T16:30:00+0200",
        "2018-11-09T09:30:00-05",
        "2018/11/09 14:30",
        "09/11/2018 14:30",
        "9/11/2018 14:30:00",
        "09-11-2018 14:30",
        "09.11.2018 14.30",
        "09/11/18 1430",
        "09/11/2018 2:30 PM",
        "09-NOV-2018 14:30",
        "9 November 2018 02:30pm",
        "09-Nov-18 14:30",
        "20181109 14:30",
        "20181109T143000",
        "43413.604166666664",
    ],
)
def test_one_moment_in_many_writings(tmp_path: Path, text: str) -> None:
    found = read_export(tmp_path, _row(text))
    assert times(found) == [("2018-11-09 14:30", "2018-11-09 14:30", "exact")]


@pytest.mark.parametrize(
    "text",
    [
        "2018-13",
        "2018-13-01",
        "2018-00-10",
        "2018-02-29",
        "31/04/2018 10:00",
        "2018-11-09 24:30",
        "2018-11-09 14:61",
        "2018-11-09 13:30 pm",
        "1900-01-01 00:00",
        "1989-12-31 23:59",
        "9999-12-31",
        "2018-11-09 14:30+25:00",
        "unknown",
        "2018",
        "14:30",
        "٢٠١٨-١١-٠٩",
        "2018-11-09 14:30 or so",
        "1" * 80,
    ],
)
@pytest.mark.parametrize("side", ["from", "to"])
def test_what_is_no_time_is_set_aside(tmp_path: Path, text: str, side: str) -> None:
    row = _row(text) if side == "from" else _row("2018-11-09 14:00", text)
    found = read_export(tmp_path, row, _row("2018-11-09 14:30"))
    assert reasons(found) == [(2, "bad_time")]
    assert len(found.table) == 1


@pytest.mark.parametrize("blank", ["", "  ", "nan", "NaT", "None", "NULL"])
def test_missing_ends(tmp_path: Path, blank: str) -> None:
    found = read_export(
        tmp_path,
        _row("2018-11-09 14:30", blank),
        _row(blank, "2018-11-09 15:30"),
        _row(blank, blank),
        _row("2018-11-09 14:30", "2018-11-09 16:00"),
    )
    assert times(found) == [
        ("2018-11-09 14:30", "2018-11-09 14:30", "exact"),
        ("2018-11-09 15:30", "2018-11-09 15:30", "exact"),
        ("2018-11-09 14:30", "2018-11-09 16:00", "interval"),
    ]
    assert reasons(found) == [(4, "no_time")]
    assert "1 rows say only when they ended: taken as the time." in found.records[0].notes


def test_days_and_months_are_as_long_as_they_are(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        _row("2018-07-05"),
        _row("05/07/2018", "07/07/2018"),
        _row("2018-10"),
        _row("2018-07-05 14:00", "2018-07-06"),
        _row("2018-10-28"),
        _row("2018-10-05 10:00", "2018-11"),
    )
    assert times(found) == [
        ("2018-07-04 23:00", "2018-07-05 23:00", "day"),
        ("2018-07-04 23:00", "2018-07-07 23:00", "day"),
        ("2018-09-30 23:00", "2018-11-01 00:00", "month"),  # in summer time, then out of it
        ("2018-07-05 13:00", "2018-07-06 23:00", "interval"),
        ("2018-10-27 23:00", "2018-10-29 00:00", "day"),  # 25 hours
        ("2018-10-05 09:00", "2018-12-01 00:00", "month"),
    ]


def test_local_time_at_the_clock_changes(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        _row("2018-03-25 00:59"),
        _row("2018-03-25 01:30"),  # never was
        _row("2018-03-25 02:00"),
        _row("2018-10-28 00:59"),
        _row("2018-10-28 01:30"),  # was twice
        _row("2018-10-28 02:00"),
        _row("2018-10-28 01:50", "2018-10-28 01:10"),  # 00:50 to 01:10 UTC is possible
        _row("2018-03-25 00:30", "2018-03-25 01:00"),
        _row("2018-03-25T01:30:00Z"),  # says its offset
    )
    assert times(found) == [
        ("2018-03-25 00:59", "2018-03-25 00:59", "exact"),
        ("2018-03-25 01:00", "2018-03-25 01:00", "exact"),
        ("2018-10-27 23:59", "2018-10-27 23:59", "exact"),
        ("2018-10-28 00:30", "2018-10-28 01:30", "interval"),
        ("2018-10-28 02:00", "2018-10-28 02:00", "exact"),
        ("2018-10-28 00:50", "2018-10-28 01:10", "interval"),
        ("2018-03-25 01:30", "2018-03-25 01:30", "exact"),
    ]
    assert reasons(found) == [(3, "nonexistent_local_time"), (9, "nonexistent_local_time")]
    (note,) = [note for note in found.records[0].notes if "exists twice" in note]
    assert note.startswith("2 rows ")


def test_a_false_offset_can_be_ignored(tmp_path: Path) -> None:
    row = _row("2018-07-05T14:30:00Z")
    assert times(read_export(tmp_path, row))[0][0] == "2018-07-05 14:30"
    assert times(read_export(tmp_path, row, ignore_utc_offset=True))[0][0] == "2018-07-05 13:30"


def test_the_inputs_own_timezone(tmp_path: Path) -> None:
    found = read_export(tmp_path, _row("2019-01-01 19:50"), timezone="America/Los_Angeles")
    assert times(found)[0][0] == "2019-01-02 03:50"


def test_end_before_start(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        _row("2018-11-09 14:30", "2018-11-09 14:29"),
        _row("2018-11-09 14:30", "2018-11-09"),
        _row("2018-11-09", "2018-11-08"),
    )
    assert reasons(found) == [(2, "ends_before_start"), (4, "ends_before_start")]
    assert times(found) == [("2018-11-09 14:30", "2018-11-10 00:00", "interval")]


def test_as_of_sets_aside_what_may_be_later(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        _row("2018-07-05 23:59"),
        _row("2018-07-05"),
        _row("2018-07-06 00:00", "2018-07-06 00:01"),
        _row("2018-07-05 20:00", "2018-07-06 02:00"),
        _row("2018-06"),
        _row("2018-07"),
        as_of=date(2018, 7, 5),
    )
    assert reasons(found) == [(4, "after_as_of"), (5, "after_as_of"), (7, "after_as_of")]
    assert [precision for *_, precision in times(found)] == ["exact", "day", "month"]


def test_date_and_time_in_two_columns(tmp_path: Path) -> None:
    header = "Ref,D1,T1,D2,T2,Offence,X,Y"
    mapping = {"from": ("D1", "T1"), "to": ("D2", "T2"), "easting": "X", "northing": "Y"}
    place = f"Robbery,{EASTING},{NORTHING}"
    found = read_export(
        tmp_path,
        f"1,2025/01/11,12:29,2025/01/11,13:00,{place}",
        f"2,2025/01/11,,,,{place}",
        f"3,,12:29,,,{place}",
        f"4,2025-01-11 00:00:00,1900-01-01 12:29:00,,12:40,{place}",
        f"5,2025/01/11,9999,,,{place}",
        header=header,
        mapping=mapping,
    )
    assert times(found) == [
        ("2025-01-11 12:29", "2025-01-11 13:00", "interval"),
        ("2025-01-11 00:00", "2025-01-12 00:00", "day"),
        ("2025-01-11 12:29", "2025-01-11 12:29", "exact"),
    ]
    assert reasons(found) == [(4, "no_time"), (6, "bad_time")]


def test_the_day_comes_first_unless_the_whole_file_speaks_against_it() -> None:
    def days(*cells: str) -> list[str]:
        (moments,) = read_moments([pd.Series(cells, dtype="str")])
        return [
            str(day) if fits else "bad"
            for day, fits in zip(moments.day, moments.readable, strict=True)
        ]

    assert days("05/10/2018", "06/11/2018") == ["2018-10-05", "2018-11-06"]
    assert days("05/10/2018", "10/31/2018") == ["2018-05-10", "2018-10-31"]
    # One row fits only day first: the file is day first, and the other is an error.
    assert days("31/10/2018", "10/31/2018") == ["2018-10-31", "bad"]
    # One slip in many rows does not turn the file over.
    assert days(*["05/10/2018"] * 9, "10/31/2018") == ["2018-10-05"] * 9 + ["bad"]


def test_the_order_is_decided_over_both_columns() -> None:
    start = pd.Series(["05/10/2018 10:00"], dtype="str")
    end = pd.Series(["10/31/2018 10:00"], dtype="str")
    first, last = read_moments([start, end])
    assert [str(first.day[0]), str(last.day[0])] == ["2018-05-10", "2018-10-31"]
    assert first.month_first


def test_midnights_of_a_spreadsheet_are_days(tmp_path: Path) -> None:
    rows = [_row(f"2018-11-0{day}T00:00:00Z") for day in range(1, 4)]
    found = read_export(tmp_path, *rows)
    assert {precision for *_, precision in times(found)} == {"day"}
    assert any("midnight: read as days" in note for note in found.notes)
    found = read_export(tmp_path, *rows, _row("2018-11-05 00:01"))
    assert [precision for *_, precision in times(found)] == ["exact"] * 4
    assert any("3 of 4 start times are exactly midnight" in note for note in found.notes)


def test_join_keeps_a_date_without_time() -> None:
    dates = pd.Series(["2018-11-09", "", "2018-11-09T00:00:00", "nan"], dtype="str")
    clock = pd.Series(["", "10:00", "10:00", "10:00"], dtype="str")
    assert join_date_time(dates, clock).tolist() == ["2018-11-09", "", "2018-11-09 10:00", ""]


def test_notes_tell_precision_and_long_intervals(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        _row("2018-11-09 14:30"),
        _row("2018-11-09 14:30", "2018-11-09 16:00"),
        _row("2018-11-09 14:30", "2018-11-10 14:30"),
        _row("2018-11-09 14:30", "2018-11-10 14:31"),
        _row("2018-11-09"),
        _row("2018-11"),
    )
    notes = found.records[0].notes
    assert notes[0] == "Precision of time: 1 exact, 3 interval, 1 day, 1 month."
    assert notes[1] == "1 of 3 intervals (33%) are longer than 24 hours."


def test_parquet_timestamps(tmp_path: Path) -> None:
    clock = pd.to_datetime(["2018-07-05 14:30", "NaT"])
    frame = pd.DataFrame({"From": clock, "X": EASTING, "Y": NORTHING})
    frame["Aware"] = frame["From"].dt.tz_localize("Europe/Paris")
    frame.to_parquet(tmp_path / "export.parquet")
    mapping = {"from": "From", "easting": "X", "northing": "Y"}
    found = read(tmp_path, mapped("export.parquet", mapping=mapping))
    assert times(found)[0][0] == "2018-07-05 13:30"
    assert reasons(found) == [(2, "no_time")]
    found = read(tmp_path, mapped("export.parquet", mapping={**mapping, "from": "Aware"}))
    assert times(found)[0][0] == "2018-07-05 12:30"


def test_json_records(tmp_path: Path) -> None:
    write(tmp_path / "export.json", '[{"From": "2018-07-05T14:30:00Z", "X": 464120, "Y": 106237}]')
    mapping = {"from": "From", "easting": "X", "northing": "Y"}
    found = read(tmp_path, mapped("export.json", mapping=mapping))
    assert times(found)[0][0] == "2018-07-05 14:30"
