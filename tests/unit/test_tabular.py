from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from corridors.errors import CorridorsError, SourceError
from corridors.sources import bundled, tabular
from corridors.sources.bundled import bundled_path
from corridors.sources.headers import find_column, missing_columns, require_columns
from corridors.sources.tabular import RawTable, file_sha256, read_table
from corridors.sources.tabular_quotes import MAX_RECORD_LINES

if TYPE_CHECKING:
    from pathlib import Path


def read(tmp_path: Path, content: bytes | str, name: str = "t.csv", **options: Any) -> RawTable:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, **options)


def cells(raw: RawTable) -> list[list[str]]:
    return raw.frame.to_numpy().tolist()


def bad(raw: RawTable) -> list[tuple[int, str]]:
    return list(raw.bad_rows.itertuples(index=False, name=None))


def test_plain_csv_is_text_with_lines(tmp_path: Path) -> None:
    raw = read(tmp_path, "id,x\n001, 1.50 \n002,\n")
    assert list(raw.frame.columns) == ["id", "x"]
    assert cells(raw) == [["001", "1.50"], ["002", ""]]
    assert raw.line.tolist() == [2, 3]
    assert raw.encoding == "utf-8"
    assert raw.sha256 == hashlib.sha256(b"id,x\n001, 1.50 \n002,\n").hexdigest()
    assert all(str(dtype) == "str" for dtype in raw.frame.dtypes)


@pytest.mark.parametrize(
    ("content", "expected", "lines"),
    [
        ("a,b\n1,2", [["1", "2"]], [2]),  # no line end at the end
        ("a,b\r\n1,2\r\n\r\n3,4\r\n", [["1", "2"], ["3", "4"]], [2, 4]),
        ("a,b\r1,2\r3,4", [["1", "2"], ["3", "4"]], [2, 3]),
        ("\n\na;b\n1;2\n", [["1", "2"]], [4]),
        ("sep=;\na;b\n1;2\n", [["1", "2"]], [3]),
        ("a\tb\n1\t2,5\n", [["1", "2,5"]], [2]),
        ("a|b\n1|2\n", [["1", "2"]], [2]),
        ('a,b\n"x\ny",2\n3,4\n', [["x\ny", "2"], ["3", "4"]], [2, 4]),
        ('"a","b"\n"say ""no""","1,5"\n', [['say "no"', "1,5"]], [2]),
        ('a,b\n5" pipe,x\n', [['5" pipe', "x"]], [2]),
        ("a,b\n1,2,,,\n", [["1", "2"]], [2]),  # empty cells past the header's
        ("a,b,\n1,2,\n", [["1", "2"]], [2]),
        ("a\n1\n\n2\n", [["1"], ["2"]], [2, 4]),
    ],
)
def test_layouts(tmp_path: Path, content: str, expected: list[list[str]], lines: list[int]) -> None:
    raw = read(tmp_path, content)
    assert cells(raw) == expected
    assert raw.line.tolist() == lines
    assert bad(raw) == []
    assert raw.n_rows == len(expected)


@pytest.mark.parametrize(
    ("content", "good", "aside"),
    [
        ("a,b\n1\n1,2\n1,2,3\n", [3], [(2, "ragged_row"), (4, "ragged_row")]),
        ('a,b\n"x,2\n3,4\n5,"6"\n', [3, 4], [(2, "damaged_quoting")]),
        ('a,b\n1,2\n"q"x,3\n4,5\n', [2, 4], [(3, "damaged_quoting")]),
        ('a,b\n1,2\n3,"4\n', [2], [(3, "damaged_quoting")]),  # open at the end of the file
        ("a,b\n1,\0\n3,4\n", [3], [(2, "nul_byte")]),
        ('a,b\n"x\ny",2\n"z,2\n3,4\n', [2, 5], [(4, "damaged_quoting")]),
    ],
)
def test_damaged_rows_are_set_aside_by_line(
    tmp_path: Path, content: str, good: list[int], aside: list[tuple[int, str]]
) -> None:
    raw = read(tmp_path, content)
    assert raw.line.tolist() == good
    assert bad(raw) == aside
    assert raw.n_rows == len(good) + len(aside)


