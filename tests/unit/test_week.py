from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.domain.calendar import Term, Timetable
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor
from corridors.domain.vocabulary import Grade
from corridors.errors import BadInput
from corridors.planning.week import (
    PatrolDemand,
    patrol_demands,
    patrol_length_min,
    patrol_start_min,
    week_notes,
)

MONDAY = date(2026, 11, 23)
LONDON = "Europe/London"
PARAMETERS = Parameters(before_min=10, after_min=150, patrol_min=75)
BELLS = (time(15, 15),) * 4 + (time(14, 30), None, None)
TIMETABLE = Timetable((Term(date(2026, 9, 1), date(2026, 12, 18)),), frozenset(), BELLS)
EVEN = [0.2] * 5 + [0.0] * 2


def a_corridor(walk_m: float = 1200, schools: tuple[str, ...] = ("S1",)) -> Corridor:
    return Corridor("C1", schools, ("a",), ("a",), walk_m, walk_m, 10.0, 10.0, Grade.STRONG, (), ())


def profile_at(minute: int, width: int = 20) -> np.ndarray:
    """Put all evidence at minutes after the bell."""
    profile = np.zeros(160)
    profile[10 + minute : 10 + minute + width] = 1 / width
    return profile


def demands(
    share: list[float] = EVEN,
    profile: np.ndarray | None = None,
    week: date = MONDAY,
    timetable: Timetable = TIMETABLE,
    parameters: Parameters = PARAMETERS,
    corridor: Corridor | None = None,
) -> tuple[PatrolDemand, ...]:
    return patrol_demands(
        corridor or a_corridor(), "S1", timetable, week, share, profile, parameters, LONDON, "calm"
    )


def test_one_a_day_at_the_hours_of_the_evidence() -> None:
    found = demands(profile=profile_at(60))
    # 20 minutes from 60 after the bell: the earliest 75 minutes that hold them begin at 5.
    assert [d.starts_at.strftime("%a %H:%M") for d in found] == [
        "Mon 15:20",
        "Tue 15:20",
        "Wed 15:20",
        "Thu 15:20",
        "Fri 14:35",
    ]
    assert {d.ends_at - d.starts_at for d in found} == {timedelta(minutes=75)}
    assert [d.weight for d in found] == pytest.approx([2.0] * 5)
    assert len({d.demand_id for d in found}) == 5
    assert all(d.starts_at.tzinfo == ZoneInfo(LONDON) for d in found)


def test_a_day_without_evidence_has_no_patrol() -> None:
    share = [0.6, 0.12, 0.119, 0.0, 0.161, 0, 0]
    assert [d.starts_at.weekday() for d in demands(share)] == [0, 1, 4]
    notes = week_notes(a_corridor(), TIMETABLE, MONDAY, share, PARAMETERS)
    assert notes == (
        "No patrol on Wednesday, Thursday: too little of the evidence is on that day.",
    )
    none = dataclasses.replace(PARAMETERS, min_day_share=0.0)
    assert [d.starts_at.weekday() for d in demands(share, parameters=none)] == [0, 1, 2, 4]


def test_only_teaching_days() -> None:
    closed = Timetable(TIMETABLE.terms, frozenset({MONDAY}), BELLS)
    assert [d.starts_at.weekday() for d in demands(timetable=closed)] == [1, 2, 3, 4]
    assert demands(week=date(2026, 12, 21)) == ()
    assert week_notes(a_corridor(), TIMETABLE, date(2026, 12, 21), EVEN, PARAMETERS) == (
        "The school does not teach in this week.",
    )


def test_without_a_profile_it_starts_at_the_bell() -> None:
    assert demands()[0].starts_at == datetime(2026, 11, 23, 15, 15, tzinfo=ZoneInfo(LONDON))


def test_a_flat_profile_takes_the_earliest() -> None:
    assert demands(profile=np.full(160, 1 / 160))[0].starts_at.strftime("%H:%M") == "15:05"
    assert demands(profile=np.zeros(160))[0].starts_at.strftime("%H:%M") == "15:05"


def test_a_long_walk_lengthens_the_patrol() -> None:
    # 6,480 m at 1.2 m/s are 90 min; with one dwell of 15: 105.
    corridor = a_corridor(6480)
    assert patrol_length_min(corridor, PARAMETERS) == 105
    found = demands(corridor=corridor, profile=profile_at(0))
    assert {d.ends_at - d.starts_at for d in found} == {timedelta(minutes=105)}
    assert "lengthened to 105" in week_notes(corridor, TIMETABLE, MONDAY, EVEN, PARAMETERS)[0]


def test_a_walk_that_never_fits_is_said() -> None:
    corridor = a_corridor(10_512)  # 146 min and a dwell of 15 against a window of 160
    assert patrol_length_min(corridor, PARAMETERS) is None
    assert demands(corridor=corridor) == ()
    assert "does not fit" in week_notes(corridor, TIMETABLE, MONDAY, EVEN, PARAMETERS)[0]
    assert patrol_length_min(a_corridor(10_440), PARAMETERS) == 160


def test_a_window_shorter_than_the_patrol_shortens_it() -> None:
    short = dataclasses.replace(PARAMETERS, before_min=0, after_min=60)
    found = demands(parameters=short, profile=np.full(60, 1 / 60))
    assert {d.ends_at - d.starts_at for d in found} == {timedelta(minutes=60)}
    assert "shortened to 60" in week_notes(a_corridor(), TIMETABLE, MONDAY, EVEN, short)[0]


def test_a_shared_corridor_names_its_school() -> None:
    assert "S1" in demands(corridor=a_corridor(schools=("S1", "S2")))[0].demand_id


def test_summer_time_keeps_the_wall_clock() -> None:
    timetable = Timetable((Term(date(2026, 3, 1), date(2026, 4, 30)),), frozenset(), BELLS)
    before = demands(week=date(2026, 3, 23), timetable=timetable)[0].starts_at
    after = demands(week=date(2026, 3, 30), timetable=timetable)[0].starts_at
    assert before.strftime("%H:%M") == after.strftime("%H:%M") == "15:15"
    assert before.astimezone(UTC).hour - after.astimezone(UTC).hour == 1


@pytest.mark.parametrize(
    ("share", "profile", "week"),
    [
        ([0.2] * 5, None, MONDAY),
        ([0.2] * 6 + [float("nan")], None, MONDAY),
        ([0.2] * 6 + [-0.2], None, MONDAY),
        (EVEN, np.ones(159), MONDAY),
        (EVEN, np.full(160, np.inf), MONDAY),
        (EVEN, None, MONDAY + timedelta(days=1)),
    ],
)
def test_bad_input(share: list[float], profile: np.ndarray | None, week: date) -> None:
    with pytest.raises(BadInput):
        demands(share, profile, week)


@given(
    st.lists(st.integers(0, 50), min_size=60, max_size=200),
    st.integers(20, 60),
    st.integers(0, 30),
)
def test_the_start_holds_the_most(counts: list[int], length_min: int, before_min: int) -> None:
    profile = np.array(counts) / max(sum(counts), 1)
    start = patrol_start_min(profile, length_min, before_min) + before_min
    held = {
        s: sum(counts[s : s + length_min])
        for s in range(len(counts) - length_min + 1)
        if (s - before_min) % 5 == 0
    } or {s: sum(counts[s : s + length_min]) for s in range(len(counts) - length_min + 1)}
    assert start == min(held, key=lambda s: (-held[s], s))
