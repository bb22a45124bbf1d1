"""After-school shares against a count of minutes, and by hand across clock changes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corridors.analysis.timing import (
    Windows,
    assumed_day_count,
    build_windows,
    calendar_day_count,
    hour_share,
    recency_weight,
    teaching_day_count,
    teaching_days,
    weekday_share,
    window_share,
)
from corridors.domain.calendar import Term, Timetable

LONDON, LOS_ANGELES = "Europe/London", "America/Los_Angeles"
MINUTE_NS = 60 * 10**9
AUTUMN = Timetable(
    terms=(Term(date(2025, 9, 1), date(2025, 10, 24)), Term(date(2025, 11, 3), date(2025, 12, 19))),
    closed=frozenset({date(2025, 9, 1), date(2025, 12, 1)}),
    bells=(time(15, 15), time(15, 15), time(15, 15), time(15, 15), time(14, 30), None, None),
)
SPRING = Timetable((Term(date(2026, 2, 23), date(2026, 5, 22)),), frozenset(), AUTUMN.bells)


def ns(text: str, timezone: str = LONDON) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))
    return int(moment.timestamp()) * 10**9


def windows_of(
    timetable: Timetable, first: date, last: date, timezone: str = LONDON, *, assume: bool = False
) -> Windows:
    return build_windows(
        timetable,
        first,
        last,
        timezone=timezone,
        before_min=10,
        after_min=150,
        assume_unknown=assume,
    )


# --- the windows ----------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", [LONDON, LOS_ANGELES, "UTC", "Pacific/Chatham"])
@pytest.mark.parametrize("assume", [False, True])
def test_windows_are_those_of_the_timetable(timezone: str, assume: bool) -> None:  # noqa: FBT001
    first, last = date(2025, 7, 1), date(2026, 6, 30)
    windows = windows_of(AUTUMN, first, last, timezone, assume=assume)
    days = AUTUMN.teaching_days(first, last, assume_unknown=assume)
    expected = [AUTUMN.window(day, timezone, 10, 150) for day in days]
    assert windows.starts_ns.tolist() == [int(w.starts_at.timestamp()) * 10**9 for w in expected]
    assert windows.ends_ns.tolist() == [int(w.ends_at.timestamp()) * 10**9 for w in expected]
    assert windows.weekday.tolist() == [day.weekday() for day in days]
    offset = [w.starts_at.utcoffset() for w in expected]
    assert windows.utc_offset_ns.tolist() == [
        int(o.total_seconds()) * 10**9 for o in offset if o is not None
    ]


@pytest.mark.parametrize("timetable", [AUTUMN, SPRING, Timetable((), frozenset(), AUTUMN.bells)])
def test_teaching_days_are_those_of_the_timetable(timetable: Timetable) -> None:
    first, last = date(2025, 8, 1), date(2026, 7, 31)
    for unknown in (False, True):
        got = teaching_days(timetable, first, last, assume_unknown=unknown)
        expected = timetable.teaching_days(first, last, assume_unknown=unknown)
        assert got.tolist() == list(expected)
    n_assumed = assumed_day_count(timetable, first, last)
    n_known = len(timetable.teaching_days(first, last))
    assert n_assumed == len(timetable.teaching_days(first, last, assume_unknown=True)) - n_known


def test_windows_that_would_overlap_follow_each_other() -> None:
    late_early = Timetable(
        (Term(date(2025, 9, 1), date(2025, 9, 30)),),
        frozenset(),
        (time(23, 0), time(0, 30), None, None, None, None, None),
    )
    windows = windows_of(late_early, date(2025, 9, 1), date(2025, 9, 3))
    assert windows.ends_ns[0] == windows.starts_ns[1] == ns("2025-09-02T01:30")
    assert windows.ends_ns[1] == ns("2025-09-02T03:00")


def test_no_days_no_windows() -> None:
    windows = windows_of(AUTUMN, date(2025, 10, 27), date(2025, 10, 31))
    assert len(windows) == 0
    start = [ns("2025-10-28T15:00")]
    assert window_share(windows, start, start).tolist() == [0.0]
    assert weekday_share(windows, start, start).sum() == 0.0
    assert hour_share(windows, start, start).sum() == 0.0


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        build_windows(
            AUTUMN,
            date(2025, 9, 1),
            date(2025, 9, 2),
            timezone=LONDON,
            before_min=0,
            after_min=0,
        )


# --- shares by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timetable", "first", "timezone", "start", "end", "expected"),
    [
        # Thursday 2 October 2025: 15:05 to 17:45.
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T15:05", "2025-10-02T15:05", 1.0),
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T15:04:59", "2025-10-02T15:04:59", 0.0),
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T17:44:59", "2025-10-02T17:44:59", 1.0),
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T17:45", "2025-10-02T17:45", 0.0),
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T14:45", "2025-10-02T15:25", 0.5),
        (AUTUMN, date(2025, 10, 1), LONDON, "2025-10-02T12:00", "2025-10-03T12:00", 160 / 1440),
        # From the Friday (14:20 to 17:00) over the autumn change to the Monday: 72 + 1 hours.
        (AUTUMN, date(2025, 9, 1), LONDON, "2025-10-24T12:00", "2025-10-27T12:00", 160 / (73 * 60)),
        # Friday to Monday over the spring change: 71 hours, the Friday's window only.
        (SPRING, date(2026, 3, 1), LONDON, "2026-03-27T15:40", "2026-03-30T14:40", 80 / (70 * 60)),
        # The day after the change the bell rings at the same local time, an hour earlier in UTC.
        (SPRING, date(2026, 3, 1), LONDON, "2026-03-30T15:05", "2026-03-30T17:45", 1.0),
        (SPRING, date(2026, 3, 1), "UTC", "2026-03-30T15:05", "2026-03-30T17:45", 1.0),
        # Los Angeles changes on 8 March 2026, London three weeks later.
        (SPRING, date(2026, 3, 1), LOS_ANGELES, "2026-03-06T12:00", "2026-03-09T12:00", 160 / 4260),
        (SPRING, date(2026, 3, 1), LOS_ANGELES, "2026-03-09T15:05", "2026-03-09T17:45", 1.0),
    ],
)
def test_share_by_hand(
    timetable: Timetable, first: date, timezone: str, start: str, end: str, expected: float
) -> None:
    windows = windows_of(timetable, first, date(2026, 5, 31), timezone)
    interval = [ns(start, timezone)], [ns(end, timezone)]
    assert window_share(windows, *interval).tolist() == [pytest.approx(expected, abs=1e-12)]
    assert weekday_share(windows, *interval).sum() == pytest.approx(expected, abs=1e-12)
    assert hour_share(windows, *interval).sum() == pytest.approx(expected, abs=1e-12)


def test_clock_changes_move_the_window_in_utc() -> None:
    windows = windows_of(SPRING, date(2026, 3, 27), date(2026, 3, 30))
    assert windows.starts_ns.tolist() == [
        ns("2026-03-27T14:20", "UTC"),
        ns("2026-03-30T14:05", "UTC"),
    ]
    windows = windows_of(AUTUMN, date(2025, 10, 24), date(2025, 11, 3))
    assert windows.starts_ns.tolist() == [
        ns("2025-10-24T13:20", "UTC"),
        ns("2025-11-03T15:05", "UTC"),
    ]


def test_weekdays_and_hours_by_hand() -> None:
    windows = windows_of(AUTUMN, date(2025, 9, 1), date(2025, 10, 24))
    # Thursday 17:15 to Friday 15:20 is 22 h 5 min: 30 minutes of Thursday's, 60 of Friday's window.
    start, end = [ns("2025-10-02T17:15")], [ns("2025-10-03T15:20")]
    total = 22 * 60 + 5
    by_weekday = weekday_share(windows, start, end)[0]
    assert by_weekday.tolist() == pytest.approx([0, 0, 0, 30 / total, 60 / total, 0, 0])
    by_hour = hour_share(windows, start, end)[0]
    expected = np.zeros(24)
    expected[17], expected[14], expected[15] = 30 / total, 40 / total, 20 / total
    assert by_hour.tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("share", [window_share, weekday_share, hour_share])
def test_impossible_intervals_are_refused(share: object) -> None:
    assert callable(share)
    windows = windows_of(AUTUMN, date(2025, 9, 1), date(2025, 10, 24))
    with pytest.raises(ValueError, match="ends before it starts"):
        share(windows, [10], [9])
    no_time = np.array(["NaT"], "datetime64[ns]").astype(np.int64)
    with pytest.raises(ValueError, match="no time"):
        share(windows, no_time, [9])
    with pytest.raises(ValueError, match="one length"):
        share(windows, [1, 2], [3])


# --- shares against a count of minutes ------------------------------------------------------

MOMENT = st.datetimes(datetime(2025, 9, 25), datetime(2026, 4, 5))  # noqa: DTZ001
LONG = st.one_of(st.just(0), st.integers(1, 300), st.integers(1, 6000))


@settings(max_examples=60, deadline=None)
@given(
    start=MOMENT,
    long_min=LONG,
    timezone=st.sampled_from([LONDON, LOS_ANGELES]),
    bell=st.times(time(7), time(20)),
    before=st.integers(0, 120),
    after=st.integers(15, 300),
)
def test_share_is_the_share_of_minutes(
    start: datetime, long_min: int, timezone: str, bell: time, before: int, after: int
) -> None:
    bell = bell.replace(second=0, microsecond=0)
    # The twin asks each minute for its own day's bell, so no window may pass midnight.
    assume(bell.hour * 60 + bell.minute + after < 24 * 60)
    timetable = Timetable(
        (Term(date(2025, 9, 22), date(2025, 12, 19)), Term(date(2026, 1, 5), date(2026, 3, 31))),
        frozenset({date(2025, 10, 28)}),
        (bell, bell, bell, None, bell, None, bell),
    )
    windows = build_windows(
        timetable,
        date(2025, 9, 20),
        date(2026, 4, 20),
        timezone=timezone,
        before_min=before,
        after_min=after,
    )
    zone = ZoneInfo(timezone)
    first = start.replace(second=0, microsecond=0, tzinfo=ZoneInfo("UTC"))
    minutes = [first + timedelta(minutes=m) for m in range(max(long_min, 1))]
    inside: list[datetime] = []
    for minute in minutes:
        local = minute.astimezone(zone)
        if timetable.is_teaching_day(local.date()):
            window = timetable.window(local.date(), timezone, before, after)
            if window.starts_at.timestamp() <= minute.timestamp() < window.ends_at.timestamp():
                inside.append(local)
    starts = [int(first.timestamp()) * 10**9]
    ends = [starts[0] + long_min * MINUTE_NS]
    share = window_share(windows, starts, ends)[0]
    assert share == pytest.approx(len(inside) / len(minutes), abs=1e-12)
    by_weekday = np.bincount([m.weekday() for m in inside], minlength=7) / len(minutes)
    by_hour = np.bincount([m.hour for m in inside], minlength=24) / len(minutes)
    assert weekday_share(windows, starts, ends)[0] == pytest.approx(by_weekday, abs=1e-12)
    assert hour_share(windows, starts, ends)[0] == pytest.approx(by_hour, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), timezone=st.sampled_from([LONDON, LOS_ANGELES]))
def test_shares_are_shares_and_nothing_is_lost(seed: int, timezone: str) -> None:
    rng = np.random.default_rng(seed)
    windows = windows_of(AUTUMN, date(2025, 9, 1), date(2026, 3, 31), timezone, assume=True)
    starts = rng.integers(ns("2025-08-01T00:00"), ns("2026-04-30T00:00"), 300)
    long_ns = np.where(rng.random(300) < 0.3, 0, rng.integers(0, 10 ** rng.integers(1, 17, 300)))
    ends = starts + long_ns
    share = window_share(windows, starts, ends)
    assert ((share >= 0) & (share <= 1)).all()
    assert np.isin(share[long_ns == 0], [0.0, 1.0]).all()
    np.testing.assert_allclose(weekday_share(windows, starts, ends).sum(axis=1), share, atol=1e-12)
    np.testing.assert_allclose(hour_share(windows, starts, ends).sum(axis=1), share, atol=1e-12)
    # An interval cut in two: the parts' window time adds up to the whole's.
    middle = starts + long_ns // 3
    parts = window_share(windows, starts, middle) * (middle - starts)
    parts += window_share(windows, middle, ends) * (ends - middle)
    np.testing.assert_allclose(parts, share * long_ns, rtol=1e-9, atol=1e3)


# --- recency --------------------------------------------------------------------------------


def test_recency_by_hand() -> None:
    day_ns = 86_400 * 10**9
    weights = recency_weight(
        [100 * day_ns, 80 * day_ns, 60 * day_ns, 100 * day_ns + 1], 100 * day_ns, 20
    )
    assert weights.tolist() == [1.0, 0.5, 0.25, 0.0]
    with pytest.raises(ValueError, match="half_life"):
        recency_weight([0], 0, 0.0)


def test_days_weigh_as_incidents_do() -> None:
    as_of = date(2025, 10, 10)
    days = np.array(["2025-10-10", "2025-09-30", "2025-09-20", "2025-10-11"], "datetime64[D]")
    assert teaching_day_count(days, as_of, 10.0) == 1.75
    assert teaching_day_count(days[:0], as_of, 10.0) == 0.0
    assert calendar_day_count(date(2025, 10, 8), date(2025, 10, 12), as_of, 1.0) == 1.75
    assert calendar_day_count(date(2025, 10, 1), date(2025, 10, 10), as_of, 1e12) == pytest.approx(
        10
    )