def test_an_open_quote_does_not_swallow_the_file(tmp_path: Path) -> None:
    rows = [f"{n},x" for n in range(200)]
    rows[10] = '10,"x'
    rows[150] = '150,"x"'
    raw = read(tmp_path, "a,b\n" + "\n".join(rows))
    assert bad(raw) == [(12, "damaged_quoting")]
    assert len(raw.frame) == 199


def test_a_quote_that_closes_hundreds_of_lines_later_was_never_meant(tmp_path: Path) -> None:
    # Both quotes stand where quotes may stand: only the length of the cell gives it away.
    rows = [f"{n},x" for n in range(200)]
    rows[10], rows[150] = '10,"x', 'x"'
    raw = read(tmp_path, "a,b\n" + "\n".join(rows))
    assert (12, "damaged_quoting") in bad(raw)
    assert len(raw.frame) == 198
    short = 'a,b\n1,"' + "x\n" * (MAX_RECORD_LINES - 1) + '"\n2,y\n'
    assert read(tmp_path, short).line.tolist() == [2, 2 + MAX_RECORD_LINES]


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        ("é,ü\nß,€\n".encode(), "utf-8"),
        ("é,ü\nß,€\n".encode("utf-8-sig"), "utf-8-sig"),
        ("é,ü\nß,€\n".encode("utf-16"), "utf-16"),
        ("é,ü\nß,€\n".encode("utf-32"), "utf-32"),
        ("é,ü\nß,€\n".encode("cp1252"), "cp1252"),
    ],
)
def test_encodings(tmp_path: Path, encoded: bytes, encoding: str) -> None:
    raw = read(tmp_path, encoded)
    assert (list(raw.frame.columns), cells(raw)) == (["é", "ü"], [["ß", "€"]])
    assert raw.encoding == encoding
    assert bool(raw.notes) == (encoding == "cp1252")


def test_utf16_without_a_mark_is_noted(tmp_path: Path) -> None:
    raw = read(tmp_path, "name,x\nabc,1\n".encode("utf-16-le"))
    assert cells(raw) == [["abc", "1"]]
    assert raw.encoding == "utf-16-le"
    assert raw.notes


def test_one_damaged_character_does_not_make_utf8_windows(tmp_path: Path) -> None:
    raw = read(tmp_path, "a\né\nü\nx".encode() + b"\xff\n")
    assert raw.encoding == "utf-8"
    assert cells(raw) == [["é"], ["ü"], ["x\N{REPLACEMENT CHARACTER}"]]
    assert raw.notes


def test_a_named_encoding_must_fit(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "a\né\n".encode("cp437"), encoding="cp437")) == [["é"]]
    with pytest.raises(SourceError, match="line 2"):
        read(tmp_path, b"a\n\xe9\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no encoding"):
        read(tmp_path, b"a\n", encoding="klingon")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \n", b",,\n,,\n"])
def test_a_blank_file_is_a_table_of_nothing(tmp_path: Path, content: bytes) -> None:
    raw = read(tmp_path, content)
    assert raw.is_blank
    assert raw.n_rows == 0


def test_a_header_alone_has_columns(tmp_path: Path) -> None:
    raw = read(tmp_path, "a,b\n")
    assert not raw.is_blank
    assert (raw.n_rows, list(raw.frame.columns)) == (0, ["a", "b"])


def test_doubtful_headers_are_named_and_noted(tmp_path: Path) -> None:
    raw = read(tmp_path, "a,a,,b\n1,2,3,4\n")
    assert list(raw.frame.columns) == ["a", "a (again)", "column 3", "b"]
    assert raw.notes
    with pytest.raises(SourceError, match="quotes of the header"):
        read(tmp_path, 'a,"b\n1,2\n')


