"""Whatever the cells hold: rows in = used + set aside, with known reasons and checked output."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.domain.tables import INCIDENTS
from corridors.sources.incidents_clock import read_moments
from corridors.sources.incidents_reasons import REASONS
from tests.incident_files import EASTING, HEADER, NORTHING, mapped, read

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_TIME = _TEXT | st.sampled_from(
    ["2018-11-09 14:30", "09/11/2018 14:30", "2018-10-28 01:30", "2018-03-25 01:30", "2018-10"]
) | st.datetimes().map(str)  # fmt: skip
_PLACE = _TEXT | st.floats().map(str) | st.sampled_from([str(EASTING), str(NORTHING), "0", "-1.09"])
_ROW = st.tuples(
    _TEXT | st.sampled_from(["1", "2", ""]),
    _TIME,
    _TIME | st.just(""),
    _TEXT | st.sampled_from(["Robbery", "Drugs"]),
    _PLACE,
    _PLACE,
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(_ROW, max_size=8))
def test_every_row_is_accounted_for_once(rows: list[tuple[str, ...]]) -> None:
    # As many good rows as odd ones: most positions of the file are then read the right way.
    good = [
        (f"good {n}", "2018-11-09 14:30", "", "Robbery", str(EASTING), str(NORTHING))
        for n in range(len(rows))
    ]
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "export.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(HEADER + "\n")
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([*rows, *good])
        found = read(Path(folder), mapped(encoding="utf-8"))
    record = found.records[0]
    assert record.rows_in == record.used + record.n_set_aside == 2 * len(rows)
    assert set(record.set_aside) <= set(REASONS)
    INCIDENTS.check(found.table)
    assert (found.table["starts_at"] <= found.table["ends_at"]).all()
    assert found.table["incident_id"].is_unique
    lines = [*found.table["line"], *found.set_aside["line"]]
    assert len(set(lines)) == len(lines)


@given(
    when=st.datetimes(min_value=pd.Timestamp("1990-01-01"), max_value=pd.Timestamp("2100-12-31"))
)
def test_a_written_time_is_read_back(when: pd.Timestamp) -> None:
    when = pd.Timestamp(when).floor("s")
    forms = ["%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%b-%Y %I:%M:%S %p", "%Y%m%d %H%M%S"]
    # The last row has a day over 12: the file is day first.
    for form in forms:
        cells = [when.strftime(form), pd.Timestamp("2018-10-31 10:00").strftime(form)]
        (moments,) = read_moments([pd.Series(cells, dtype="str")])
        assert moments.readable.all()
        read_back = pd.Timestamp(moments.day[0]) + pd.Timedelta(seconds=int(moments.second[0]))
        assert read_back == when
