from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from corridors.domain.inputs import InputRecord
from corridors.domain.tables import ROSTER, SET_ASIDE
from corridors.errors import SourceError
from corridors.sources.reference import read_roles
from corridors.sources.roster import RosterRead, parse_clock, parse_weekdays, read_roster
from corridors.sources.setting_aside import REASONS

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "post_id,role,organisation,school_id,weekdays,from,to,walks_with_police,max_patrols_week\n"
ROLES = {"youth_worker", "school_staff"}


def read(tmp_path: Path, rows: str, header: str = HEADER, **options: Any) -> RosterRead:
    path = tmp_path / "roster.csv"
    path.write_text(header + rows, "utf-8")
    found = read_roster(path, options.pop("known_roles", ROLES), **options)
    ROSTER.check(found.table)
    SET_ASIDE.check(found.set_aside)
    assert set(found.set_aside["reason"]) <= REASONS.keys()
    assert found.record.rows_in == len(found.table) + len(found.set_aside)
    return found


def test_a_post_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'S1,school_staff,Northgate School,P001; P002;,"mon,Tue",15:00,17:30,yes,5\n'
        "Y1,youth_worker,Harbour Youth,,mon-fri,9:05,18:00:00,NO,4\n",
    )
    assert found.table.to_dict("records") == [
        {
            "post_id": "S1",
            "role": "school_staff",
            "organisation": "Northgate School",
            "school_ids": "P001;P002",
            "weekdays": "mon;tue",
            "from_min": 900,
            "to_min": 1050,
            "walks_with_police": True,
            "max_patrols_week": 5,
            "refuses": "",
            "walks_only_with": "",
        },
        {
            "post_id": "Y1",
            "role": "youth_worker",
            "organisation": "Harbour Youth",
            "school_ids": "",
            "weekdays": "mon;tue;wed;thu;fri",
            "from_min": 545,
            "to_min": 1080,
            "walks_with_police": False,
            "max_patrols_week": 4,
            "refuses": "",
            "walks_only_with": "",
        },
    ]
    assert found.record.notes == ()


def test_each_bad_row_is_set_aside_by_its_reason(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "A,youth_worker,Org,,mon,15:00,17:00,yes,5\n"
        "B,wizard,Org,,mon,15:00,17:00,yes,5\n"
        ",youth_worker,Org,,mon,15:00,17:00,yes,5\n"
        "D,youth_worker,,,mon,15:00,17:00,yes,5\n"
        "E,youth_worker,Org,,blursday,15:00,17:00,yes,5\n"
        "F,youth_worker,Org,,mon,25:00,26:00,yes,5\n"
        "G,youth_worker,Org,,mon,17:00,15:00,yes,5\n"
        "H,youth_worker,Org,,mon,15:00,17:00,,5\n"
        "I,youth_worker,Org,,mon,15:00,17:00,yes,many\n"
        "J,youth_worker,Org,,mon,15:00,17:00,yes,-1\n"
        "A,youth_worker,Org,,tue,15:00,17:00,yes,5\n"
        "K,youth_worker\n",
    )
    pairs = found.set_aside[["line", "reason"]].itertuples(index=False, name=None)
    assert list(pairs) == [
        (3, "unknown_role"),
        (4, "blank_id"),
        (5, "blank_organisation"),
        (6, "bad_weekday"),
        (7, "bad_time"),
        (8, "ends_before_start"),
        (9, "bad_flag"),
        (10, "bad_number"),
        (11, "bad_number"),
        (12, "duplicate_post_id"),
        (13, "ragged_row"),
    ]
    assert found.record.set_aside["bad_number"] == 2
    assert found.table["post_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    "rows",
    [
        "A,youth_worker,Org,,mon,15:00,17:00,yes,5\nA,youth_worker,Org,,tue,15:00,17:00,no,5\n",
        "A,youth_worker,Org,,blursday,15:00,17:00,no,5\nA,youth_worker,Org,,tue,15:00,17:00,yes,5\n",
    ],
)
def test_a_refusal_holds_from_whichever_row_says_it(tmp_path: Path, rows: str) -> None:
    assert read(tmp_path, rows).table["walks_with_police"].tolist() == [False]


def test_an_empty_roster_is_a_roster(tmp_path: Path) -> None:
    assert read(tmp_path, "").table.empty


def test_without_the_school_column_every_post_is_free(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "A,youth_worker,Org,mon,15:00,17:00,yes,5\n",
        header=HEADER.replace("school_id,", ""),
    )
    assert found.table["school_ids"].tolist() == [""]


def test_a_missing_column_or_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="walks_with_police"):
        read(tmp_path, "", header=HEADER.replace("walks_with_police", "police"))
    with pytest.raises(SourceError, match="empty"):
        read(tmp_path, "", header="")
    with pytest.raises(SourceError, match=r"r/roster\.csv"):
        read_roster(tmp_path / "none.csv", ROLES, shown="r/roster.csv")


