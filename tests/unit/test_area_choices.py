"""What people decide in an area file: corridors, aims, rules between posts, absences, files."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridors.analysis.windows import build_windows, teaching_days
from corridors.domain.area import (
    Absence,
    AimSetting,
    Area,
    CorridorEdit,
    DestinationsInput,
    Pairing,
    Refusal,
)
from corridors.domain.calendar import Timetable
from corridors.domain.plan import Role
from corridors.errors import AreaFileError, Problem
from corridors.sources.area import calendar_notes, read_area
from corridors.sources.area_references import check_references
from corridors.sources.reference import read_aims, read_roles

BASE = """
name = "A"
crs = "EPSG:27700"
timezone = "Europe/London"
streets.path = "streets.osm"
schools.path = "schools.csv"
incidents = { path = "export.csv", format = "police-uk" }
[calendar]
terms = [{ start = 2026-09-01, end = 2026-12-18 }]
default_bell = 15:15:00
inset_days = [{ school = "P001", date = 2026-11-27 }]
"""
FILES = ("streets.osm", "schools.csv", "export.csv", "stops.csv", "homes.gpkg", "own.csv")
TOMLS = ("aims.toml", "roles.toml", "protocol.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (*FILES, *TOMLS):
        (tmp_path / name).touch()
    return tmp_path


def read(folder: Path, more: str) -> Area:
    path = folder / "area.toml"
    path.write_text(BASE + more, "utf-8")
    return read_area(path)


def problems_of(folder: Path, more: str) -> dict[str, Problem]:
    with pytest.raises(AreaFileError) as caught:
        read(folder, more)
    return {problem.where: problem for problem in caught.value.problems}


def test_all_of_it(folder: Path) -> None:
    area = read(
        folder,
        """
        bells = [
          { school = "P001", date = 2026-11-25, time = 13:00:00 },
          { school = "P001", date = 2026-11-26, closed = true },
        ]
        [parameters]
        severity = "own"
        [severity]
        path = "own.csv"
        [reference]
        aims = "aims.toml"
        protocol = "protocol.toml"
        [[destinations]]
        kind = "stops"
        path = "stops.csv"
        columns = { easting = "E", northing = "N" }
        crs = "EPSG:27700"
        [[destinations]]
        kind = "homes"
        path = "homes.gpkg"
        columns = { weight = "aged_11_15" }
        [[corridors]]
        school = "P001"
        forbid = ["Underpass Walk"]
        reason = "No light after four."
        by = "Ward team"
        [[corridors]]
        school = "P001"
        require = { segments = ["12-34-0"], streets = ["Mill Lane"] }
        reason = "The bus station."
        by = "Ward team"
        [[corridors]]
        school = "P002"
        shorten_to_m = 800
        reason = "Two posts only."
        by = "Ward team"
        [[aims]]
        school = "P001"
        aim = "group_disputes"
        reason = "Asked for by the school."
        by = "Northgate School"
        [[refusals]]
        who = "Harbour Youth"
        refuses = ["police", "school_staff"]
        reason = "Trust."
        [[refusals]]
        who = "V1"
        refuses = "V2"
        [[pairings]]
        who = "V1"
        beside = ["youth_worker"]
        [[absences]]
        post = "V1"
        from = 2026-11-24
        to = 2026-11-24
        """,
    )
    assert area.edits == (
        CorridorEdit(
            "P001", "forbid", "No light after four.", "Ward team", (), ("Underpass Walk",)
        ),
        CorridorEdit(
            "P001", "require", "The bus station.", "Ward team", ("12-34-0",), ("Mill Lane",)
        ),
        CorridorEdit("P002", "shorten", "Two posts only.", "Ward team", length_m=800.0),
    )
    assert area.aims_set == (
        AimSetting("P001", "group_disputes", "Asked for by the school.", "Northgate School"),
    )
    assert area.refusals == (
        Refusal("Harbour Youth", ("police", "school_staff"), "Trust."),
        Refusal("V1", ("V2",)),
    )
    assert area.pairings == (Pairing("V1", ("youth_worker",)),)
    assert area.absences == (Absence("V1", date(2026, 11, 24), date(2026, 11, 24)),)
    assert area.destinations == (
        DestinationsInput("stops", "stops.csv", {"easting": "E", "northing": "N"}, "EPSG:27700"),
        DestinationsInput("homes", "homes.gpkg", {"weight": "aged_11_15"}),
    )
    assert (area.severity_path, area.aims_path) == ("own.csv", "aims.toml")
    assert (area.roles_path, area.protocol_path) == (None, "protocol.toml")
    assert area.notes == ()


def test_none_of_it(folder: Path) -> None:
    area = read(folder, "")
    assert (area.edits, area.aims_set, area.refusals, area.pairings) == ((), (), (), ())
    assert (area.absences, area.destinations, area.severity_path) == ((), (), None)


_EDIT = '[[corridors]]\nschool = "P001"\nreason = "r"\nby = "b"\n'


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("[corridors]\nschool = 5", "corridors[1].school"),
        (_EDIT, "corridors[1].redraw"),
        (_EDIT.replace('by = "b"', 'forbid = ["x"]'), "corridors[1].by"),
        (_EDIT.replace('reason = "r"', 'forbid = ["x"]'), "corridors[1].reason"),
        (_EDIT + 'forbid = ["x"]\nrequire = ["y"]', "corridors[1].forbid"),
        (_EDIT + "forbid = []", "corridors[1].forbid"),
        (_EDIT + 'forbid = "x"', "corridors[1].forbid"),
        (_EDIT + 'forbid = ["x", "X"]', "corridors[1].forbid"),
        (_EDIT + "forbid = [5]", "corridors[1].forbid"),
        (_EDIT + 'forbid = { segment = ["x"] }', "corridors[1].forbid.segment"),
        (_EDIT + "shorten_to_m = 1201", "corridors[1].shorten_to_m"),
        (_EDIT + "shorten_to_m = nan", "corridors[1].shorten_to_m"),
        (_EDIT + "shorten_to_m = true", "corridors[1].shorten_to_m"),
        (_EDIT + "shorten_to_m = 49", "corridors[1].shorten_to_m"),
        (_EDIT + 'forbit = ["x"]', "corridors[1].forbit"),
        ((_EDIT + "shorten_to_m = 800\n") * 2, "corridors[2].school"),
        ((_EDIT + 'redraw = ["x"]\n') * 2, "corridors[2].school"),
        (
            _EDIT + 'redraw = ["Mill Lane"]\n' + _EDIT + 'forbid = ["MILL LANE"]',
            "corridors[2].forbid",
        ),
        ('[[aims]]\nschool = "P001"\nreason = "r"\nby = "b"', "aims[1].aim"),
        ('[[aims]]\nschool = "P001"\naim = "a"\nreason = "r"\nby = "b"\n' * 2, "aims[2].school"),
        ('[[refusals]]\nwho = "x"', "refusals[1].refuses"),
        ('[[refusals]]\nwho = "x"\nrefuses = []', "refusals[1].refuses"),
        ('[[refusals]]\nwho = "police"\nrefuses = "x"', "refusals[1].who"),
        ('[[refusals]]\nrefuses = "x"', "refusals[1].who"),
        ('[[pairings]]\nwho = "x"\nbeside = "Police"', "pairings[1].beside"),
        ('[[pairings]]\nwho = "x"\nbesides = "y"', "pairings[1].besides"),
        ('[[absences]]\npost = "x"\nfrom = 2026-11-24\nto = 2026-11-23', "absences[1].to"),
        ('[[absences]]\npost = "x"\nfrom = 2026-11-24', "absences[1].to"),
        ('[[destinations]]\nkind = "stop"\npath = "stops.csv"', "destinations[1].kind"),
        ('[[destinations]]\nkind = "stops"\npath = "none.csv"', "destinations[1].path"),
        ('[[destinations]]\nkind = "stops"\npath = "streets.osm"', "destinations[1].path"),
        (
            '[[destinations]]\nkind = "stops"\npath = "stops.csv"\ncolumns = { easting = "x" }',
            "destinations[1].columns.northing",
        ),
        (
            '[[destinations]]\nkind = "homes"\npath = "homes.gpkg"\ncolumns = { easting = "x" }',
            "destinations[1].columns.easting",
        ),
        (
            '[[destinations]]\nkind = "homes"\npath = "homes.gpkg"\ncrs = "EPSG:27700"',
            "destinations[1].crs",
        ),
        ('[severity]\npath = "own.csv"', "severity.path"),
        ('[parameters]\nseverity = "own"', "parameters.severity"),
        ('[parameters]\nseverity = "own"\n[severity]\npath = "none.csv"', "severity.path"),
        ('[reference]\naims = "none.toml"', "reference.aims"),
        ('[reference]\naims = "own.csv"', "reference.aims"),
        ('[reference]\naim = "aims.toml"', "reference.aim"),
        (
            'bells = [{ school = "P001", date = 2026-11-25, time = 01:00:00 }]',
            "calendar.bells[1].time",
        ),
        (
            'bells = [{ school = "P001", date = 2026-11-25, weekday = "wed", time = 13:00:00 }]',
            "calendar.bells[1].date",
        ),
        (
            """bells = [
              { school = "P001", date = 2026-11-25, time = 13:00:00 },
              { school = "P001", date = 2026-11-25, closed = true },
            ]""",
            "calendar.bells[2].date",
        ),
        (
            'bells = [{ school = "P001", date = 2026-11-27, time = 13:00:00 }]',
            "calendar.bells",
        ),
        ('bells = [{ school = "P001", date = 5, time = 13:00:00 }]', "calendar.bells[1].date"),
    ],
)
def test_each_mistake_is_told_by_its_key(folder: Path, more: str, where: str) -> None:
    found = problems_of(folder, more)
    assert where in found
    assert found[where].what
    assert found[where].mend


def test_every_problem_is_told_at_once(folder: Path) -> None:
    found = problems_of(
        folder,
        _EDIT
        + '[[refusals]]\nwho = "x"\n[[absences]]\npost = "x"\n[reference]\nroles = "none.toml"\n'
        + '[[destinations]]\nkind = "shops"\npath = "stops.csv"\n',
    )
    assert list(found) == [
        "reference.roles",
        "destinations[1].kind",
        "corridors[1].redraw",
        "refusals[1].refuses",
        "absences[1].from",
        "absences[1].to",
    ]


# --- a day of its own


def test_a_school_that_closes_early_and_one_that_is_closed(folder: Path) -> None:
    area = read(
        folder,
        """
        bells = [
          { school = "P001", date = 2026-11-25, time = 13:00:00 },
          { school = "P001", date = 2026-11-26, closed = true },
          { school = "P001", date = 2026-11-28, time = 12:00:00 },
          { school = "P009", date = 2027-02-01, time = 12:00:00 },
        ]
        """,
    )
    mine, other = area.calendar.timetable("P001"), area.calendar.timetable("P002")
    week = (date(2026, 11, 23), date(2026, 11, 29))
    taught = [date(2026, 11, day) for day in (23, 24, 25, 28)]  # 27 is INSET, 28 a Saturday
    assert list(mine.teaching_days(*week)) == taught
    assert [day.day for day in other.teaching_days(*week)] == [23, 24, 25, 26, 27]
    assert mine.window(date(2026, 11, 25), "Europe/London", 10, 60).starts_at.time() == time(12, 50)
    assert other.window(date(2026, 11, 25), "Europe/London", 10, 60).starts_at.time() == time(15, 5)
    days = teaching_days(mine, *week)
    assert days.tolist() == taught
    windows = build_windows(mine, *week, timezone="Europe/London", before_min=10, after_min=60)
    noon = np.array([np.datetime64(day) for day in taught]).astype("datetime64[ns]").astype(int)
    minutes = (windows.starts_ns - noon) / 60e9
    assert minutes.tolist() == [15 * 60 + 5, 15 * 60 + 5, 12 * 60 + 50, 11 * 60 + 50]
    assert area.notes == ("1 bells for single days lie outside every term and change nothing.",)
    (note,) = calendar_notes(area.calendar, ["P001"])
    assert "P009" in note


def test_a_timetable_without_single_days_is_as_it_was() -> None:
    plain = Timetable((), frozenset(), (time(15),) * 5 + (None,) * 2)
    assert plain.bell(date(2026, 11, 25)) == time(15)
    assert plain.bell(date(2026, 11, 28)) is None
    assert hash(plain) == hash(Timetable((), frozenset(), (time(15),) * 5 + (None,) * 2, ()))


# --- against other tables


def roster(*posts: tuple[str, str, str, bool, str, str]) -> pd.DataFrame:
    names = ["post_id", "role", "organisation", "walks_with_police", "refuses", "walks_only_with"]
    return pd.DataFrame(list(posts), columns=names)


POSTS = roster(
    ("Y1", "youth_worker", "Harbour Youth", True, "", ""),
    ("Y2", "youth_worker", "Harbour Youth", False, "", ""),
    ("V1", "community_volunteer", "Friends", True, "", ""),
    ("W1", "ward_officer", "Police service", True, "", ""),
)
ROLES: dict[str, Role] = read_roles()


def references(folder: Path, more: str, table: pd.DataFrame = POSTS) -> dict[str, str]:
    segments = pd.DataFrame({"segment_id": ["s1", "s2"], "name": ["Mill Lane", ""]})
    area = read(folder, more)
    found = check_references(area, ["P001"], table, ROLES, read_aims(), segments)
    assert len({problem.where for problem in found}) == len(found)
    return {problem.where: f"{problem.what} {problem.mend}" for problem in found}


def test_what_is_there_is_no_problem(folder: Path) -> None:
    more = """
    [[corridors]]
    school = "P001"
    redraw = { segments = ["s1"], streets = ["mill lane"] }
    reason = "r"
    by = "b"
    [[aims]]
    school = "P001"
    aim = "group_disputes"
    reason = "r"
    by = "b"
    [[refusals]]
    who = "harbour youth"
    refuses = ["police", "V1", "camhs_practitioner"]
    [[pairings]]
    who = "community_volunteer"
    beside = ["ward_officer"]
    [[absences]]
    post = "V1"
    from = 2026-11-24
    to = 2026-11-25
    """
    assert references(folder, more) == {}


def test_what_is_not_there_is_told_with_the_nearest(folder: Path) -> None:
    found = references(
        folder,
        """
        [[corridors]]
        school = "P01"
        forbid = { segments = ["s3"] }
        reason = "r"
        by = "b"
        [[corridors]]
        school = "P001"
        require = ["Mill Lanes"]
        reason = "r"
        by = "b"
        [[aims]]
        school = "P001"
        aim = "group_dispute"
        reason = "r"
        by = "b"
        [[refusals]]
        who = "Harbor Youth"
        refuses = "wizard"
        [[pairings]]
        who = "V1"
        beside = ["V1", "Y1"]
        [[absences]]
        post = "V11"
        from = 2026-11-24
        to = 2026-11-25
        """,
    )
    assert set(found) == {
        "corridors[1].school",
        "corridors[1].forbid",
        "corridors[2].require",
        "aims[1].aim",
        "refusals[1].who",
        "refusals[1].refuses",
        "pairings[1].beside",
        "absences[1].post",
    }
    for where, near in {
        "corridors[1].school": "P001",
        "corridors[2].require": "Mill Lane",
        "aims[1].aim": "group_disputes",
        "refusals[1].who": "Harbour Youth",
        "absences[1].post": "V1",
    }.items():
        assert f"Did you mean {near!r}?" in found[where]


def test_rules_that_contradict_each_other_are_both_named(folder: Path) -> None:
    # V1 must walk beside the ward officer, and Friends refuse police: told from either side.
    for refusal in ('who = "Friends"\nrefuses = "police"', 'who = "W1"\nrefuses = "V1"'):
        found = references(
            folder,
            '[[pairings]]\nwho = "V1"\nbeside = "ward_officer"\n[[refusals]]\n' + refusal,
        )
        assert set(found) == {"pairings[1]"}
        assert "refusals[1]" in found["pairings[1]"]
        assert "V1" in found["pairings[1]"]


def test_a_pairing_that_somebody_can_keep_is_no_contradiction(folder: Path) -> None:
    # V1 cannot walk beside Y2, but can beside Y1; and nobody holds the role at all.
    more = '[[pairings]]\nwho = "V1"\nbeside = "youth_worker"\n'
    assert references(folder, more + '[[refusals]]\nwho = "V1"\nrefuses = "Y2"') == {}
    more = '[[pairings]]\nwho = "V1"\nbeside = "camhs_practitioner"\n'
    assert references(folder, more + '[[refusals]]\nwho = "V1"\nrefuses = "police"') == {}


def test_the_roster_contradicts_the_area_file(folder: Path) -> None:
    # Y2 says no to police in the roster.
    found = references(folder, '[[pairings]]\nwho = "Y2"\nbeside = "W1"')
    assert "walks_with_police of the roster" in found["pairings[1]"]
    table = POSTS.assign(walks_only_with=["", "", "Y1", ""])
    found = references(folder, '[[refusals]]\nwho = "youth_worker"\nrefuses = "Friends"', table)
    assert list(found) == ["walks_only_with of the roster"]
    assert "refusals[1]" in found["walks_only_with of the roster"]
