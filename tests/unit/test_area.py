from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from corridors.domain.area import Agreement, Area, Override
from corridors.domain.calendar import Term
from corridors.domain.parameters import Parameters, describe_parameters
from corridors.errors import AreaFileError, Problem
from corridors.sources.area import calendar_notes, read_area
from corridors.sources.area_docs import with_parameters_table
from corridors.sources.paths import expand_glob

DOCUMENT = Path(__file__).parents[2] / "docs" / "area-file.md"

GOOD = """
name = "Portsmouth"
crs = "EPSG:27700"
timezone = "Europe/London"
[streets]
path = "streets.osm.bz2"
[schools]
path = "schools.csv"
columns = { id = "school_id", name = "name", easting = "easting", northing = "northing" }
[[incidents]]
path = "police-uk/*.csv"
format = "police-uk"
[[incidents]]
path = "export.csv"
format = "mapped"
timezone = "America/Los_Angeles"
ignore_utc_offset = true
mapping = { id = "Crime Number", from = ["Date", "Time"], to = "To", easting = "X", northing = "Y" }
categories = { "ROBBERY PERSONAL" = "robbery" }
discovered = ["DRUGS"]
place_precision = "block"
crs = "EPSG:32630"
encoding = "cp1252"
[coverage]
path = "covered.gpkg"
[calendar]
division = "england-and-wales"
terms = [{ start = 2026-11-02, end = 2026-12-18 }, { start = 2026-09-01, end = 2026-10-23 }]
inset_days = [2026-09-01, { school = "P001", date = 2026-11-27 }]
default_bell = 15:15:00
bells = [
  { school = "P001", weekday = "fri", time = 14:30:00 },
  { school = "P002", weekday = "wed", closed = true },
]
[[calendar.schools]]
school = "P002"
terms = [{ start = 2026-09-03, end = 2026-12-15 }]
inset_days = [2026-10-05]
[roster]
path = "roster.csv"
[agreements]
"c1-reassurance" = [{ by = "Harbour Youth", on = 2026-11-01 }, { by = "Police", on = 2026-11-02 }]
[parameters]
as_of = 2026-11-20
bandwidth_m = 150
seed = 7
severity = "cchi"
[override.month_only]
reason = ""
by = ""
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "police-uk").mkdir()
    for name in (
        "streets.osm.bz2",
        "schools.csv",
        "police-uk/2026-01.csv",
        "export.csv",
        "covered.gpkg",
        "roster.csv",
    ):
        (tmp_path / name).touch()
    return tmp_path


def read(folder: Path, text: str, overrides: dict[str, Any] | None = None) -> Area:
    path = folder / "area.toml"
    path.write_text(text, "utf-8")
    return read_area(path, overrides)


def problems_of(folder: Path, *changes: tuple[str, str], text: str = GOOD) -> list[Problem]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(AreaFileError) as caught:
        read(folder, text)
    return list(caught.value.problems)


def test_a_whole_area_file(folder: Path) -> None:
    area = read(folder, GOOD)
    assert (area.name, area.crs, area.timezone) == ("Portsmouth", "EPSG:27700", "Europe/London")
    assert area.streets.path == "streets.osm.bz2"
    assert area.schools.columns["id"] == "school_id"
    assert area.coverage_path == "covered.gpkg"
    assert area.roster_path == "roster.csv"
    assert area.month_only is None
    police, mapped = area.incidents
    assert (police.timezone, police.mapping) == ("Europe/London", {})
    assert mapped.timezone == "America/Los_Angeles"
    assert mapped.ignore_utc_offset
    assert mapped.mapping == {
        "id": "Crime Number",
        "from": ("Date", "Time"),
        "to": "To",
        "easting": "X",
        "northing": "Y",
    }
    assert mapped.categories == {"ROBBERY PERSONAL": "robbery"}
    assert mapped.discovered == ("DRUGS",)
    assert (mapped.place_precision, mapped.crs) == ("block", "EPSG:32630")
    assert mapped.encoding == "cp1252"
    assert area.agreements == (
        Agreement("c1-reassurance", "Harbour Youth", date(2026, 11, 1)),
        Agreement("c1-reassurance", "Police", date(2026, 11, 2)),
    )
    parameters = area.parameters
    assert (parameters.as_of, parameters.seed) == (date(2026, 11, 20), 7)
    assert (parameters.bandwidth_m, parameters.severity) == (150.0, "cchi")
    assert isinstance(parameters.bandwidth_m, float)
    assert parameters.after_min == Parameters().after_min


def test_the_calendar_of_a_whole_area_file(folder: Path) -> None:
    calendar = read(folder, GOOD).calendar
    assert calendar.terms == (
        Term(date(2026, 9, 1), date(2026, 10, 23)),
        Term(date(2026, 11, 2), date(2026, 12, 18)),
    )
    one, two = calendar.timetable("P001"), calendar.timetable("P002")
    assert (one.bells[3], one.bells[4], one.bells[5]) == (time(15, 15), time(14, 30), None)
    assert two.bells[2] is None
    assert not one.is_teaching_day(date(2026, 11, 27))
    assert two.is_teaching_day(date(2026, 11, 27))
    assert two.is_teaching_day(date(2026, 10, 27))  # its own term has no holiday in October
    assert not one.is_teaching_day(date(2026, 10, 27))
    assert not two.is_teaching_day(date(2026, 10, 5))
    assert not one.is_teaching_day(date(2026, 9, 1))
    assert date(2026, 12, 25) in calendar.bank_holidays


def test_the_least_area_file(folder: Path) -> None:
    area = read(
        folder,
        """
        name = "A"
        crs = "EPSG:32610"
        timezone = "America/Los_Angeles"
        streets.place = "Hackney, London, UK"
        schools.path = "schools.csv"
        incidents = { path = "export.csv", format = "police-uk-api" }
        [calendar]
        terms = { start = "2026-09-01", end = "2026-12-18" }
        default_bell = "15:15"
        """,
    )
    assert (area.streets.path, area.streets.place) == (None, "Hackney, London, UK")
    assert area.schools.columns == {
        "id": "school_id",
        "name": "name",
        "easting": "easting",
        "northing": "northing",
    }
    assert area.parameters == Parameters()
    assert area.calendar.default_bell == time(15, 15)
    assert (area.roster_path, area.coverage_path, area.agreements) == (None, None, ())
    assert area.bank_holidays_path is None


def test_every_problem_is_told_at_once(folder: Path) -> None:
    found = problems_of(
        folder,
        ('name = "Portsmouth"', ""),
        ("EPSG:27700", "EPSG:4326"),
        ("Europe/London", "Europe/Lodnon"),
        ("streets.osm.bz2", "none.osm"),
        ('"police-uk"', '"police_uk"'),
        ('from = ["Date", "Time"], ', ""),
        ("14:30:00", "02:30:00"),
        ("bandwidth_m = 150", "bandwith_m = 150"),
        ('by = ""', 'by = "A. Person"'),
        ("[roster]", "[rooster]"),
    )
    assert [problem.where for problem in found] == [
        "name",
        "crs",
        "timezone",
        "streets.path",
        "incidents[1].format",
        "incidents[2].mapping.from",
        "calendar.bells[1].time",
        "parameters.bandwith_m",
        "override.month_only.reason",
        "rooster",
    ]
    mends = {problem.where: problem.mend for problem in found}
    assert "'Europe/London'" in mends["timezone"]
    assert "'police-uk'" in mends["incidents[1].format"]
    assert "'bandwidth_m'" in mends["parameters.bandwith_m"]
    assert "'roster'" in mends["rooster"]
    assert all(problem.what and problem.mend for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('name = "Portsmouth"', "name = 5", "name"),
        ('name = "Portsmouth"', 'name = " "', "name"),
        ('name = "Portsmouth"', 'name = "a\\u0000b"', "name"),
        ('crs = "EPSG:27700"', 'crs = "EPSG:99999"', "crs"),
        ('crs = "EPSG:27700"', 'crs = "EPSG:3857"', "crs"),
        ('crs = "EPSG:27700"', 'crs = "EPSG:2263"', "crs"),  # feet
        ('crs = "EPSG:27700"', 'crs = "klingon"', "crs"),
        ('timezone = "Europe/London"', 'timezone = "Europe"', "timezone"),
        ('timezone = "Europe/London"', 'timezone = "../etc/passwd"', "timezone"),
        ('[streets]\npath = "streets.osm.bz2"', "[streets]", "streets.path"),
        ("[streets]", '[streets]\nplace = "Hackney"', "streets.place"),
        ("streets.osm.bz2", "schools.csv", "streets.path"),
        ("streets.osm.bz2", "police-uk", "streets.path"),
        ("[streets]", "[streets]\npat = 1", "streets.pat"),
        ('path = "schools.csv"', "", "schools.path"),
        ('id = "school_id"', 'ids = "school_id"', "schools.columns.id"),
        ('easting = "easting", ', "", "schools.columns.easting"),
        ("[schools]", '[schools]\nformat = "gias"', "schools.columns.id"),
        ("[schools]", '[schools]\nlocal_authority = "X"', "schools.local_authority"),
        ("police-uk/*.csv", "police-uk/*.json", "incidents[1].path"),
        ('format = "police-uk"', "", "incidents[1].format"),
        ('format = "police-uk"', 'format = "police-uk"\nmapping = {}', "incidents[1].mapping"),
        ('["Date", "Time"]', '["a", "b", "c"]', "incidents[2].mapping.from"),
        ('["Date", "Time"]', "5", "incidents[2].mapping.from"),
        ('easting = "X", ', "", "incidents[2].mapping.easting"),
        (', easting = "X", northing = "Y"', "", "incidents[2].mapping.easting"),
        (
            'northing = "Y"',
            'northing = "Y", longitude = "l", latitude = "b"',
            "incidents[2].mapping.longitude",
        ),
        ('id = "Crime Number"', 'idd = "Crime Number"', "incidents[2].mapping.idd"),
        ('= "robbery"', "= 1", "incidents[2].categories.ROBBERY PERSONAL"),
        ('discovered = ["DRUGS"]', 'discovered = "DRUGS"', "incidents[2].discovered"),
        ('place_precision = "block"', 'place_precision = "x"', "incidents[2].place_precision"),
        ('crs = "EPSG:32630"', 'crs = "EPSG:4326"', "incidents[2].crs"),
        ('encoding = "cp1252"', 'encoding = "rot13"', "incidents[2].encoding"),
        ("ignore_utc_offset = true", 'ignore_utc_offset = "no"', "incidents[2].ignore_utc_offset"),
        ("covered.gpkg", "none.gpkg", "coverage.path"),
        ("roster.csv", "none.csv", "roster.path"),
        ("england-and-wales", "wales", "calendar.division"),
        ("[calendar]", '[calendar]\nbank_holidays = "none.json"', "calendar.bank_holidays"),
        ("end = 2026-12-18", "end = 2026-10-01", "calendar.terms[1].end"),
        ("start = 2026-11-02", "start = 2026-10-23", "calendar.terms"),  # one day in both
        ("start = 2026-11-02", "start = 2026-11-02T10:00:00", "calendar.terms[1].start"),
        ("start = 2026-11-02", "start = 0026-11-02", "calendar.terms[1].start"),
        ("inset_days = [2026-09-01", "inset_days = [3", "calendar.inset_days[1]"),
        ("date = 2026-11-27", "dat = 2026-11-27", "calendar.inset_days[2].date"),
        ("default_bell = 15:15:00", "", "calendar.default_bell"),
        ("default_bell = 15:15:00", "default_bell = 20:00:00", "calendar.default_bell"),
        ("default_bell = 15:15:00", "default_bell = 06:59:00", "calendar.default_bell"),
        ("default_bell = 15:15:00", "default_bell = 15.15", "calendar.default_bell"),
        ('weekday = "fri"', 'weekday = "friday"', "calendar.bells[1].weekday"),
        (", time = 14:30:00", "", "calendar.bells[1].time"),
        ('weekday = "fri"', 'weekday = ["fri", 5]', "calendar.bells[1].weekday"),
        ('weekday = "fri"', "weekday = []", "calendar.bells[1].weekday"),
        ("closed = true", "closed = true, time = 15:00:00", "calendar.bells[2].closed"),
        ('"P002", weekday = "wed"', '"P001", weekday = "fri"', "calendar.bells[2].weekday"),
        ("inset_days = [2026-10-05]", "inset_days = 5", "calendar.schools[1].inset_days"),
        ("on = 2026-11-01", 'on = "soon"', "agreements.c1-reassurance[1].on"),
        ('by = "Police"', 'by = "Harbour Youth"', "agreements.c1-reassurance[2].by"),
        ("seed = 7", "seed = 1.5", "parameters.seed"),
        ("seed = 7", "seed = true", "parameters.seed"),
        ("seed = 7", "seed = -1", "parameters.seed"),
        ("bandwidth_m = 150", "bandwidth_m = nan", "parameters.bandwidth_m"),
        ("bandwidth_m = 150", "bandwidth_m = 9", "parameters.bandwidth_m"),
        ('"cchi"', '"chi"', "parameters.severity"),
        ("as_of = 2026-11-20", "as_of = 5", "parameters.as_of"),
        ("seed = 7", "dwell_low_min = 30", "parameters.dwell_low_min"),
        ("seed = 7", "patrol_min = 200", "parameters.patrol_min"),
        ("seed = 7", "footfall_stops_share = 0.6", "parameters.footfall_homes_share"),
        ('reason = ""', 'reason = "why"', "override.month_only.by"),
        ("[override.month_only]", "[override.months_only]", "override.months_only"),
    ],
)
def test_each_mistake_is_told_by_its_key(folder: Path, old: str, new: str, where: str) -> None:
    assert where in {problem.where for problem in problems_of(folder, (old, new))}


@pytest.mark.parametrize("key", ["streets", "schools", "incidents", "calendar", "coverage"])
def test_what_is_no_table_is_one_problem(folder: Path, key: str) -> None:
    text = f'{key} = 5\nname = "A"\ncrs = "EPSG:27700"\ntimezone = "Europe/London"\n'
    found = [problem for problem in problems_of(folder, text=text) if problem.where == key]
    assert len(found) == 1


def test_no_incidents_at_all_is_a_problem(folder: Path) -> None:
    text = GOOD.replace("[[incidents]]", "[[other]]")
    assert {"incidents", "other"} <= {p.where for p in problems_of(folder, text=text)}


def test_overrides_come_before_the_file(folder: Path) -> None:
    area = read(folder, GOOD, {"as_of": date(2026, 1, 5), "seed": None})
    assert (area.parameters.as_of, area.parameters.seed) == (date(2026, 1, 5), 7)
    with pytest.raises(AreaFileError, match="option seed"):
        read(folder, GOOD, {"seed": -5})
    with pytest.raises(AreaFileError, match="option nonsense"):
        read(folder, GOOD, {"nonsense": 1})


def test_an_override_needs_reason_and_name(folder: Path) -> None:
    text = GOOD.replace('reason = ""\nby = ""', 'reason = " why "\nby = "A. Person"')
    assert read(folder, text).month_only == Override("why", "A. Person")


def test_notes_are_no_problems(folder: Path) -> None:
    text = GOOD.replace("end = 2026-12-18", "end = 2031-12-18").replace(
        "inset_days = [2026-09-01,", "inset_days = [2020-01-01,"
    )
    notes = read(folder, text).notes
    assert len(notes) == 3
    assert "days" in notes[0]
    assert "2029, 2030, 2031" in notes[1]
    assert "INSET" in notes[2]
    assert read(folder, GOOD).notes == ()


def test_own_bank_holidays_are_read(folder: Path) -> None:
    (folder / "bh.json").write_text('{"england-and-wales": ["2026-11-24"]}')
    area = read(folder, GOOD.replace("[calendar]", '[calendar]\nbank_holidays = "bh.json"'))
    assert area.calendar.bank_holidays == {date(2026, 11, 24)}
    assert area.bank_holidays_path == "bh.json"


def test_a_line_for_single_weekdays_comes_before_one_for_the_week(folder: Path) -> None:
    text = GOOD.replace(
        "bells = [",
        'bells = [{ school = "P003", weekday = ["mon", "sat"], time = 12:00:00 },'
        '{ school = "P003", time = 15:30:00 },',
    )
    bells = read(folder, text).calendar.timetable("P003").bells
    assert bells == (time(12), *[time(15, 30)] * 4, time(12), None)


def test_schools_that_only_the_calendar_knows_are_noted(folder: Path) -> None:
    calendar = read(folder, GOOD).calendar
    assert calendar_notes(calendar, ["P001", "P002", "P003"]) == ()
    (note,) = calendar_notes(calendar, ["P001"])
    assert "P002" in note


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'name = "x"\nbell = 15:15\n', "line 2.*with seconds"),
        (b'name = "C:\\Users\\x"\n', "line 1.*/"),
        (b"name = \xff\n", "not UTF-8: line 1"),
        (b'name = "x', "not TOML"),
        (b"a = " + b"[" * 50_000, "nested"),
        (b"a = 1\na = 2\n", "not TOML"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "area.toml"
    path.write_bytes(content)
    with pytest.raises(AreaFileError, match=message):
        read_area(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(AreaFileError, match="no such file"):
        read_area(tmp_path / "none.toml")
    with pytest.raises(AreaFileError, match="folder"):
        read_area(tmp_path)


def test_a_byte_order_mark_is_no_problem(folder: Path) -> None:
    path = folder / "area.toml"
    path.write_text(GOOD, "utf-8-sig")
    assert read_area(path).name == "Portsmouth"


def test_globs_are_sorted_files(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/2.csv", "b/1.csv", "b/c/3.csv", "x[1].csv"):
        (tmp_path / name).touch()
    assert [p.name for p in expand_glob(tmp_path, "b/*.csv")] == ["1.csv", "2.csv"]
    assert [p.name for p in expand_glob(tmp_path, "b/**/*.csv")] == ["1.csv", "2.csv", "3.csv"]
    assert [p.name for p in expand_glob(tmp_path, "x[1].csv")] == ["x[1].csv"]
    assert expand_glob(tmp_path, "b") == []
    assert expand_glob(tmp_path, "a\0b") == []
    assert expand_glob(tmp_path, str(tmp_path / "b" / "*.csv"))


def test_the_document_lists_every_parameter() -> None:
    text = DOCUMENT.read_text("utf-8")
    for entry in describe_parameters():
        assert f"| `{entry['name']}` |" in text
    # `python -m corridors.sources.area_docs docs/area-file.md` brings it up to date.
    assert with_parameters_table(text) == text


def test_the_example_of_the_document_is_a_good_area_file(folder: Path) -> None:
    _, _, rest = DOCUMENT.read_text("utf-8").partition("```toml\n")
    area = read(folder, rest.partition("```")[0])
    assert area.notes == ()
    assert len(area.incidents) == 2
