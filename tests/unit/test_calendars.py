"""Calendars: read back by a parser, with the time zone's rules in the file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from corridors.outputs.calendars import draw_calendar
from tests.toy import toy_plan
from tests.toy_release import toy_released


def _events(content: bytes) -> list[icalendar.Component]:
    return icalendar.Calendar.from_ical(content).walk("VEVENT")


def test_two_patrols_are_two_events() -> None:
    events = _events(draw_calendar(toy_released(), "T1"))
    assert [event.decoded("DTSTART").astimezone(UTC) for event in events] == [
        datetime(2026, 11, 24, 15, 15, tzinfo=UTC),
        datetime(2026, 11, 26, 15, 15, tzinfo=UTC),
    ]
    event = events[0]
    assert event["SUMMARY"] == "DRAFT: After-school patrol, Mill Lane School"
    assert event["STATUS"] == "TENTATIVE"
    assert event["SEQUENCE"] == 0
    assert event["LOCATION"] == "Mill Lane, Bridge Street, High Street"
    assert event.decoded("DTSTAMP") == datetime(2026, 11, 16, tzinfo=UTC)
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=75)


def test_once_agreed_it_is_confirmed_and_the_identifier_stays() -> None:
    draft = _events(draw_calendar(toy_released(), "T1"))
    agreed = _events(draw_calendar(toy_released(plan=toy_plan(agreed=True), version=2), "T1"))
    assert agreed[0]["STATUS"] == "CONFIRMED"
    assert agreed[0]["SUMMARY"] == "After-school patrol, Mill Lane School"
    assert agreed[0]["SEQUENCE"] == 1
    assert [event["UID"] for event in agreed] == [event["UID"] for event in draft]
    assert len({event["UID"] for event in draft}) == 2


def test_a_changed_hour_replaces_the_event() -> None:
    plan = toy_plan()
    later = tuple(
        replace(one, starts_at=one.starts_at + timedelta(minutes=30)) for one in plan.patrols
    )
    moved = _events(draw_calendar(toy_released(plan=replace(plan, patrols=later)), "T1"))
    before = _events(draw_calendar(toy_released(), "T1"))
    assert [event["UID"] for event in moved] == [event["UID"] for event in before]


def test_a_school_without_patrols_has_a_valid_calendar_without_events() -> None:
    content = draw_calendar(toy_released(), "T2")
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar.walk("VEVENT") == []
    # RFC 5545 section 3.6: a calendar holds at least one component
    assert len(calendar.walk("VTIMEZONE")) == 1


@pytest.mark.parametrize(
    "name", ["Europe/London", "America/Los_Angeles", "Australia/Sydney", "Asia/Kolkata"]
)
def test_the_time_zone_in_the_file_is_the_time_zone(name: str) -> None:
    released = replace(toy_released(), timezone=name)
    (written,) = icalendar.Calendar.from_ical(draw_calendar(released, "T2")).walk("VTIMEZONE")
    assert isinstance(written, icalendar.Timezone)
    zone = written.to_tz()
    real = ZoneInfo(name)
    for hours in range(24, 365 * 24, 7):
        wall = datetime(2026, 1, 1) + timedelta(hours=hours)  # noqa: DTZ001 -- a wall clock
        if wall.replace(tzinfo=real).astimezone(UTC).astimezone(real).replace(tzinfo=None) != wall:
            continue  # a wall time that the clock change skips
        assert wall.replace(tzinfo=zone).utcoffset() == wall.replace(tzinfo=real).utcoffset()


def test_onsets_are_told_in_the_clock_before_them() -> None:
    text = draw_calendar(toy_released(), "T1").decode()
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20260329T010000" in text
    assert "BEGIN:STANDARD\r\nDTSTART:20261025T020000" in text


def test_it_is_the_same_each_time_and_folded() -> None:
    content = draw_calendar(toy_released(), "T1")
    assert content == draw_calendar(toy_released(), "T1")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_an_unknown_school_is_refused() -> None:
    with pytest.raises(KeyError):
        draw_calendar(toy_released(), "nobody")