def test_a_large_table_equals_the_slow_reader(tmp_path: Path) -> None:
    rows = [
        [str(n), f"On or near, {n} Street", "two\nlines" if n % 7 == 0 else 'a "b"', str(n / 3)]
        for n in range(5_000)
    ]
    text = io.StringIO()
    csv.writer(text).writerows([["id", "place", "note", "x"], *rows])
    raw = read(tmp_path, text.getvalue())
    assert cells(raw) == rows
    expected, line = [], 2
    for row in rows:
        expected.append(line)
        line += 1 + row[2].count("\n")
    assert raw.line.tolist() == expected


def test_api_records_are_flattened(tmp_path: Path) -> None:
    records = [
        {
            "id": 12345678901234567890,
            "month": "2016-01",
            "location": {"latitude": "51.50", "street": {"id": 9, "name": " On or near A "}},
            "outcome_status": None,
            "context": "",
        },
        {"id": 2, "flag": True, "share": 0.10, "tags": ["a", "b"]},
    ]
    raw = read(tmp_path, json.dumps(records).replace("0.1}", "0.10}"), "api.json")
    first, second = raw.frame.to_dict("records")
    assert first["id"] == "12345678901234567890"
    assert first["location.latitude"] == "51.50"
    assert first["location.street.name"] == "On or near A"
    assert first["outcome_status"] == ""
    assert (second["flag"], second["tags"], second["month"]) == ("true", "a;b", "")
    assert raw.line.tolist() == [1, 2]


def test_geojson_points_have_longitude_and_latitude(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"name": "A"},
        "geometry": {"type": "Point", "coordinates": [-1.09, 50.85]},
    }
    raw = read(
        tmp_path, json.dumps({"type": "FeatureCollection", "features": [feature]}), "s.geojson"
    )
    assert raw.frame.to_dict("records") == [
        {"name": "A", "longitude": "-1.09", "latitude": "50.85"}
    ]


@pytest.mark.parametrize(
    ("text", "n_rows", "n_bad"),
    [
        ('{"results": [{"a": 1}, 5, null]}', 3, 2),
        ('{"a": 1}\n{"a": 2}\n', 2, 0),
        ("[]", 0, 0),
        ("", 0, 0),
        ("[{}, {}]", 2, 0),
        (r'[{"a": "\ud800"}]', 1, 0),  # half of a surrogate pair
        ('[{"a": NaN, "b": 1e999}]', 1, 0),
    ],
)
def test_json_layouts(tmp_path: Path, text: str, n_rows: int, n_bad: int) -> None:
    raw = read(tmp_path, text, "t.json")
    assert (raw.n_rows, len(raw.bad_rows)) == (n_rows, n_bad)
    assert set(raw.bad_rows["reason"]) <= {"not_a_record"}


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '[{"a": ' * 100_000, "[1, 2", '"text"', "5", "9" * 10_000]
)
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError):
        read(tmp_path, text, "t.json")


def test_records_with_ever_new_keys_are_refused(tmp_path: Path) -> None:
    text = json.dumps([{f"k{n}": n} for n in range(2_000)])
    with pytest.raises(SourceError, match="different keys"):
        read(tmp_path, text, "t.json")