def test_schools_that_only_the_roster_knows_are_noted(tmp_path: Path) -> None:
    rows = "A,youth_worker,Org,P1;P9,mon,15:00,17:00,yes,5\n"
    assert read(tmp_path, rows, school_ids=["P1", "P9"]).record.notes == ()
    (note,) = read(tmp_path, rows, school_ids=["P1"]).record.notes
    assert note.endswith("not among those read: 1.")


def test_any_role_is_known_where_no_list_is_given(tmp_path: Path) -> None:
    rows = "A,wizard,Org,,mon,15:00,17:00,yes,5\nB,,Org,,mon,15:00,17:00,yes,5\n"
    found = read(tmp_path, rows, known_roles=None)
    assert found.table["role"].tolist() == ["wizard"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon;tue", "mon;tue"),
        ("Tue, Mon", "mon;tue"),
        ("monday wednesday", "mon;wed"),
        ("mon - fri", "mon;tue;wed;thu;fri"),
        ("fri-mon", "mon;fri;sat;sun"),
        ("mon-tue;thurs", "mon;tue;thu"),
        ("mon;mon", "mon"),
        ("", None),
        (";", None),
        ("mo", None),
        ("mon-", None),
        ("mon-tue-wed", None),
        ("mondays", None),
    ],
)
def test_weekdays(text: str, expected: str | None) -> None:
    assert parse_weekdays(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00", 0),
        ("9:05", 545),
        ("15.30", 930),
        ("15:30:00", 930),
        ("24:00", 1440),
        ("24:01", None),
        ("15:60", None),
        ("3 pm", None),
        ("", None),
        ("١٥:٣٠", None),
    ],
)
def test_clocks(text: str, expected: int | None) -> None:
    assert parse_clock(text) == expected


def test_an_account_that_does_not_add_up_is_our_fault() -> None:
    assert InputRecord("a.csv", "0", 3, 1, {"x": 2}).n_set_aside == 2
    with pytest.raises(ValueError, match="3 rows in"):
        InputRecord("a.csv", "0", 3, 1, {"x": 1})
    with pytest.raises(ValueError, match="negative"):
        InputRecord("a.csv", "0", 0, 1, {"x": -1})


PARTNERS = HEADER.strip() + ",refuses,walks_only_with\n"
ROW = "{},{},{},,mon,15:00,17:30,{},5,{},{}\n"


def partners(tmp_path: Path, *rows: tuple[str, ...], **options: Any) -> RosterRead:
    return read(tmp_path, "".join(ROW.format(*row) for row in rows), PARTNERS, **options)


def test_who_walks_with_whom(tmp_path: Path) -> None:
    found = partners(
        tmp_path,
        ("Y1", "youth_worker", "Harbour Youth", "yes", "POLICE; northgate  school;", ""),
        ("Y2", "youth_worker", "Harbour Youth", "yes", "", "harbour youth;Y1;Y1"),
        ("S1", "school_staff", "Northgate School", "yes", "", ""),
    )
    by_post = found.table.set_index("post_id")
    assert by_post["refuses"].tolist() == ["", "police;Northgate School", ""]
    assert by_post["walks_only_with"].tolist() == ["", "", "Harbour Youth;Y1"]


def test_a_word_for_nobody_sets_the_row_aside(tmp_path: Path) -> None:
    found = partners(
        tmp_path,
        ("Y1", "youth_worker", "Harbour Youth", "yes", "Polise", ""),
        ("Y2", "youth_worker", "Harbour Youth", "yes", "", "wizard"),
        ("Y3", "youth_worker", "Harbour Youth", "yes", "school_staff", ""),
    )
    assert found.table["post_id"].tolist() == ["Y3"]  # a role that nobody holds is still a role
    assert found.set_aside["reason"].tolist() == ["unknown_partner"] * 2


def test_refusals_of_all_rows_of_a_post_hold(tmp_path: Path) -> None:
    found = partners(
        tmp_path,
        ("Y1", "youth_worker", "Harbour Youth", "yes", "S1", ""),
        ("Y1", "youth_worker", "Harbour Youth", "yes", "police;S1", ""),
        ("S1", "school_staff", "Northgate School", "yes", "", ""),
    )
    assert found.table["refuses"].tolist() == ["", "S1;police"]


def test_a_post_that_could_never_walk_is_set_aside(tmp_path: Path) -> None:
    found = partners(
        tmp_path,
        ("V1", "school_staff", "Friends", "yes", "", "Y1"),
        ("V2", "school_staff", "Friends", "yes", "", "youth_worker"),
        ("V3", "school_staff", "Friends", "no", "", "W1"),
        ("Y1", "youth_worker", "Harbour Youth", "yes", "V1", ""),
        ("Y2", "youth_worker", "Harbour Youth", "yes", "", ""),
        ("W1", "ward_officer", "Police service", "yes", "", ""),
        known_roles=read_roles(),
    )
    assert found.table["post_id"].tolist() == ["V2", "W1", "Y1", "Y2"]
    aside = found.set_aside.set_index("line")["reason"]
    assert aside.to_dict() == {2: "refused_partner", 4: "refused_partner"}
