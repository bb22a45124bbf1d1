"""Whatever a table holds: nothing is lost, and nothing but our own errors comes out."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.domain.area import SchoolsInput
from corridors.domain.inputs import InputRecord
from corridors.errors import CorridorsError
from corridors.sources.area import read_area
from corridors.sources.roster import read_roster
from corridors.sources.schools import read_schools
from corridors.sources.tabular import RawTable, read_table

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
NASTY = st.text(st.sampled_from("a1,;\"\n\t |-'é\0"), max_size=60)
COLUMNS = {"id": "school_id", "name": "name", "easting": "easting", "northing": "northing"}
SCHOOL_HEADER = "school_id,name,easting,northing\n"
ROSTER_HEADER = (
    "post_id,role,organisation,school_id,weekdays,from,to,walks_with_police,max_patrols_week\n"
)


def read(content: bytes, name: str = "t.csv") -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_table(path)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quote_all=st.booleans(),
)
def test_a_well_formed_table_equals_the_slow_reader(
    *, rows: list[list[str]], delimiter: str, line_end: str, quote_all: bool
) -> None:
    text = io.StringIO()
    if quote_all:
        writer = csv.writer(
            text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL
        )
    else:
        writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([["a", "b", "c"], *rows])
    raw = read(text.getvalue().encode())
    expected, lines, line = [], [], 2
    for row in rows:
        plain = [cell.replace("\r\n", "\n").strip() for cell in row]
        expected.append(plain)
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert raw.frame.to_numpy().tolist() == expected
    assert raw.line.tolist() == lines
    assert len(raw.bad_rows) == 0


@settings(max_examples=200, deadline=None)
@given(NASTY)
def test_no_row_of_a_damaged_table_is_lost_or_seen_twice(body: str) -> None:
    raw = read(("a,b,c\n" + body).encode())
    lines = np.concatenate((raw.line, raw.bad_rows["line"].to_numpy()))
    physical = ("a,b,c\n" + body).split("\n")
    assert raw.n_rows == len(lines) == len(set(lines.tolist()))
    assert all(2 <= line <= len(physical) for line in lines)
    if '"' not in body:
        # Without quotes a row is a line that is not empty.
        expected = [n for n, line in enumerate(physical[1:], start=2) if line]
        assert sorted(lines.tolist()) == expected


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(["t.csv", "t.json", "t.parquet", "t.jsonl"]))
def test_any_bytes_are_a_table_or_our_own_error(content: bytes, name: str) -> None:
    try:
        raw = read(content, name)
    except CorridorsError:
        pass
    else:
        assert raw.n_rows == len(raw.frame) + len(raw.bad_rows) == len(raw.line) + len(raw.bad_rows)


def adds_up(record: InputRecord, n_table: int, n_aside: int) -> bool:
    return record.used == n_table and record.rows_in == n_table + n_aside


COORDINATE = st.one_of(
    st.sampled_from(
        ["", "nan", "inf", "-1.09", "50.85", "463541.7", "0", "1e400", "x", "TQ 30 80"]
    ),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "P1", "P2", "P3"]), CELL, COORDINATE, COORDINATE)))
def test_schools_add_up(rows: list[tuple[str, str, str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["good", "A", "463541.7", "99516.4"], *rows])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "s.csv").write_text(SCHOOL_HEADER + text.getvalue(), "utf-8")
        read_back = read_schools(
            SchoolsInput("s.csv", "columns", COLUMNS), Path(folder), "EPSG:27700"
        )
    assert adds_up(read_back.record, len(read_back.table), len(read_back.set_aside))
    assert read_back.record.rows_in == len(rows) + 1
    assert read_back.table["school_id"].is_unique
    assert np.isfinite(read_back.table[["x", "y"]].to_numpy()).all()


WORD = st.one_of(
    st.sampled_from(["", "mon-fri", "tue", "15:00", "18:00", "yes", "no", "5", "youth_worker"]),
    CELL,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(WORD, min_size=9, max_size=9), max_size=6))
def test_rosters_add_up(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.csv"
        path.write_text(ROSTER_HEADER + text.getvalue(), "utf-8")
        read_back = read_roster(path, {"youth_worker"})
    assert adds_up(read_back.record, len(read_back.table), len(read_back.set_aside))
    assert read_back.record.rows_in == len(rows)


VALUE = st.recursive(
    st.one_of(
        st.sampled_from(
            ["true", "1", "-1", "1.5", "nan", "inf", "2026-11-23", "15:15:00", '""', '"mon"', "[]"]
        ),
        st.sampled_from(['"EPSG:27700"', '"Europe/London"', '"a\\u0000"', "2026-11-23T10:00:00Z"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["start", "end", "path", "school", "date", "time", "by", "from", "x"]),
            inner,
            max_size=3,
        ).map(lambda d: "{" + ", ".join(f"{key} = {value}" for key, value in d.items()) + "}"),
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        *("name", "crs", "timezone", "streets", "schools", "incidents", "coverage", "calendar"),
        *("roster", "agreements", "parameters", "override", "streets.path", "schools.path"),
        *("schools.columns", "incidents.mapping", "calendar.terms", "calendar.bells"),
        *("calendar.inset_days", "calendar.default_bell", "calendar.schools", "parameters.seed"),
        *("parameters.as_of", "parameters.kernel", "override.month_only", "agreements.p"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KEYS, VALUE), max_size=6))
def test_any_area_file_is_refused_in_our_own_words(lines: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "area.toml"
        path.write_text("\n".join(f"{key} = {value}" for key, value in lines), "utf-8")
        with pytest.raises(CorridorsError) as caught:
            read_area(path)
    assert str(caught.value)