def test_parquet_is_text_with_types_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    at = pd.Series([pd.Timestamp("2016-07-01T01:55:00"), pd.NaT])
    pd.DataFrame(
        {
            "id": [1, 2],
            "name": [" x ", None],
            "lon": [-0.195198, float("inf")],
            "utc": at.dt.tz_localize("UTC"),
            "local": at.dt.tz_localize("Europe/London"),
            "naive": at + pd.Timedelta("1ms"),
            "kind": pd.Categorical(["a", "b"]),
            "shape": [b"\x00", b"\x01"],
        }
    ).to_parquet(path)
    raw = read_table(path)
    first, second = raw.frame.to_dict("records")
    assert (first["id"], first["name"], first["lon"]) == ("1", "x", "-0.195198")
    assert first["utc"].startswith("2016-07-01T01:55:00")
    assert pd.Timestamp(first["utc"]) == pd.Timestamp("2016-07-01T01:55Z")
    assert first["local"] == "2016-07-01T01:55:00+01:00"
    assert pd.Timestamp(first["naive"]) == pd.Timestamp("2016-07-01T01:55:00.001")
    assert (first["kind"], second["utc"], second["name"]) == ("a", "", "")
    assert second["lon"] == "inf"
    assert "shape" not in raw.frame
    assert raw.notes
    assert set(raw.typed) == {"id", "lon", "utc", "local", "naive"}
    assert raw.line.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"PAR1 and then nothing", "damaged"),
        ("t.csv", b"PAR1xxxx", "Parquet"),
        ("t.csv", b"PK\x03\x04xxxx", "workbook"),
        ("t.csv", b"\x1f\x8b\x08xx", "archive"),
        ("t.csv", b"\0\0\0\0", "zero bytes"),
        ("t.csv", b"a" * 200_000 + b"\n1\n", "header"),
        ("t.xlsx", b"PK\x03\x04xxxx", "workbook"),
        ("t.docx", b"x", "not read"),
        ("t", b"x", "not read"),
    ],
)
def test_other_files_are_refused_by_what_they_are(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        read(tmp_path, content, name)


def test_missing_large_and_odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="folder"):
        read_table(tmp_path)
    with pytest.raises(SourceError):
        read_table(tmp_path / "a\0b.csv")
    with pytest.raises(SourceError, match=r"shown\.csv"):
        read_table(tmp_path / "none.csv", shown="shown.csv")
    monkeypatch.setattr(tabular, "MAX_FILE_BYTES", 3)
    with pytest.raises(SourceError, match="at most"):
        read(tmp_path, "a,b\n1,2\n")


def test_file_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc" * 1_000_000)
    assert file_sha256(tmp_path / "x") == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_columns_are_found_by_their_letters() -> None:
    columns = ["Crime ID", "crime type", "Month", "month"]
    assert find_column(columns, "crime_id") == "Crime ID"
    assert find_column(columns, "Crime-Type") == "crime type"
    assert find_column(columns, "month") == "month"  # exact comes first
    assert find_column(columns, "MONTH") is None  # two are alike: neither is guessed
    assert find_column(columns, "Longitude") is None


def test_missing_columns_name_file_column_and_mend() -> None:
    with pytest.raises(SourceError) as caught:
        require_columns(
            ["Commited From", "X"],
            {"from": "Committed From", "x": "X", "y": "Y"},
            "export.csv",
            setting="incidents[1].mapping",
        )
    first, second = caught.value.problems
    assert first.where == "export.csv"
    assert "'Committed From'" in first.what
    assert "'Commited From'?" in first.mend
    assert "incidents[1].mapping" in first.mend
    assert "'Y'" in second.what


@pytest.mark.parametrize("value", ["2026-11-23 15:00", "-1.09", "a@b.uk", "f" * 64, "x" * 300])
def test_a_file_without_a_header_is_not_quoted(value: str) -> None:
    (problem,) = missing_columns(["Jane Secret", value], ["id"], "export.csv")
    assert "Jane" not in str(problem)
    assert value not in str(problem)
    assert "first line" in problem.mend


def test_bundled_files_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "corridors"
    (package / "_data" / "reference").mkdir(parents=True)
    inside = package / "_data" / "reference" / "x.toml"
    inside.touch()
    # A folder called data beside an installed package is not ours.
    (package.parent / "data" / "reference").mkdir(parents=True)
    (package.parent / "data" / "reference" / "x.toml").touch()
    monkeypatch.setattr(bundled, "files", lambda _: package)
    assert bundled_path("reference/x.toml") == inside
    (package.parent / "pyproject.toml").touch()
    assert bundled_path("reference/x.toml") == package.parent / "data" / "reference" / "x.toml"


def test_bundled_files_are_found_or_missed_aloud() -> None:
    assert bundled_path("reference/bank-holidays.json").is_file()
    with pytest.raises(CorridorsError, match="bundled"):
        bundled_path("reference/none.toml")
