"""The calendar feed from version to version: what phones take for a change, and what not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar

from tests.api.small_folder import WEEK
from tests.api.test_publishing import add, publish_newest

if TYPE_CHECKING:
    from pathlib import Path

    from icalendar import Event

    from tests.api.conftest import World

PATH = "/api/v1/areas/north/schools/A1/calendar.ics"
MONDAY, WEDNESDAY = "A1-2026-11-23@safer-corridors", "A1-2026-11-25@safer-corridors"
EARLY = WEEK - timedelta(days=5)


def feed(world: World) -> dict[str, Event]:
    calendar = Calendar.from_ical(world.visitor().get(PATH).content)
    return {str(one["UID"]): one for one in calendar.walk("VEVENT")}  # type: ignore[misc]


def told(event: Event) -> tuple[int, str]:
    return int(str(event["SEQUENCE"])), str(event["STATUS"])


def test_what_is_told_again_unchanged_is_left_alone(world: World) -> None:
    before = world.visitor().get(PATH)
    world.clock.pass_s(3600)
    publish_newest(world, EARLY)
    after = world.visitor().get(PATH)
    assert after.content == before.content
    assert after.headers["etag"] == before.headers["etag"]


def test_a_patrol_moved_in_time_keeps_its_identifier(world: World, tmp_path: Path) -> None:
    before = feed(world)
    add(world, tmp_path / "moved", hour=16)
    world.clock.pass_s(3600)
    publish_newest(world, EARLY)
    after = feed(world)
    assert after.keys() == before.keys() == {MONDAY, WEDNESDAY}
    for uid, event in after.items():
        assert event.decoded("DTSTART") - before[uid].decoded("DTSTART") == timedelta(hours=1)
        assert told(event) == (2, "CONFIRMED")
        assert event.decoded("LAST-MODIFIED") == event.decoded("DTSTAMP") == world.clock.now


def test_cancelled_and_back_again(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "less", days=(2,))
    publish_newest(world, EARLY)
    assert told(feed(world)[MONDAY]) == (2, "CANCELLED")
    assert str(feed(world)[MONDAY]["SUMMARY"]).startswith("Cancelled: After-school patrol")
    assert told(feed(world)[WEDNESDAY]) == (0, "CONFIRMED")
    add(world, tmp_path / "less again", days=(2,), note="another document")
    publish_newest(world, EARLY)
    assert told(feed(world)[MONDAY]) == (2, "CANCELLED"), "cancelled once"
    add(world, tmp_path / "more")
    publish_newest(world, EARLY)
    back = feed(world)[MONDAY]
    assert told(back) == (4, "CONFIRMED")
    assert str(back["SUMMARY"]) == "After-school patrol, A1"


def test_short_notice_is_told_in_the_feed_too(world: World, tmp_path: Path) -> None:
    add(world, tmp_path / "moved", hour=16, days=(0,))
    publish_newest(world, WEEK - timedelta(days=1), "The bell rings later")
    for uid in (MONDAY, WEDNESDAY):
        words = str(feed(world)[uid]["DESCRIPTION"])
        assert words.startswith("Short notice. We aim to tell you at least 3 days before.")
        assert "The bell rings later." in words
        assert "Who will be there" in words
